"""Arguments of lists of alerts and monitors, and what they become."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.alerts.enums import MonitorKind
from dexter_graphql.graph.connections import Window
from dexter_graphql.graph.listing import listing, repeated
from dexter_graphql.loaders.alerts import AlertChoice
from dexter_graphql.loaders.monitors import MonitorChoice

ProjectNames = Annotated[
    list[str] | None, strawberry.argument(description="Slugs or numeric ids of projects; all when left out.")
]
NameSearch = Annotated[str | None, strawberry.argument(description="Only those whose name contains this text.")]
MonitorKinds = Annotated[
    list[MonitorKind] | None, strawberry.argument(description="Only those that watch this; all when left out.")
]


def alert_choice(projects: list[str] | None, search: str | None, wanted: Window) -> AlertChoice:
    """The wanted alerts; raises BadUserInput when the arguments are out of bounds."""
    return AlertChoice(listing(wanted), _names(projects), (search or "").strip())


def monitor_choice(
    projects: list[str] | None, types: list[MonitorKind] | None, search: str | None, wanted: Window
) -> MonitorChoice:
    """The wanted monitors; raises BadUserInput when the arguments are out of bounds."""
    kinds = tuple(dict.fromkeys(str(one.value) for one in types or ()))
    return MonitorChoice(listing(wanted), _names(projects), kinds, (search or "").strip())


def _names(projects: list[str] | None) -> tuple[str, ...]:
    return tuple(name for _, name in repeated("project", projects, "projects"))
