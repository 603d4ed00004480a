"""References to users and teams from other entities."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.declarations.fields import Embedded
from dexter_graphql.graph.lazy_types import TeamType, UserType
from dexter_graphql.loaders.members import users_by_id

Assignee = Annotated[
    UserType | TeamType, strawberry.union("Assignee", description="User or team that something is assigned to.")
]


USER = Embedded(
    "User",
    members=("id", "name", "email", "username", "avatarUrl"),
    load=users_by_id,
)
"""A user as embedded in activities, comments and participants."""
