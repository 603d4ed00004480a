"""Subscription to changes of comments."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields, VisibleChange
from dexter_graphql.graph.comments.change_filter import CommentChangeFilter, comment_conditions
from dexter_graphql.graph.comments.types import CREATED, EDITED, Comment
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import batch, call, computed, value_type
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.comments import CommentKey, comments_by_id
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.realtime.changes import Change, Kind, Stream


class ReportedComment(msgspec.Struct, frozen=True, gc=False):
    """A comment as webhooks send it."""

    comment: str | None = None
    timestamp: str | None = None


def key_of(visible: VisibleChange) -> CommentKey | None:
    """The comment that changed; None when the report does not say which one."""
    change = visible.change
    if change.subject is None or not change.state:
        return None
    return CommentKey(IssueKey(visible.organization, change.subject), change.state)


def issue_key_of(visible: VisibleChange) -> IssueKey | None:
    """The issue of the comment that changed."""
    key = key_of(visible)
    return None if key is None else key.issue


def reported(change: Change) -> ReportedComment:
    """The comment in a change, without members that were not reported."""
    try:
        return msgspec.json.decode(change.object or b"{}", type=ReportedComment)
    except msgspec.DecodeError:
        return ReportedComment()


async def comment_of_change(visible: VisibleChange, load_context: LoadContext) -> Any:
    """The comment made of what was reported; loaded when its text was not."""
    change, key = visible.change, key_of(visible)
    if key is None or change.kind is Kind.DELETED:
        return None
    comment = reported(change)
    if comment.comment is None:
        return await load_context.load(comments_by_id, key)
    is_new = change.kind is Kind.CREATED and comment.timestamp is not None
    row = {"id": key.id, "dateCreated": comment.timestamp, "data": {"text": comment.comment}}
    projection = load_context.projection(CREATED if is_new else EDITED)
    return load_context.client.records.decode_one(msgspec.json.encode(row), projection, (), issue_parents(key.issue))


@value_type
class CommentChange(ChangeFields):
    """A change of a comment; `actor` is the user who wrote, edited or deleted it."""

    @computed()
    def comment_id(visible: VisibleChange) -> strawberry.ID | None:
        """Global ID of the comment, also of one that was deleted."""
        key = key_of(visible)
        if key is None:
            return None
        return strawberry.ID(encode_id("Comment", key.issue.organization.id, key.issue.id, key.id))

    @computed()
    def text(visible: VisibleChange) -> str | None:
        """Text of the comment in Markdown, as it was reported; null when it was not."""
        return reported(visible.change).comment or None

    @call(uses=comments_by_id.uses, target="Comment")
    async def comment(visible: VisibleChange, load_context: LoadContext) -> Comment | None:
        """The comment after the change; null when it was deleted. Its text costs no call, its author one."""
        comment: Comment | None = await comment_of_change(visible, load_context)
        return comment

    issue: IssueType | None = batch(
        issues_by_id, key=issue_key_of, reads={}, description="Issue that the comment belongs to."
    )


@value_type
class CommentChanged(StreamItemFields):
    """One item of a stream of changes of comments: a change or a gap."""

    @computed()
    def change(item: StreamItem) -> CommentChange | None:
        """The change; null when this item is a gap."""
        change: Any = item.change
        return change


@strawberry.type
class CommentSubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def comment_changed(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            CommentChangeFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[CommentChanged, None]:
        """Comments that are added, edited and deleted, from webhooks and mutations of this server.

        New comments are found by polling, too.

        Comments on issues of projects whose issues the token may not read are left out. The stream ends when Sentry
        rejects the token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await comment_conditions(filter, followed, load_context)
        return await changes_of((Stream.COMMENTS,), conditions, after, context_of(load_context))
