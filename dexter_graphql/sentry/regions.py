"""Knows the organizations that each credential sees: slug or id → numeric id, slug and regional host."""

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.backends import AlertBackends
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import BadRequest, BadResponse, NotFound
from dexter_graphql.sentry.forms import RefusedForms
from dexter_graphql.sentry.hosts import origin
from dexter_graphql.sentry.paging import collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Record, Shape
from dexter_graphql.sentry.ticket import Ticket

MAX_KNOWN = 10_000
LIFETIME_S = 3600.0
"""A slug, an id and a region change rarely; a call with an outdated one answers 404 and nothing worse."""


class Links(msgspec.Struct, frozen=True, rename="camel"):
    """`links` of an organization."""

    region_url: str | None = None
    organization_url: str | None = None


REFERENCE = Shape(
    "Organization",
    "reference",
    (
        Member("id", "id", int | str, is_required=True),
        Member("links", "links", Links),
        Member("slug", "slug", str, is_required=True),
    ),
)
BARE = (("detailed", "0"),)
"""Leaves projects and teams out of the detail. Whoever asks for it sends this, so that all share one answer."""
NOWHERE = Scope(OrganizationRef("", ""))


@dataclass(frozen=True, slots=True)
class Known:
    """What one credential was told about an organization, and until when it is believed."""

    organization: OrganizationRef
    until: float


class Organizations:
    """The directory. One call per organization and credential, or one for all of them when it was warmed."""

    def __init__(self, client: SentryClient, clock: Clock, *, limit: int = MAX_KNOWN) -> None:
        self.alert_backends = AlertBackends(clock)
        self.forms = RefusedForms(clock)
        self._client = client
        self._clock = clock
        self._limit = limit
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    async def find(self, ticket: Ticket, slug_or_id: str) -> OrganizationRef | None:
        """The organization, None when Sentry has none of that name for this credential."""
        known = self._known.get((ticket.upstream.key, slug_or_id))
        if known is not None and self._clock.monotonic() < known.until:
            return known.organization
        scope = Scope(OrganizationRef(slug_or_id, slug_or_id))
        try:
            row = await self._client.one(catalogue.DETAIL, ticket, REFERENCE, scope=scope, query=BARE)
        except (NotFound, BadRequest):
            return None
        if not isinstance(row, Record):
            raise row
        return self.remember(ticket, row)

    async def all(self, ticket: Ticket, *, first: int = 1000) -> list[OrganizationRef]:
        """Every organization that the credential sees, at most `first`; remembers them on the way."""
        page = await collect(
            lambda size, cursor: self._client.page(
                catalogue.LIST, ticket, REFERENCE, scope=NOWHERE, size=size, cursor=cursor
            ),
            first=first,
            after=None,
            cap=first,
        )
        return [self.remember(ticket, row) for row in page.rows if isinstance(row, Record)]

    def remember(self, ticket: Ticket, row: Record) -> OrganizationRef:
        """The organization that a record with the members of REFERENCE tells of, known from now on."""
        values = {name: getattr(row, name) for name in ("id", "slug", "links")}
        broken = next((value for value in values.values() if isinstance(value, BadResponse)), None)
        if broken is not None:
            raise broken
        found = _reference(str(values["id"]), values["slug"], values["links"] or Links(), self._client.hosts.base)
        for name in (found.slug, found.id):
            self._known[ticket.upstream.key, name] = Known(found, self._clock.monotonic() + LIFETIME_S)
            self._known.move_to_end((ticket.upstream.key, name))
        while len(self._known) > self._limit:
            self._known.popitem(last=False)
        return found


def _reference(number: str, slug: str, links: Links, base: str) -> OrganizationRef:
    region = links.region_url
    is_elsewhere = bool(region) and not _is_same_origin(region or "", base)
    return OrganizationRef(number, slug, region if is_elsewhere else None, links.organization_url)


def _is_same_origin(url: str, base: str) -> bool:
    try:
        return origin(url) == base
    except SettingsError:
        return False
