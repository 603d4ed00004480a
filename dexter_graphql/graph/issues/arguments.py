"""Arguments of issue lists."""

import re
from typing import Annotated

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.issues.enums import (
    EventChoice,
    IssueSort,
)
from dexter_graphql.graph.issues.filters import IssueFilter
from dexter_graphql.graph.issues.row_filter import row_filter_of
from dexter_graphql.graph.issues.search import filter_query
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.loaders.lists import ListOptions

Filter = Annotated[IssueFilter | None, strawberry.argument(description="Filter on the issues. Default: all issues.")]


Range = Annotated[
    TimeRangeInput | None,
    strawberry.argument(description="Time range in which the issues have events. Default: the last 90 days."),
]


Sort = Annotated[IssueSort, strawberry.argument(description="Sort order of the list.")]


MAX_HASHES = 100
Hashes = Annotated[
    list[str], strawberry.argument(description=f"Grouping hashes as in `Issue.hashes`, 1 to {MAX_HASHES}.")
]


def checked_hashes(hashes: list[str]) -> tuple[str, ...]:
    """The hashes without duplicates; raises BadUserInput for none, for too many and for an empty one."""
    distinct = tuple(dict.fromkeys(hashes))
    if not 1 <= len(distinct) <= MAX_HASHES or not all(value.strip() for value in distinct):
        raise BadUserInput(f"'hashes' takes 1 to {MAX_HASHES} grouping hashes, none of them empty", ("hashes",))
    return distinct


def issue_list(
    filter: IssueFilter | None, range: TimeRangeInput | None, sort: IssueSort, page: PageArguments
) -> ListOptions:
    """Loader options for these arguments."""
    query = (*filter_query(filter), ("sort", sort.value))
    return list_options(page, query, None if range is None else time_range_of(range), row_filter_of(filter))


def without_projects(filter: IssueFilter | None) -> IssueFilter | None:
    """The filter of a project's issue list; raises BadUserInput when it names projects."""
    if filter is not None and filter.projects:
        raise BadUserInput("'filter.projects' is not allowed in the issue list of a project", ("filter", "projects"))
    return filter


EVENT_ID = re.compile(r"[0-9a-f]{32}")


def event_selector(which: EventChoice | None, event_id: str | None) -> str:
    """Path segment of the event; raises BadUserInput for an invalid event ID."""
    if event_id is None:
        return str((which or EventChoice.RECOMMENDED).value)
    event = event_id.replace("-", "").lower()
    if not EVENT_ID.fullmatch(event):
        raise BadUserInput(f"'{event_id[:64]}' is not a valid event ID (expected 32 hexadecimal digits)", ("eventId",))
    return event
