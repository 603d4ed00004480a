"""What mutations of issues answer: an outcome for each issue, and what was chosen and not found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.user_errors import MutationError, UserError, user_errors_for
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.issues.selections import SelectedIssues, issue_id
from dexter_graphql.loaders.issue_writes import UpdateResult
from dexter_graphql.loaders.issues import IssueKey, issues_by_id

if TYPE_CHECKING:
    from dexter_graphql.graph.issues.parts import Comment
    from dexter_graphql.graph.issues.types import Issue

IssueType = Annotated["Issue", strawberry.lazy("dexter_graphql.graph.issues.types")]
CommentType = Annotated["Comment", strawberry.lazy("dexter_graphql.graph.issues.parts")]
FieldPaths = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one issue; `key` is None when it is not there, or no longer."""

    key: IssueKey | None
    id: str
    refusals: list[MutationError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of all that were chosen."""

    results: list[Outcome]
    unmatched: list[str]
    is_dry_run: bool


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What became of a merge."""

    parent: IssueKey | None
    merged_ids: list[str]
    unmatched: list[str]
    is_dry_run: bool
    refusals: list[MutationError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CommentResult:
    """What became of a comment: the record, or the id of what was deleted."""

    issue: IssueKey | None = None
    comment: Any = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


def outcomes(chosen: SelectedIssues, written: UpdateResult, fields: FieldPaths, *, is_dry_run: bool) -> Outcomes:
    """The outcome of every issue that was found, in the order in which they were chosen."""
    absent = set(written.absent)
    results = [
        Outcome(key, issue_id(key), user_errors_for(written.refused[key], fields) if key in written.refused else [])
        for key in chosen.keys
        if key not in absent
    ]
    return Outcomes(results, [*chosen.unmatched, *(chosen.names[key] for key in written.absent)], is_dry_run)


@value_type
class IssueResult:
    """What became of one issue."""

    @computed()
    def issue_id(outcome: Outcome) -> strawberry.ID:
        """Global id of the issue."""
        return strawberry.ID(outcome.id)

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda outcome: outcome.key,
        reads={},
        description="The issue as it is now; null when deleted.",
    )

    @computed()
    def user_errors(outcome: Outcome) -> list[UserError]:
        """Why it was left alone; empty when it was changed."""
        return outcome.refusals


@value_type
class IssuesPayload:
    """What became of the chosen issues."""

    @computed()
    def results(payload: Outcomes) -> list[IssueResult]:
        """One for each issue that was found, in the order in which they were chosen."""
        return payload.results

    @computed()
    def unmatched(payload: Outcomes) -> list[str]:
        """Chosen ids, as they were given, for which Sentry has no issue that the token may see."""
        return payload.unmatched

    @computed()
    def dry_run(payload: Outcomes) -> bool:
        """True when nothing was changed because that was asked for."""
        return payload.is_dry_run


@value_type
class ResolveIssuesPayload(IssuesPayload):
    """What became of issues that were to be resolved."""


@value_type
class UnresolveIssuesPayload(IssuesPayload):
    """What became of issues that were to be opened again."""


@value_type
class ArchiveIssuesPayload(IssuesPayload):
    """What became of issues that were to be archived."""


@value_type
class AssignIssuesPayload(IssuesPayload):
    """What became of issues that were to be assigned."""


@value_type
class SetIssuePriorityPayload(IssuesPayload):
    """What became of issues whose priority was to be set."""


@value_type
class MarkIssuesSeenPayload(IssuesPayload):
    """What became of issues that were to be marked as seen."""


@value_type
class BookmarkIssuesPayload(IssuesPayload):
    """What became of issues that were to be bookmarked."""


@value_type
class SubscribeToIssuesPayload(IssuesPayload):
    """What became of issues that were to be followed."""


@value_type
class DeleteIssuesPayload(IssuesPayload):
    """What became of issues that were to be deleted. Sentry deletes some seconds later."""

    @computed()
    def deleted_ids(payload: Outcomes) -> list[strawberry.ID]:
        """Global ids of the issues that are deleted, or would be."""
        return [strawberry.ID(outcome.id) for outcome in payload.results if not outcome.refusals]


@value_type
class MergeIssuesPayload:
    """What became of issues that were to be merged."""

    issue: IssueType | None = batch(
        issues_by_id, key=lambda merged: merged.parent, reads={}, description="The issue that has all events now."
    )

    @computed()
    def merged_ids(merged: MergeResult) -> list[strawberry.ID]:
        """Global ids of the issues that became part of it; they no longer exist."""
        return [strawberry.ID(value) for value in merged.merged_ids]

    @computed()
    def unmatched(merged: MergeResult) -> list[str]:
        """Chosen ids, as they were given, for which Sentry has no issue that the token may see."""
        return merged.unmatched

    @computed()
    def dry_run(merged: MergeResult) -> bool:
        """True when nothing was changed because that was asked for."""
        return merged.is_dry_run

    @computed()
    def user_errors(merged: MergeResult) -> list[UserError]:
        """Why nothing was merged; empty when it was."""
        return merged.refusals


@value_type
class UpdateIssuePayload:
    """What became of an issue that was to be changed."""

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda outcome: outcome.key,
        reads={},
        description="The issue as it is now; null when Sentry has no such issue that the token may see.",
    )

    @computed()
    def user_errors(outcome: Outcome) -> list[UserError]:
        """Why it was left alone; empty when it was changed."""
        return outcome.refusals


@value_type
class CommentPayload:
    """What became of a comment."""

    @computed()
    def comment(commented: CommentResult) -> CommentType | None:
        """The comment as it is now; null when it was refused."""
        return commented.comment

    issue: IssueType | None = batch(
        issues_by_id, key=lambda commented: commented.issue, reads={}, description="The issue that it is on."
    )

    @computed()
    def user_errors(commented: CommentResult) -> list[UserError]:
        """Why nothing was written; empty when it was."""
        return commented.refusals


@value_type
class AddIssueCommentPayload(CommentPayload):
    """What became of a comment that was to be added."""


@value_type
class EditIssueCommentPayload(CommentPayload):
    """What became of a comment that was to be changed."""


@value_type
class DeleteIssueCommentPayload:
    """What became of a comment that was to be deleted."""

    @computed()
    def deleted_id(commented: CommentResult) -> strawberry.ID | None:
        """Global id of the comment that no longer exists; null when it was refused."""
        return None if commented.deleted_id is None else strawberry.ID(commented.deleted_id)

    issue: IssueType | None = batch(
        issues_by_id, key=lambda commented: commented.issue, reads={}, description="The issue that it was on."
    )

    @computed()
    def user_errors(commented: CommentResult) -> list[UserError]:
        """Why it was left alone; empty when it was deleted."""
        return commented.refusals
