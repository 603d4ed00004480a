"""Options of list loaders, made of a field's paging and filter arguments."""

from typing import Annotated

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.connections import MAX_FIRST, PageArguments
from dexter_graphql.loaders.lists import ListOptions
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.time_ranges import TimeRange

MAX_VALUES = 100

NameContains = Annotated[
    str | None, strawberry.argument(description="Return only items whose name or slug contains this text.")
]


def list_options(page: PageArguments, query: QueryParameters = (), time_range: TimeRange | None = None) -> ListOptions:
    """Loader options of a field with paging arguments."""
    return ListOptions(query, page.first, page.after, MAX_FIRST, time_range)


def repeated_parameter(name: str, values: list[str] | None, argument: str) -> QueryParameters:
    """A query parameter for each value; raises BadUserInput for more values than a URL should hold."""
    if values is not None and len(values) > MAX_VALUES:
        raise BadUserInput(f"'{argument}' takes at most {MAX_VALUES} values")
    return tuple((name, value) for value in values or ())


def search_parameter(text: str | None) -> QueryParameters:
    """The query parameter that filters a list by text; none without text."""
    return (("query", text.strip()),) if text and text.strip() else ()
