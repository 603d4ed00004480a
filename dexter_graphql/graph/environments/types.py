"""Environments, as an organization and as a project have them."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.declarations.fields import LIST, batch, computed, entity, plain
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.environments import EnvironmentKey, environments_by_id
from dexter_graphql.loaders.projects import ProjectEnvironmentKey, ProjectKey, environments_by_name, projects_by_id

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


@entity(key=EnvironmentKey, load=environments_by_id, representations=(LIST,))
class Environment(Node):
    """An environment that events of an organization come from, for example `production`."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    name: str = plain(description="Name; empty for events that name none.")
    organization: OrganizationType = organization_field()


@entity(key=ProjectEnvironmentKey, load=environments_by_name, representations=(LIST, NAMED))
class ProjectEnvironment(Node):
    """An environment that events of one project come from."""

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
