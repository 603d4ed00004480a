"""Arguments of alert and monitor lists."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.alerts.enums import MonitorKind
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options, repeated_parameter
from dexter_graphql.loaders.alerts import AlertOptions
from dexter_graphql.loaders.monitors import MonitorOptions

ProjectNames = Annotated[
    list[str] | None, strawberry.argument(description="Slugs or numeric IDs of projects. Default: all projects.")
]
NameSearch = Annotated[str | None, strawberry.argument(description="Text that the name must contain.")]
MonitorKinds = Annotated[
    list[MonitorKind] | None, strawberry.argument(description="Kinds of monitors. Default: all kinds.")
]


def alert_options(projects: list[str] | None, search: str | None, wanted: PageArguments) -> AlertOptions:
    """Options of an alert list; raises BadUserInput when the arguments are out of bounds."""
    return AlertOptions(list_options(wanted), _names(projects), (search or "").strip())


def monitor_options(
    projects: list[str] | None, types: list[MonitorKind] | None, search: str | None, wanted: PageArguments
) -> MonitorOptions:
    """Options of a monitor list; raises BadUserInput when the arguments are out of bounds."""
    kinds = tuple(dict.fromkeys(str(one.value) for one in types or ()))
    return MonitorOptions(list_options(wanted), _names(projects), kinds, (search or "").strip())


def _names(projects: list[str] | None) -> tuple[str, ...]:
    return tuple(name for _, name in repeated_parameter("project", projects, "projects"))
