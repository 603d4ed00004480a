"""Arguments of alert and monitor lists."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options, repeated_parameter
from dexter_graphql.loaders.alerts import AlertOptions

ProjectNames = Annotated[
    list[str] | None, strawberry.argument(description="Slugs or numeric IDs of projects. Default: all projects.")
]


NameSearch = Annotated[str | None, strawberry.argument(description="Text that the name must contain.")]


def alert_options(projects: list[str] | None, search: str | None, page: PageArguments) -> AlertOptions:
    """Options of an alert list; raises BadUserInput when the arguments are out of bounds."""
    return AlertOptions(list_options(page), _names(projects), (search or "").strip())


def _names(projects: list[str] | None) -> tuple[str, ...]:
    return tuple(name for _, name in repeated_parameter("project", projects, "projects"))
