"""Arguments of monitor lists."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.alerts.arguments import _names
from dexter_graphql.graph.monitors.enums import MonitorKind
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.loaders.monitors import MonitorOptions

MonitorKinds = Annotated[
    list[MonitorKind] | None, strawberry.argument(description="Kinds of monitors. Default: all kinds.")
]


def monitor_options(
    projects: list[str] | None, types: list[MonitorKind] | None, search: str | None, page: PageArguments
) -> MonitorOptions:
    """Options of a monitor list; raises BadUserInput when the arguments are out of bounds."""
    kinds = tuple(dict.fromkeys(str(one.value) for one in types or ()))
    return MonitorOptions(list_options(page), _names(projects), kinds, (search or "").strip())
