"""Authors of commits and comments."""

from dexter_graphql.graph.declarations.fields import batch, plain, value_type
from dexter_graphql.graph.lazy_types import UserType
from dexter_graphql.loaders.members import UserKey, users_by_id


@value_type
class Author:
    """Author of a commit or a comment, with or without an account in Sentry."""

    name: str | None = plain(description="Name of the author.")
    email: str | None = plain(description="Email address of the author.")
    user: UserType | None = batch(
        users_by_id,
        key=lambda row: None if row.id is None else UserKey(row.parents.organization, str(row.id)),
        reads={"id": int | str | None},
        description="User account of the author; null when the author is not a member.",
    )
