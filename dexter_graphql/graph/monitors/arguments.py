"""Arguments of monitor lists."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.monitors.enums import MonitorKind, MonitorSort
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options, project_parameters
from dexter_graphql.graph.relay.references import ProjectReference
from dexter_graphql.loaders.monitors import MonitorOptions

MonitorKinds = Annotated[
    list[MonitorKind] | None, strawberry.argument(description="Kinds of monitors. Default: all kinds.")
]


def monitor_options(
    projects: list[ProjectReference] | None,
    types: list[MonitorKind] | None,
    name_contains: str | None,
    sort: MonitorSort,
    page: PageArguments,
) -> MonitorOptions:
    """Options of a monitor list; raises BadUserInput when the arguments are out of bounds."""
    kinds = tuple(dict.fromkeys(str(kind.value) for kind in types or ()))
    part = list_options(page, project_parameters(projects))
    return MonitorOptions(part, types=kinds, name_contains=(name_contains or "").strip(), sort=sort.value)
