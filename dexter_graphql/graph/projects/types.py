"""Projects, as lists, the detail and other nouns give them."""

from typing import Any

import strawberry

from dexter_graphql.graph.fields import noun, plain
from dexter_graphql.graph.ids import node_id
from dexter_graphql.graph.node import Node
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id


def project_key(row: Any) -> ProjectKey:
    """Key of a project, from its own record."""
    return ProjectKey(row.scope.organization, str(row.id))


@noun(hydrate=projects_by_id, key=project_key)
class Project(Node):
    """An application or service whose events Sentry receives."""

    id: strawberry.ID = node_id(lambda row: (str(row.id),))
    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    slug: str = plain(description="Short name in addresses; may change, the id never does.")
    name: str = plain(description="Name for people.")
    platform: str | None = plain(description="Main platform, for example `python-django`.")
