"""Knows how the paging arguments of a field, and what narrows its list, become a Listing."""

from typing import Annotated

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.connections import MAX_FIRST, Window
from dexter_graphql.loaders.listing import Listing, Query

MAX_VALUES = 100

Search = Annotated[str | None, strawberry.argument(description="Only those whose name or slug contains this text.")]


def listing(wanted: Window, query: Query = ()) -> Listing:
    """The wanted part of a list, narrowed by a query."""
    return Listing(query, wanted.first, wanted.after, MAX_FIRST)


def repeated(name: str, values: list[str] | None, argument: str) -> Query:
    """A parameter once for each value; refused when there are too many for one address."""
    if values is not None and len(values) > MAX_VALUES:
        raise BadUserInput(f"'{argument}' takes at most {MAX_VALUES} values")
    return tuple((name, value) for value in values or ())


def searched(text: str | None) -> Query:
    """The parameter that narrows a list by text, none for all."""
    return (("query", text.strip()),) if text and text.strip() else ()
