"""Organizations that each credential can read: slug or id → numeric id, slug and regional host."""

from typing import Any

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.cache_tags import TagSnapshot
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.capabilities import HostCapabilities
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import BadRequest, HostNotAllowed, InvalidParameter, NotFound
from dexter_graphql.sentry.http.allowed_hosts import origin
from dexter_graphql.sentry.pagination import collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, Record, first_invalid
from dexter_graphql.telemetry.logs import get_log

MAX_ENTRIES = 10_000
LIFETIME_S = 3600.0
"""A slug, an id and a region change rarely; a call with an outdated one is answered with 404."""
MAX_IGNORED_REGIONS = 16


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
"""Leaves projects and teams out of the detail. All readers of the detail send it, so that they share one answer."""
NO_PARENTS = Parents(OrganizationRef("", ""))

DirectoryKey = tuple[str, TagSnapshot, str]


class OrganizationDirectory:
    """One call per organization and credential, or one for all organizations of a credential after `all`.

    Entries of a credential end when Sentry rejects it: their keys hold its cache tag version.
    """

    def __init__(self, client: SentryClient, clock: Clock, *, limit: int = MAX_ENTRIES) -> None:
        self.capabilities = HostCapabilities(clock)
        self.ignored_regions: dict[str, None] = {}
        """Region addresses outside the allowed hosts for which the configured address is used instead."""
        self._client = client
        self._entries: ExpiringMap[DirectoryKey, OrganizationRef] = ExpiringMap(LIFETIME_S, limit, clock.monotonic)
        self._ids: ExpiringMap[str, str] = ExpiringMap(LIFETIME_S, limit, clock.monotonic)
        self._log = get_log("dexter.sentry")

    async def find(self, call_context: CallContext, slug_or_id: str) -> OrganizationRef | None:
        """The organization, None when Sentry has none of that name for this credential, or it is out of reach."""
        organization = self._entries.get(self._key(call_context, slug_or_id))
        if organization is None:
            organization = await self._look_up(call_context, slug_or_id)
        return organization if organization is not None and call_context.may_reach(organization.slug) else None

    async def _look_up(self, call_context: CallContext, slug_or_id: str) -> OrganizationRef | None:
        """The organization as Sentry sends it. A restricted caller's number is looked up among those in reach."""
        if call_context.projects is not None and not call_context.may_reach(slug_or_id):
            return await self._find_in_all(call_context, slug_or_id) if slug_or_id.isdecimal() else None
        parents = Parents(OrganizationRef(slug_or_id, slug_or_id))
        try:
            row = await self._client.get_record(
                catalogue.DETAIL, call_context, REFERENCE, parents=parents, query=WITHOUT_DETAILS
            )
        except InvalidParameter:
            raise
        except (NotFound, BadRequest):
            return await self._find_by_number(call_context, slug_or_id)
        if not isinstance(row, Record):
            raise row
        return self.remember(call_context, row)

    async def all(self, call_context: CallContext, *, first: int = 1000) -> list[OrganizationRef]:
        """Every organization that the credential can read, at most `first`; remembers them."""
        rows = await collect(
            lambda size, cursor: self._client.get_page(
                catalogue.LIST, call_context, REFERENCE, parents=NO_PARENTS, size=size, cursor=cursor
            ),
            first=first,
            after=None,
            cap=first,
        )
        return [self.remember(call_context, row) for row in rows.rows if isinstance(row, Record)]

    def remember(self, call_context: CallContext, row: Record) -> OrganizationRef:
        """The organization in a record that has the members of REFERENCE; `find` returns it from now on."""
        invalid = first_invalid(row, "id", "slug", "links")
        if invalid is not None:
            raise invalid
        organization = self._reference(row)
        for name in (organization.slug, organization.id):
            self._entries.put(self._key(call_context, name), organization)
        self._ids.put(organization.slug, organization.id)
        return organization

    def known_id(self, slug: str) -> str | None:
        """The id of an organization that some credential has found in the last hour; None of others. Makes no call."""
        return self._ids.get(slug)

    def parents_of(self, row: Any, parents: Parents) -> Parents:
        """An organization as the parent of what its record embeds; `parents` when the record is invalid."""
        return parents if first_invalid(row, "id", "slug", "links") else Parents(self._reference(row))

    def _reference(self, row: Any) -> OrganizationRef:
        links = row.links or OrganizationLinks()
        return OrganizationRef(str(row.id), row.slug, self._usable_region(links.region_url), links.organization_url)

    async def _find_by_number(self, call_context: CallContext, slug_or_id: str) -> OrganizationRef | None:
        """Servers before 24.5 take only slugs in paths, so an id is looked up in the list of organizations."""
        if not slug_or_id.isdecimal() or self._client.hosts.is_saas:
            return None
        return await self._find_in_all(call_context, slug_or_id)

    async def _find_in_all(self, call_context: CallContext, number: str) -> OrganizationRef | None:
        organizations = await self.all(call_context)
        return next((organization for organization in organizations if organization.id == number), None)

    def _key(self, call_context: CallContext, slug_or_id: str) -> DirectoryKey:
        upstream_key = call_context.upstream.key
        return (upstream_key, self._client.credential_snapshot(upstream_key), slug_or_id)

    def _usable_region(self, url: str | None) -> str | None:
        """The region's address, None for the configured one.

        A self-hosted Sentry that is reached by an internal address names its public one here. That is not used unless
        it is allowed. On sentry.io a region outside the allowed hosts stays, and the first call to it is refused.
        """
        hosts = self._client.hosts
        if not url or _is_origin(url, hosts.base):
            return None
        if hosts.is_saas:
            return url
        try:
            return hosts.checked(url)
        except HostNotAllowed:
            self._ignore_region(url)
            return None

    def _ignore_region(self, url: str) -> None:
        if url in self.ignored_regions or len(self.ignored_regions) >= MAX_IGNORED_REGIONS:
            return
        self.ignored_regions[url] = None
        self._log.warning(
            "Sentry names a region outside the allowed hosts; the configured address is used",
            region=url[:200],
            configured=self._client.hosts.base,
        )


def _is_origin(url: str, base: str) -> bool:
    try:
        return origin(url) == base
    except SettingsError:
        return False
