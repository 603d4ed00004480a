"""Arguments of release lists."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.relay.list_options import environment_parameters, search_parameter
from dexter_graphql.graph.relay.references import EnvironmentReference
from dexter_graphql.loaders.search import UnresolvedQuery

VersionContains = Annotated[
    str | None, strawberry.argument(description="Return only releases whose version contains this text.")
]


def release_parameters(
    version_contains: str | None, environments: list[EnvironmentReference] | None
) -> UnresolvedQuery:
    """The query parameters of a release list."""
    return (*search_parameter(version_contains), *environment_parameters(environments))
