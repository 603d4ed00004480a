"""Options of list loaders, made of a field's paging and filter arguments."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.relay.connections import MAX_FIRST, PageArguments
from dexter_graphql.graph.relay.references import EnvironmentReference, ProjectReference, references_of
from dexter_graphql.loaders.lists import ListOptions, RowFilter
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.search import UnresolvedQuery
from dexter_graphql.loaders.time_ranges import TimeRange

NameContains = Annotated[
    str | None, strawberry.argument(description="Return only items whose name or slug contains this text.")
]
Projects = Annotated[list[ProjectReference] | None, strawberry.argument(description="Projects. Default: all projects.")]
Environments = Annotated[
    list[EnvironmentReference] | None, strawberry.argument(description="Environments. Default: all environments.")
]


def list_options(
    page: PageArguments,
    query: UnresolvedQuery = (),
    time_range: TimeRange | None = None,
    row_filter: RowFilter | None = None,
) -> ListOptions:
    """Loader options of a field with paging arguments."""
    return ListOptions(tuple(query), page.first, page.after, MAX_FIRST, time_range, row_filter)


def project_parameters(projects: list[ProjectReference] | None) -> UnresolvedQuery:
    """The query parameters of projects; raises BadUserInput for more than a URL should hold."""
    return tuple(("project", project) for project in references_of(projects, "projects"))


def environment_parameters(environments: list[EnvironmentReference] | None) -> UnresolvedQuery:
    """The query parameters of environments; raises BadUserInput for more than a URL should hold."""
    return tuple(("environment", environment) for environment in references_of(environments, "environments"))


def search_parameter(text: str | None) -> QueryParameters:
    """The query parameter that filters a list by text; none without text."""
    return (("query", text.strip()),) if text and text.strip() else ()
