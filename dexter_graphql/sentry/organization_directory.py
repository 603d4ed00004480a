"""Knows the organizations that each credential sees: slug or id → numeric id, slug and regional host."""

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.backends import AlertBackends
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.capabilities import RefusedParameters
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import BadRequest, BadResponse, NotFound
from dexter_graphql.sentry.http.allowed_hosts import origin
from dexter_graphql.sentry.pagination import collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, Record

MAX_ENTRIES = 10_000
LIFETIME_S = 3600.0
"""A slug, an id and a region change rarely; a call with an outdated one answers 404 and nothing worse."""


class OrganizationLinks(msgspec.Struct, frozen=True, rename="camel"):
    """`links` of an organization."""

    region_url: str | None = None
    organization_url: str | None = None


REFERENCE = Projection(
    "Organization",
    "reference",
    (
        Field("id", "id", int | str, is_required=True),
        Field("links", "links", OrganizationLinks),
        Field("slug", "slug", str, is_required=True),
    ),
)
WITHOUT_DETAILS = (("detailed", "0"),)
"""Leaves projects and teams out of the detail. Whoever asks for it sends this, so that all share one answer."""
NO_PARENTS = Parents(OrganizationRef("", ""))


class OrganizationDirectory:
    """The directory. One call per organization and credential, or one for all of them when it was warmed."""

    def __init__(self, client: SentryClient, clock: Clock, *, limit: int = MAX_ENTRIES) -> None:
        self.alert_backends = AlertBackends(clock)
        self.forms = RefusedParameters(clock)
        self._client = client
        self._entries: ExpiringMap[tuple[str, str], OrganizationRef] = ExpiringMap(LIFETIME_S, limit, clock.monotonic)

    async def find(self, call_context: CallContext, slug_or_id: str) -> OrganizationRef | None:
        """The organization, None when Sentry has none of that name for this credential."""
        entry = self._entries.get((call_context.upstream.key, slug_or_id))
        if entry is not None:
            return entry
        parents = Parents(OrganizationRef(slug_or_id, slug_or_id))
        try:
            row = await self._client.one(
                catalogue.DETAIL, call_context, REFERENCE, parents=parents, query=WITHOUT_DETAILS
            )
        except (NotFound, BadRequest):
            return None
        if not isinstance(row, Record):
            raise row
        return self.remember(call_context, row)

    async def all(self, call_context: CallContext, *, first: int = 1000) -> list[OrganizationRef]:
        """Every organization that the credential sees, at most `first`; remembers them on the way."""
        page = await collect(
            lambda size, cursor: self._client.page(
                catalogue.LIST, call_context, REFERENCE, parents=NO_PARENTS, size=size, cursor=cursor
            ),
            first=first,
            after=None,
            cap=first,
        )
        return [self.remember(call_context, row) for row in page.rows if isinstance(row, Record)]

    def remember(self, call_context: CallContext, row: Record) -> OrganizationRef:
        """The organization that a record with the members of REFERENCE tells of, known from now on."""
        values = {name: getattr(row, name) for name in ("id", "slug", "links")}
        broken = next((value for value in values.values() if isinstance(value, BadResponse)), None)
        if broken is not None:
            raise broken
        found = _reference(
            str(values["id"]), values["slug"], values["links"] or OrganizationLinks(), self._client.hosts.base
        )
        for name in (found.slug, found.id):
            self._entries.put((call_context.upstream.key, name), found)
        return found


def _reference(number: str, slug: str, links: OrganizationLinks, base: str) -> OrganizationRef:
    region = links.region_url
    is_elsewhere = bool(region) and not _is_same_origin(region or "", base)
    return OrganizationRef(number, slug, region if is_elsewhere else None, links.organization_url)


def _is_same_origin(url: str, base: str) -> bool:
    try:
        return origin(url) == base
    except SettingsError:
        return False
