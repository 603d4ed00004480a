"""Payloads of issue mutations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import strawberry

from dexter_graphql.graph.common.user_errors import MutationError, UserError, UserErrorCode, user_errors_for
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.issues.references import issue_id
from dexter_graphql.graph.issues.selection import GivenID, SelectedIssues, not_found
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.writes import UpdateResult

FieldPaths = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result for one issue; `key` is None when the issue does not exist or was deleted."""

    key: IssueKey | None
    id: str
    refusals: list[MutationError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Results of a bulk mutation."""

    results: list[Outcome]
    unmatched: list[GivenID]
    is_dry_run: bool
    mistakes: list[MutationError] = field(default_factory=list)
    """Mistakes in the input, besides IDs that match no issue."""

    def all_mistakes(self) -> list[MutationError]:
        """All mistakes in the input."""
        return [*self.mistakes, *map(not_found, self.unmatched)]


@dataclass(frozen=True, slots=True)
class MergeResult:
    """Result of a merge."""

    parent: IssueKey | None
    merged_ids: list[str]
    unmatched: list[GivenID]
    is_dry_run: bool
    refusals: list[MutationError] = field(default_factory=list)

    def all_mistakes(self) -> list[MutationError]:
        """All mistakes in the input, and the refusal of the merge."""
        return [*self.refusals, *map(not_found, self.unmatched)]


IGNORED: Mapping[str, str] = MappingProxyType(
    {
        "priority": "This release of Sentry has no priorities of issues; the priority was not changed",
        "substatus": "This release of Sentry cannot archive an issue until it escalates; it was archived permanently",
    }
)
"""Member of the request body → what its lack means for the user."""


def refusals_for(key: IssueKey, written: UpdateResult, fields: FieldPaths) -> list[MutationError]:
    """The reasons why an issue was not changed as requested: what Sentry refused, and what its release lacks."""
    if key in written.refused:
        return user_errors_for(written.refused[key], fields)
    return [
        MutationError(IGNORED[name], UserErrorCode.FEATURE_NOT_AVAILABLE, fields.get(name, ()))
        for name in sorted(written.ignored.get(key, ()))
    ]


def outcomes(selected: SelectedIssues, result: UpdateResult, fields: FieldPaths, *, is_dry_run: bool) -> Outcomes:
    """The result of every issue that exists, in the order of the selection."""
    absent = set(result.absent)
    results = [
        Outcome(key, issue_id(key), refusals_for(key, result, fields)) for key in selected.keys if key not in absent
    ]
    return Outcomes(results, selected.without(result.absent), is_dry_run, selected.mistakes)


@value_type
class IssueResult:
    """Result of a bulk mutation for one issue."""

    @computed()
    def issue_id(outcome: Outcome) -> strawberry.ID:
        """Global ID of the issue."""
        return strawberry.ID(outcome.id)

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda outcome: outcome.key,
        reads={},
        description="Issue after the mutation; null when it was deleted.",
    )

    @computed()
    def user_errors(outcome: Outcome) -> list[UserError]:
        """Reasons why the issue was not changed; empty on success."""
        return outcome.refusals


@value_type
class IssuesPayload:
    """Result of a bulk mutation."""

    @computed()
    def results(payload: Outcomes) -> list[IssueResult]:
        """Results per issue that exists, in the order of the selection."""
        return payload.results

    @computed()
    def unmatched(payload: Outcomes) -> list[str]:
        """Selected IDs, as given, of issues that do not exist or are not visible to the token."""
        return [given.text for given in payload.unmatched]

    @computed()
    def is_dry_run(payload: Outcomes) -> bool:
        """True when the mutation was a dry run and changed nothing."""
        return payload.is_dry_run

    @computed()
    def user_errors(payload: Outcomes) -> list[UserError]:
        """Mistakes in the input, with their paths; issues without any are changed. See also `results`."""
        return payload.all_mistakes()


@value_type
class ResolveIssuesPayload(IssuesPayload):
    """Result of `resolveIssues`."""


@value_type
class UnresolveIssuesPayload(IssuesPayload):
    """Result of `unresolveIssues`."""


@value_type
class ArchiveIssuesPayload(IssuesPayload):
    """Result of `archiveIssues`."""


@value_type
class AssignIssuesPayload(IssuesPayload):
    """Result of `assignIssues`."""


@value_type
class SetIssuePriorityPayload(IssuesPayload):
    """Result of `setIssuePriority`."""


@value_type
class MarkIssuesSeenPayload(IssuesPayload):
    """Result of `markIssuesSeen`."""


@value_type
class BookmarkIssuesPayload(IssuesPayload):
    """Result of `bookmarkIssues`."""


@value_type
class SubscribeToIssuesPayload(IssuesPayload):
    """Result of `subscribeToIssues`."""


@value_type
class DeleteIssuesPayload(IssuesPayload):
    """Result of `deleteIssues`. Sentry deletes asynchronously, within seconds."""

    @computed()
    def deleted_ids(payload: Outcomes) -> list[strawberry.ID]:
        """Global IDs of the issues that were deleted or, in a dry run, would be deleted."""
        return [strawberry.ID(outcome.id) for outcome in payload.results if not outcome.refusals]


@value_type
class MergeIssuesPayload:
    """Result of `mergeIssues`."""

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda merged: merged.parent,
        reads={},
        description="Issue that all events were merged into; null when nothing was merged.",
    )

    @computed()
    def merged_ids(merged: MergeResult) -> list[strawberry.ID]:
        """Global IDs of the issues that were merged into it and no longer exist."""
        return [strawberry.ID(value) for value in merged.merged_ids]

    @computed()
    def unmatched(merged: MergeResult) -> list[str]:
        """Selected IDs, as given, of issues that do not exist or are not visible to the token."""
        return [given.text for given in merged.unmatched]

    @computed()
    def is_dry_run(merged: MergeResult) -> bool:
        """True when the mutation was a dry run and changed nothing."""
        return merged.is_dry_run

    @computed()
    def user_errors(merged: MergeResult) -> list[UserError]:
        """Mistakes in the input, with their paths, and reasons why nothing was merged."""
        return merged.all_mistakes()


@value_type
class UpdateIssuePayload:
    """Result of `updateIssue`."""

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda outcome: outcome.key,
        reads={},
        description="Issue after the mutation; null when it does not exist or is not visible to the token.",
    )

    @computed()
    def user_errors(outcome: Outcome) -> list[UserError]:
        """Reasons why the issue was not changed; empty on success."""
        return outcome.refusals
