"""Environments, as an organization and as a project have them."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.declarations.fields import LIST, batch, computed, entity, plain
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.global_ids import node_id
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import Loader
from dexter_graphql.loaders.environments import EnvironmentKey, environments_by_id
from dexter_graphql.loaders.projects import ProjectEnvironmentKey, ProjectKey, environments_by_name, projects_by_id
from dexter_graphql.sentry.parents import OrganizationRef

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project

NAMED = "named"
"""Form of an environment of which a list of projects told the name."""


@strawberry.enum(description="Which environments to list.")
class EnvironmentVisibility(Enum):
    """`visibility` of the environment lists."""

    VISIBLE = wire_value("visible", "Those that nobody hid.")
    HIDDEN = wire_value("hidden", "Those that somebody hid.")
    ALL = wire_value("all", "Both.")


def environment_key(row: Any) -> EnvironmentKey:
    """Key of an environment, from its own record."""
    return EnvironmentKey(row.parents.organization, str(row.id))


def project_environment_key(row: Any) -> ProjectEnvironmentKey:
    """Key of a project's environment; the scope knows the project."""
    return ProjectEnvironmentKey(ProjectKey(row.parents.organization, row.parents.project), row.name)


@entity(representations=(LIST,), hydrate=environments_by_id, key=environment_key)
class Environment(Node):
    """An environment that events of an organization come from, for example `production`."""

    id: strawberry.ID = node_id(lambda row: (str(row.id),))
    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    name: str = plain(description="Name; empty for events that name none.")
    organization: OrganizationType = organization_field()


@entity(
    representations=(LIST, NAMED), hydrate=environments_by_name, key=project_environment_key, key_reads={"name": str}
)
class ProjectEnvironment(Node):
    """An environment that events of one project come from."""

    id: strawberry.ID = node_id(lambda row: (row.parents.project, row.name), reads={"name": str})
    sentry_id: strawberry.ID | None = plain("id", representations=(LIST,), description="Sentry's own numeric id.")
    name: str = plain(description="Name; empty for events that name none.")
    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, row.parents.project),
        reads={},
        description="The project.",
    )

    @computed(isHidden=bool | None)
    def is_hidden(row: Any) -> bool:
        """True when the project hides it from lists."""
        return bool(row.isHidden)


def _environment(organization: OrganizationRef, parts: tuple[str, ...]) -> tuple[Loader, EnvironmentKey]:
    return environments_by_id, EnvironmentKey(organization, *parts)


def _project_environment(organization: OrganizationRef, parts: tuple[str, ...]) -> tuple[Loader, ProjectEnvironmentKey]:
    return environments_by_name, ProjectEnvironmentKey(ProjectKey(organization, *parts[:1]), *parts[1:])


NODES = {"Environment": _environment, "ProjectEnvironment": _project_environment}
"""Typename → how the keys of an id, below its organization, find the object."""
