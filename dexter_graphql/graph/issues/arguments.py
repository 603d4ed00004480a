"""The arguments that every list of issues takes, and the list that they ask for."""

import re
from typing import Annotated

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.issues.filters import IssueFilter, filter_query
from dexter_graphql.graph.relay.connections import MAX_FIRST, PageArguments
from dexter_graphql.loaders.issues import IssueList

SHORT_ID = re.compile(r"[A-Z0-9_-]{1,100}-[0-9A-Z]{1,13}")

Filter = Annotated[IssueFilter | None, strawberry.argument(description="Which issues; all when left out.")]
Range = Annotated[
    TimeRangeInput | None,
    strawberry.argument(description="Only issues with events in this stretch; the last 90 days when left out."),
]
Sort = Annotated[IssueSort, strawberry.argument(description="Order of the list.")]


def issue_list(
    filter: IssueFilter | None, range: TimeRangeInput | None, sort: IssueSort, wanted: PageArguments
) -> IssueList:
    """The list that these arguments ask for."""
    query = (*filter_query(filter), ("sort", sort.value))
    return IssueList(query, None if range is None else time_range_of(range), wanted.first, wanted.after, MAX_FIRST)


def without_projects(filter: IssueFilter | None) -> IssueFilter | None:
    """The filter of a list that hangs on one project, where naming projects would widen it; refused when it does."""
    if filter is not None and filter.projects:
        raise BadUserInput("'filter.projects' has no place here: the list is about one project already")
    return filter


def checked_short_id(value: str) -> str:
    """A short id in upper case; raises BadUserInput when it cannot be one."""
    found = value.strip().upper()
    if not SHORT_ID.fullmatch(found):
        raise BadUserInput(f"'{value[:64]}' is not a short id, such as WEB-9")
    return found
