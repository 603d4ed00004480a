"""Comments on issues."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.declarations.fields import LIST, batch, computed, entity, plain
from dexter_graphql.graph.declarations.resolvers.rows import with_errors
from dexter_graphql.graph.issues.details import below_issue
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.members.author import Author
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.comments import CommentKey, comments_by_id
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.sentry.errors import InvalidValue


class CommentData(msgspec.Struct, frozen=True, gc=False):
    """`data` of a comment."""

    text: str | None = None


CREATED, EDITED = "created", "edited"
"""Representations of comments in webhooks: of a new comment, and of one of which it does not say when it was made."""


@entity(key=CommentKey, load=comments_by_id, representations=(LIST, CREATED, EDITED))
class Comment(Node):
    """Comment on an issue."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    created_at: datetime | None = plain(
        "dateCreated", representations=(LIST, CREATED), description="Time when the comment was created."
    )
    author: Author | None = plain(
        "user", representations=(LIST,), description="Author of the comment; null for comments by integrations."
    )

    issue: IssueType | None = batch(
        issues_by_id, key=below_issue, reads={}, description="Issue that the comment belongs to."
    )

    @computed(data=CommentData | None)
    def text(row: Any) -> str:
        """Text of the comment in Markdown."""
        try:
            return (row.data and row.data.text) or ""
        except InvalidValue as error:
            return with_errors("", [error])
