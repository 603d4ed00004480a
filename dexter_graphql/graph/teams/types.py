"""Teams of an organization."""

from typing import Any

import strawberry

from dexter_graphql.graph.fields import noun, plain
from dexter_graphql.graph.ids import node_id
from dexter_graphql.graph.node import Node
from dexter_graphql.loaders.teams import TeamKey, teams_by_id


def team_key(row: Any) -> TeamKey:
    """Key of a team, from its own record."""
    return TeamKey(row.scope.organization, str(row.id))


@noun(hydrate=teams_by_id, key=team_key)
class Team(Node):
    """People who look after projects together."""

    id: strawberry.ID = node_id(lambda row: (str(row.id),))
    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    slug: str = plain(description="Short name in addresses; may change, the id never does.")
    name: str | None = plain(description="Name for people.")
