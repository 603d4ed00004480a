"""Members of an organization, and the users that they are."""

from typing import Any

import strawberry

from dexter_graphql.graph.fields import noun, plain
from dexter_graphql.graph.ids import node_id
from dexter_graphql.graph.node import Node
from dexter_graphql.loaders.members import UserKey, users_by_id


def user_key(row: Any) -> UserKey:
    """Key of a user, from its own record."""
    return UserKey(row.scope.organization, str(row.id))


@noun(forms=("member",), hydrate=users_by_id, key=user_key)
class User(Node):
    """A person with an account at Sentry, seen as a member of one organization."""

    id: strawberry.ID = node_id(lambda row: (str(row.id),))
    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    name: str | None = plain(description="Full name, or the e-mail address when there is none.")
    email: str | None = plain(description="E-mail address.")
    username: str | None = plain(description="User name.")
    avatar_url: str | None = plain("avatarUrl", description="Address of the picture.")
