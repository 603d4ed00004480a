"""Payloads of comment mutations."""

from dataclasses import dataclass, field
from typing import Any

import strawberry

from dexter_graphql.graph.common.user_errors import MutationError, UserError
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.lazy_types import CommentType, IssueType
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey


@dataclass(frozen=True, slots=True)
class CommentResult:
    """Result of a comment mutation: the record, or the ID of the deleted comment."""

    issue: IssueKey | None = None
    comment: Any = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


@value_type
class CommentPayload:
    """Common fields of the comment payloads."""

    @computed()
    def comment(commented: CommentResult) -> CommentType | None:
        """Comment after the mutation; null when it was refused."""
        return commented.comment

    issue: IssueType | None = batch(
        issues_by_id, key=lambda commented: commented.issue, reads={}, description="Issue that the comment belongs to."
    )

    @computed()
    def user_errors(commented: CommentResult) -> list[UserError]:
        """Reasons why the comment was not written; empty on success."""
        return commented.refusals


@value_type
class AddIssueCommentPayload(CommentPayload):
    """Result of `addIssueComment`."""


@value_type
class EditIssueCommentPayload(CommentPayload):
    """Result of `editIssueComment`."""


@value_type
class DeleteIssueCommentPayload:
    """Result of `deleteIssueComment`."""

    @computed()
    def deleted_id(commented: CommentResult) -> strawberry.ID | None:
        """Global ID of the deleted comment; null when the deletion was refused."""
        return None if commented.deleted_id is None else strawberry.ID(commented.deleted_id)

    issue: IssueType | None = batch(
        issues_by_id, key=lambda commented: commented.issue, reads={}, description="Issue that the comment belonged to."
    )

    @computed()
    def user_errors(commented: CommentResult) -> list[UserError]:
        """Reasons why the comment was not deleted; empty on success."""
        return commented.refusals
