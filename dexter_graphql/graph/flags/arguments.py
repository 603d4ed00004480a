"""Arguments of lists of changes of feature flags."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.flags.types import FlagChangeSort
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.references import bounded
from dexter_graphql.loaders.lists import ListOptions

Flags = Annotated[list[str] | None, strawberry.argument(description="Names of flags. Default: all flags.")]
Providers = Annotated[
    list[str] | None,
    strawberry.argument(description="Providers of flags, for example `launchdarkly`. Default: all providers."),
]
FlagRange = Annotated[
    TimeRangeInput | None, strawberry.argument(description="Time range of the changes. Default: the last 90 days.")
]
SortOrder = Annotated[FlagChangeSort, strawberry.argument(description="Sort order of the changes.")]


def flag_change_options(
    flags: list[str] | None,
    providers: list[str] | None,
    range: TimeRangeInput | None,
    sort: FlagChangeSort,
    page: PageArguments,
) -> ListOptions:
    """Options of a list of changes; raises BadUserInput for more names than a URL should hold."""
    query = [("flag", flag) for flag in bounded(flags, "flags")]
    query += [("provider", provider) for provider in bounded(providers, "providers")]
    time_range = None if range is None else time_range_of(range)
    return list_options(page, (*query, ("sort", sort.value)), time_range)
