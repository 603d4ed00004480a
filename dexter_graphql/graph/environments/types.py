"""Environments of organizations and projects."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.declarations.fields import LIST, batch, computed, entity, plain
from dexter_graphql.graph.lazy_types import OrganizationType, ProjectType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.environments import EnvironmentKey, environments_by_id
from dexter_graphql.loaders.projects import ProjectEnvironmentKey, ProjectKey, environments_by_name, projects_by_id

NAMED = "named"
"""Representation of an environment that is embedded by name in a project."""


@strawberry.enum(description="Which environments are listed.")
class EnvironmentVisibility(Enum):
    """`visibility` of the environment lists."""

    VISIBLE = wire_value("visible", "Environments that are not hidden.")
    HIDDEN = wire_value("hidden", "Hidden environments.")
    ALL = wire_value("all", "All environments.")


Visibility = Annotated[EnvironmentVisibility, strawberry.argument(description="Which environments are listed.")]


@entity(representations=(), is_interface=True)
class Environment(Node):
    """Environment of events, for example `production`, in an organization or in one of its projects."""

    name: str | None = plain(description="Name of the environment; empty for events without one.")


@entity(key=EnvironmentKey, load=environments_by_id, representations=(LIST,))
class OrganizationEnvironment(Environment):
    """Environment of an organization."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    organization: OrganizationType = organization_field()


@entity(key=ProjectEnvironmentKey, load=environments_by_name, representations=(LIST, NAMED))
class ProjectEnvironment(Environment):
    """Environment of a project."""

    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, row.parents.project),
        reads={},
        description="Project that the environment belongs to.",
    )

    @computed(isHidden=bool | None)
    def is_hidden(row: Any) -> bool:
        """True when the environment is hidden in the project."""
        return bool(row.isHidden)


ENVIRONMENT_TYPES: tuple[type, ...] = (OrganizationEnvironment, ProjectEnvironment)
"""Implementations of `Environment`, which no field refers to."""
