"""Bulk mutations of issues. Each takes one input and reports the result per issue."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.user_errors import (
    MutationError,
    UserErrorCode,
    mistakes_as_data,
    user_errors_for,
)
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.issues.announcements import announce_issues
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.issues.payloads import (
    ArchiveIssuesPayload,
    AssignIssuesPayload,
    BookmarkIssuesPayload,
    DeleteIssuesPayload,
    MarkIssuesSeenPayload,
    MergeIssuesPayload,
    MergeResult,
    Outcomes,
    ResolveIssuesPayload,
    SetIssuePriorityPayload,
    SubscribeToIssuesPayload,
    UnresolveIssuesPayload,
    outcomes,
)
from dexter_graphql.graph.issues.references import issue_id
from dexter_graphql.graph.issues.selection import IssueSelection, SelectedIssues, select_issues
from dexter_graphql.graph.issues.update_inputs import (
    ArchiveUntil,
    AssigneeInput,
    Body,
    ResolutionInput,
    archive_body,
    assignee_body,
    priority_body,
    resolution_body,
    status_fields,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.selection import SELECTION_ENDPOINTS
from dexter_graphql.loaders.issues.writes import (
    DELETION_ENDPOINTS,
    WRITE_ENDPOINTS,
    UpdateResult,
    delete_issues,
    look_up_issues,
    merge_issues,
    update_issues,
)
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.sentry.errors import BadRequest, Conflict

USES = (*SELECTION_ENDPOINTS, *WRITE_ENDPOINTS)
BULK_FIELD_PATHS = MappingProxyType({"assignedTo": ("to",), "priority": ("priority",)} | status_fields("in", "until"))
"""Member of the request body → path in the input."""

MakeBody = Callable[[SelectedIssues, LoadContext], Awaitable[Body]]
BulkWrite = Callable[[list[Any], LoadContext], Awaitable[UpdateResult]]


@strawberry.input(description="Common fields of the bulk inputs.")
class IssuesInput:
    """Base of all bulk inputs."""

    issues: IssueSelection = strawberry.field(description="Issues to change.")
    dry_run: bool = strawberry.field(
        default=False, description="True to report the issues that would be changed without changing them."
    )


@strawberry.input(description="Input of `resolveIssues`.")
class ResolveIssuesInput(IssuesInput):
    """Input."""

    in_: ResolutionInput | None = strawberry.field(
        name="in", default=None, description="How the issues are resolved. Default: immediately."
    )


@strawberry.input(description="Input of `unresolveIssues`.")
class UnresolveIssuesInput(IssuesInput):
    """Input."""


@strawberry.input(description="Input of `archiveIssues`.")
class ArchiveIssuesInput(IssuesInput):
    """Input."""

    until: ArchiveUntil | None = strawberry.field(
        default=None, description="How long the issues stay archived. Default: until they escalate."
    )


@strawberry.input(description="Input of `assignIssues`.")
class AssignIssuesInput(IssuesInput):
    """Input."""

    to: AssigneeInput = strawberry.field(description="New assignee.")


@strawberry.input(description="Input of `setIssuePriority`.")
class SetIssuePriorityInput(IssuesInput):
    """Input."""

    priority: IssuePriority = strawberry.field(description="New priority.")


@strawberry.input(description="Input of `markIssuesSeen`.")
class MarkIssuesSeenInput(IssuesInput):
    """Input."""

    seen: bool = strawberry.field(default=True, description="False to mark the issues as not seen.")


@strawberry.input(description="Input of `bookmarkIssues`.")
class BookmarkIssuesInput(IssuesInput):
    """Input."""

    bookmarked: bool = strawberry.field(default=True, description="False to remove the bookmarks.")


@strawberry.input(description="Input of `subscribeToIssues`.")
class SubscribeToIssuesInput(IssuesInput):
    """Input."""

    subscribed: bool = strawberry.field(default=True, description="False to unsubscribe.")


@strawberry.input(description="Input of `deleteIssues`.")
class DeleteIssuesInput(IssuesInput):
    """Input."""


@strawberry.input(
    description="Input of `mergeIssues`. The issues must belong to one organization and have the category ERROR."
)
class MergeIssuesInput(IssuesInput):
    """Input."""


def refuse_all(input: IssuesInput, mistakes: list[MutationError]) -> Outcomes:
    """The payload of a bulk mutation that changed nothing."""
    return Outcomes([], [], input.dry_run, mistakes)


def refuse_merge(input: IssuesInput, mistakes: list[MutationError]) -> MergeResult:
    """The payload of a merge that changed nothing."""
    return MergeResult(None, [], [], input.dry_run, mistakes)


@strawberry.type
class IssueMutations:
    """Root fields."""

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def resolve_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ResolveIssuesInput, strawberry.argument(description="Issues and resolution.")],
    ) -> ResolveIssuesPayload | None:
        """Resolve issues immediately, in a release, in the next release or with a commit."""

        async def body(selected: SelectedIssues, load_context: LoadContext) -> Body:
            with within("in"):
                return await resolution_body(input.in_, selected.organizations, load_context)

        return await update_selected(input, body, Kind.RESOLVED, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def unresolve_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UnresolveIssuesInput, strawberry.argument(description="Issues to reopen.")],
    ) -> UnresolveIssuesPayload | None:
        """Reopen resolved or archived issues."""
        return await update_selected(input, {"status": "unresolved"}, Kind.UNRESOLVED, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def archive_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ArchiveIssuesInput, strawberry.argument(description="Issues and archive condition.")],
    ) -> ArchiveIssuesPayload | None:
        """Archive issues until they escalate, for a duration, until a number of events or users, or permanently."""
        with within("until"):
            body = archive_body(input.until)
        return await update_selected(input, body, Kind.ARCHIVED, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def assign_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[AssignIssuesInput, strawberry.argument(description="Issues and assignee.")],
    ) -> AssignIssuesPayload | None:
        """Assign issues to a user or a team with access to their project, or remove the assignee."""

        async def body(selected: SelectedIssues, load_context: LoadContext) -> Body:
            with within("to"):
                return await assignee_body(input.to, selected.organizations, load_context)

        return await update_selected(input, body, Kind.ASSIGNED, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def set_issue_priority(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetIssuePriorityInput, strawberry.argument(description="Issues and priority.")],
    ) -> SetIssuePriorityPayload | None:
        """Set the priority of issues. Sentry then stops adjusting their priority."""
        with within("priority"):
            body = priority_body(input.priority)
        return await update_selected(input, body, Kind.UPDATED, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def mark_issues_seen(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[MarkIssuesSeenInput, strawberry.argument(description="Issues to mark.")],
    ) -> MarkIssuesSeenPayload | None:
        """Mark issues as seen, or not seen, by the user of the token."""
        return await update_selected(input, {"hasSeen": input.seen}, None, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def bookmark_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[BookmarkIssuesInput, strawberry.argument(description="Issues to bookmark.")],
    ) -> BookmarkIssuesPayload | None:
        """Add or remove bookmarks of the user of the token."""
        return await update_selected(input, {"isBookmarked": input.bookmarked}, None, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_all)
    async def subscribe_to_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SubscribeToIssuesInput, strawberry.argument(description="Issues to subscribe to.")],
    ) -> SubscribeToIssuesPayload | None:
        """Subscribe the user of the token to issues, or unsubscribe. Sentry notifies subscribers of changes."""
        return await update_selected(input, {"isSubscribed": input.subscribed}, None, load_context)

    @call(uses=(*SELECTION_ENDPOINTS, *DELETION_ENDPOINTS))
    @mistakes_as_data(refuse_all)
    async def delete_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteIssuesInput, strawberry.argument(description="Issues to delete.")],
    ) -> DeleteIssuesPayload | None:
        """Delete issues with all their events. This cannot be undone."""
        return await _delete_selected(input, load_context)

    @call(uses=USES)
    @mistakes_as_data(refuse_merge)
    async def merge_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[MergeIssuesInput, strawberry.argument(description="Issues to merge, at least two.")],
    ) -> MergeIssuesPayload | None:
        """Merge issues into one. Sentry chooses the issue that remains."""
        return await _merge_selected(input, load_context)


async def update_selected(
    input: IssuesInput, body: Body | MakeBody, kind: Kind | None, load_context: LoadContext
) -> Outcomes:
    """Update the selected issues and publish the change; personal changes have no kind and are not published."""
    selected = await select_issues(input.issues, load_context)
    content = await body(selected, load_context) if callable(body) else body

    async def update(keys: list[Any], load_context: LoadContext) -> UpdateResult:
        return await update_issues(keys, content, load_context)

    return await _write_selected(selected, update, kind, load_context, is_dry_run=input.dry_run)


async def _delete_selected(input: IssuesInput, load_context: LoadContext) -> Outcomes:
    selected = await select_issues(input.issues, load_context)
    deleted = await _write_selected(selected, delete_issues, Kind.DELETED, load_context, is_dry_run=input.dry_run)
    if input.dry_run:
        return deleted
    return replace(
        deleted, results=[result if result.refusals else replace(result, key=None) for result in deleted.results]
    )


async def _write_selected(
    selected: SelectedIssues, write: BulkWrite, kind: Kind | None, load_context: LoadContext, *, is_dry_run: bool
) -> Outcomes:
    if not selected.keys:
        return Outcomes([], selected.unmatched, is_dry_run, selected.mistakes)
    result = await (look_up_issues if is_dry_run else write)(selected.keys, load_context)
    if kind is not None and not is_dry_run:
        await announce_issues(result.changed(), kind, load_context)
    return outcomes(selected, result, BULK_FIELD_PATHS, is_dry_run=is_dry_run)


async def _merge_selected(input: MergeIssuesInput, load_context: LoadContext) -> MergeResult:
    selected = await select_issues(input.issues, load_context)
    if len(selected.organizations) > 1:
        raise BadUserInput("Issues of different organizations cannot be merged", ("issues",))
    if len(selected.keys) + len(selected.unmatched) + len(selected.mistakes) < 2:  # noqa: PLR2004  # one is not several
        raise BadUserInput("Merging requires at least two issues", ("issues",))
    existing = await look_up_issues(selected.keys, load_context) if selected.keys else UpdateResult()
    unmatched, mistakes = selected.without(existing.absent), selected.mistakes
    if len(existing.issues) < 2:  # noqa: PLR2004  # as above
        too_few = MutationError("Fewer than two of the issues exist", UserErrorCode.NOT_FOUND, ("issues",))
        return MergeResult(None, [], unmatched, input.dry_run, [too_few, *mistakes])
    if input.dry_run:
        return MergeResult(None, [], unmatched, is_dry_run=True, refusals=mistakes)
    try:
        merged = await merge_issues(existing, load_context)
    except (BadRequest, Conflict) as refusal:
        refusals = [*user_errors_for(refusal, {}), *mistakes]
        return MergeResult(None, [], unmatched, is_dry_run=False, refusals=refusals)
    if merged is None:
        return MergeResult(None, [], unmatched, is_dry_run=False, refusals=mistakes)
    parent, children = merged
    before = {key: existing.issues.get(key, b"") for key in (parent, *children)}
    await announce_issues({parent: before.pop(parent)}, Kind.UPDATED, load_context, is_current=False)
    await announce_issues(before, Kind.DELETED, load_context)
    merged_ids = [issue_id(child) for child in children]
    return MergeResult(parent, merged_ids, unmatched, is_dry_run=False, refusals=mistakes)
