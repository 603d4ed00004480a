"""Arguments of alert lists."""

from dexter_graphql.graph.alerts.enums import AlertSort
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options, project_parameters
from dexter_graphql.graph.relay.references import ProjectReference
from dexter_graphql.loaders.alerts import AlertOptions


def alert_options(
    projects: list[ProjectReference] | None, name_contains: str | None, sort: AlertSort, page: PageArguments
) -> AlertOptions:
    """Options of an alert list; raises BadUserInput when the arguments are out of bounds."""
    part = list_options(page, project_parameters(projects))
    return AlertOptions(part, name_contains=(name_contains or "").strip(), sort=sort.value)
