"""Tables of Discover: rows of events, or of groups of events."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.parameters import RETENTION
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.pagination import Page
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Projection, only_records

T = TypeVar("T")
ERRORS_DATASET = f"{catalogue.DISCOVER.name}?dataset=errors"
"""Capability: the dataset `errors`."""


class DiscoverTable(NamedTuple):
    """A dataset of Discover."""

    organization: OrganizationRef
    dataset: str
    load_context: LoadContext

    async def rows(self, projection: Projection, search: str) -> list[Any]:
        """The first 100 matching rows, with the wire names of the projection as Discover fields."""
        return only_records((await self._page(projection, search, None)).rows)

    async def all_rows(self, projection: Projection, search: str, *, sort: str, max_pages: int) -> list[Any] | None:
        """All matching rows; None when they are on more pages."""
        rows: list[Any] = []
        cursor: str | None = None
        for _ in range(max_pages):
            page = await self._page(projection, search, cursor, (("sort", sort),))
            rows += only_records(page.rows)
            if page.next is None or page.next == cursor:
                return rows
            cursor = page.next
        return None

    async def _page(
        self, projection: Projection, search: str, cursor: str | None, more: Sequence[tuple[str, str]] = ()
    ) -> Page:
        fields = sorted({member.wire for member in projection.members})
        query = [*(("field", name) for name in fields), ("query", search), ("dataset", self.dataset), *RETENTION, *more]
        parents = Parents(self.organization)
        return await self.load_context.get_page(
            catalogue.DISCOVER, parents, query=query, projection=projection, cursor=cursor
        )


async def read_error_events(
    organization: OrganizationRef, load_context: LoadContext, read: Callable[[DiscoverTable], Awaitable[T]]
) -> T:
    """The result of `read` for the table of errors. Releases before 24.8 have it only as the dataset `discover`."""
    return await load_context.organizations.capabilities.prefer(
        ERRORS_DATASET,
        organization,
        preferred=lambda: read(DiscoverTable(organization, "errors", load_context)),
        fallback=lambda: read(DiscoverTable(organization, "discover", load_context)),
    )


async def read_other_events(
    organization: OrganizationRef, load_context: LoadContext, read: Callable[[DiscoverTable], Awaitable[T]]
) -> T:
    """The result of `read` for the table of events of issues that are not errors."""
    return await read(DiscoverTable(organization, "issuePlatform", load_context))


TABLES = (read_error_events, read_other_events)
"""The tables that together have the events of all issues."""


def issue_search(keys: Sequence[IssueKey]) -> str:
    """The search for events of these issues."""
    return f"issue.id:[{','.join(key.id for key in keys)}]"


def by_issue_id(rows: Sequence[Any], keys: Sequence[IssueKey]) -> Mapping[IssueKey, list[Any]]:
    """The rows of each issue, whose ID they have as `issue`."""
    by_id: dict[str, list[Any]] = {}
    for row in rows:
        by_id.setdefault(str(row.issue), []).append(row)
    return {key: by_id[key.id] for key in keys if key.id in by_id}
