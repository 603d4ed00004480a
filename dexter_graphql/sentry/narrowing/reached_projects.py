"""Projects of an organization that a caller may reach, by ID and slug."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import projects as catalogue
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.narrowing.request import EndpointRequest, Send
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.parents import OrganizationRef, Parents

LIFETIME_S = 60.0
"""Seconds in which a renamed or deleted project is noticed, at most, besides the lifetime of the cached list."""
MAX_ENTRIES = 10_000
SLUGS_PER_CALL = 100

Key = tuple[str, str, frozenset[str]]


class NamedProject(msgspec.Struct, frozen=True):
    """The members of a project that name it."""

    id: int | str
    slug: str


@dataclass(frozen=True)
class ReachedProjects:
    """Projects by ID; those of the reach that do not exist are missing."""

    slug_of: dict[str, str]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The IDs in a fixed order, so that equal reaches make equal calls."""
        return tuple(sorted(self.slug_of))

    @cached_property
    def names(self) -> frozenset[str]:
        """IDs and slugs. A slug of digits could be the ID of another project, and is none of the names."""
        return frozenset(self.slug_of) | {slug for slug in self.slug_of.values() if not slug.isdecimal()}

    def ids_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """The IDs of those projects that are named, by ID or slug."""
        named = frozenset(names) & self.names
        return tuple(number for number in self.ids if number in named or self.slug_of[number] in named)


class ReachedProjectLookup:
    """Looks up the projects of a reach: a call per organization and 100 projects, once a minute."""

    def __init__(self, clock: Clock, send: Send) -> None:
        self._send = send
        self._projects: ExpiringMap[Key, ReachedProjects] = ExpiringMap(LIFETIME_S, MAX_ENTRIES, clock.monotonic)

    async def find(self, organization: OrganizationRef, call_context: CallContext) -> ReachedProjects:
        """The projects of the organization that the caller may reach."""
        reach = call_context.projects or frozenset()
        key = (call_context.upstream.key, organization.slug, reach)
        projects = self._projects.get(key)
        if projects is None:
            projects = await self._read(organization, reach, call_context.unrestricted())
            self._projects.put(key, projects)
        return projects

    async def _read(
        self, organization: OrganizationRef, reach: frozenset[str], call_context: CallContext
    ) -> ReachedProjects:
        is_valid = catalogue.DETAIL.path_parameters["project"].is_valid
        named = [project.partition("/")[::2] for project in sorted(reach)]
        slugs = [slug for owner, slug in named if owner == organization.slug and is_valid(slug)]
        slug_of: dict[str, str] = {}
        for start in range(0, len(slugs), SLUGS_PER_CALL):
            part = slugs[start : start + SLUGS_PER_CALL]
            slug_of |= {str(row.id): row.slug for row in await self._search(organization, part, call_context)}
        return ReachedProjects(slug_of)

    async def _search(
        self, organization: OrganizationRef, slugs: Sequence[str], call_context: CallContext
    ) -> list[NamedProject]:
        """The projects with these slugs; others that Sentry sends are left out."""
        search = BatchSearch(" ".join(f"slug:{slug}" for slug in slugs))
        query = (("query", search), ("per_page", str(SLUGS_PER_CALL)))
        request = EndpointRequest(catalogue.LIST, Parents(organization), {}, query)
        reply = await self._send(request, call_context)
        try:
            rows = msgspec.json.decode(reply.body, type=list[NamedProject])
        except UNREADABLE:
            message = "Sentry's list of projects cannot be read"
            raise BadResponse(message, title=catalogue.LIST.title, status=reply.status) from None
        return [row for row in rows if row.slug in slugs]
