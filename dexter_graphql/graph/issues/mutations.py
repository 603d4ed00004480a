"""Changes of issues: each takes one input and answers per issue."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.user_errors import MutationError, UserErrorCode, user_errors_for
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.issues.announcements import announce_issues
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.issues.inputs import (
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
from dexter_graphql.graph.issues.selections import IssueSelection, SelectedIssues, issue_id, select_issues
from dexter_graphql.loaders import issue_selection as issue_choices
from dexter_graphql.loaders import issue_writes
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issue_writes import UpdateResult, delete_issues, look_at_issues, merge_issues, update_issues
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadRequest, Conflict

USES = (*issue_choices.USES, *issue_writes.USES)
FIELDS = MappingProxyType({"assignedTo": ("to",), "priority": ("priority",)} | status_fields("in", "until"))
"""Member of Sentry's body → where clients gave it."""

Write = Callable[[list[Any], LoadContext], Awaitable[UpdateResult]]


@strawberry.input(description="Which issues to change, and whether to.")
class IssuesInput:
    """Base of all bulk inputs."""

    issues: IssueSelection = strawberry.field(description="The issues.")
    dry_run: bool = strawberry.field(
        default=False, description="True to change nothing and see which issues would be changed."
    )


@strawberry.input(description="Issues to resolve.")
class ResolveIssuesInput(IssuesInput):
    """Input."""

    in_: ResolutionInput | None = strawberry.field(
        name="in", default=None, description="In what they are resolved; now when left out."
    )


@strawberry.input(description="Issues to open again.")
class UnresolveIssuesInput(IssuesInput):
    """Input."""


@strawberry.input(description="Issues to archive.")
class ArchiveIssuesInput(IssuesInput):
    """Input."""

    until: ArchiveUntil | None = strawberry.field(
        default=None, description="Until when; until they escalate when left out."
    )


@strawberry.input(description="Issues to assign.")
class AssignIssuesInput(IssuesInput):
    """Input."""

    to: AssigneeInput = strawberry.field(description="Whom to assign them to.")


@strawberry.input(description="Issues to set the priority of.")
class SetIssuePriorityInput(IssuesInput):
    """Input."""

    priority: IssuePriority = strawberry.field(description="How urgent they are.")


@strawberry.input(description="Issues to mark as seen by the token's own user.")
class MarkIssuesSeenInput(IssuesInput):
    """Input."""

    seen: bool = strawberry.field(default=True, description="False to mark as not seen.")


@strawberry.input(description="Issues to bookmark for the token's own user.")
class BookmarkIssuesInput(IssuesInput):
    """Input."""

    bookmarked: bool = strawberry.field(default=True, description="False to take the bookmark away.")


@strawberry.input(description="Issues for the token's own user to follow.")
class SubscribeToIssuesInput(IssuesInput):
    """Input."""

    subscribed: bool = strawberry.field(default=True, description="False to stop following.")


@strawberry.input(description="Issues to delete, with all their events.")
class DeleteIssuesInput(IssuesInput):
    """Input."""


@strawberry.input(description="Issues of one organization to make one of; only those that group errors.")
class MergeIssuesInput(IssuesInput):
    """Input."""


@strawberry.type
class IssueMutations:
    """Roots."""

    @call(uses=USES)
    async def resolve_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ResolveIssuesInput, strawberry.argument(description="Which, and in what.")],
    ) -> ResolveIssuesPayload | None:
        """Resolve issues: now, in a release, in the next release, or with a commit."""
        return await changed(input, resolution_body(input.in_), Kind.RESOLVED, load_context)

    @call(uses=USES)
    async def unresolve_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UnresolveIssuesInput, strawberry.argument(description="Which.")],
    ) -> UnresolveIssuesPayload | None:
        """Open issues again that were resolved or archived."""
        return await changed(input, {"status": "unresolved"}, Kind.UNRESOLVED, load_context)

    @call(uses=USES)
    async def archive_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ArchiveIssuesInput, strawberry.argument(description="Which, and until when.")],
    ) -> ArchiveIssuesPayload | None:
        """Set issues aside: until they escalate, for a time, until so many events or users, or for good."""
        return await changed(input, archive_body(input.until), Kind.ARCHIVED, load_context)

    @call(uses=USES)
    async def assign_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[AssignIssuesInput, strawberry.argument(description="Which, and to whom.")],
    ) -> AssignIssuesPayload | None:
        """Assign issues to a user or a team that has access to their project, or to nobody."""
        return await changed(
            input, lambda found: assignee_body(input.to, found.organizations), Kind.ASSIGNED, load_context
        )

    @call(uses=USES)
    async def set_issue_priority(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetIssuePriorityInput, strawberry.argument(description="Which, and how urgent.")],
    ) -> SetIssuePriorityPayload | None:
        """Say how urgent issues are; Sentry no longer changes their priority by itself."""
        return await changed(input, priority_body(input.priority), Kind.UPDATED, load_context)

    @call(uses=USES)
    async def mark_issues_seen(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[MarkIssuesSeenInput, strawberry.argument(description="Which.")],
    ) -> MarkIssuesSeenPayload | None:
        """Mark issues as seen by the token's own user."""
        return await changed(input, {"hasSeen": input.seen}, None, load_context)

    @call(uses=USES)
    async def bookmark_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[BookmarkIssuesInput, strawberry.argument(description="Which.")],
    ) -> BookmarkIssuesPayload | None:
        """Bookmark issues for the token's own user."""
        return await changed(input, {"isBookmarked": input.bookmarked}, None, load_context)

    @call(uses=USES)
    async def subscribe_to_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SubscribeToIssuesInput, strawberry.argument(description="Which.")],
    ) -> SubscribeToIssuesPayload | None:
        """Let the token's own user follow issues: Sentry notifies them of what happens."""
        return await changed(input, {"isSubscribed": input.subscribed}, None, load_context)

    @call(uses=(*issue_choices.USES, catalogue.BULK_DELETE))
    async def delete_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteIssuesInput, strawberry.argument(description="Which.")],
    ) -> DeleteIssuesPayload | None:
        """Delete issues with all their events, for good."""
        return await _deleted(input, load_context)

    @call(uses=USES)
    async def merge_issues(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[MergeIssuesInput, strawberry.argument(description="Which, at least two.")],
    ) -> MergeIssuesPayload | None:
        """Make one issue of several; Sentry chooses which one stays."""
        return await _merged(input, load_context)


async def changed(
    input: IssuesInput, body: Body | Callable[[SelectedIssues], Body], kind: Kind | None, load_context: LoadContext
) -> Outcomes:
    """What became of an update of the chosen issues; changes without a kind are personal and not announced."""
    found = await select_issues(input.issues, load_context)
    content = body(found) if callable(body) else body

    async def update(keys: list[Any], asked: LoadContext) -> UpdateResult:
        return await update_issues(keys, content, asked)

    return await _done(found, update, kind, load_context, is_dry_run=input.dry_run)


async def _deleted(input: IssuesInput, load_context: LoadContext) -> Outcomes:
    found = await select_issues(input.issues, load_context)
    done = await _done(found, delete_issues, Kind.DELETED, load_context, is_dry_run=input.dry_run)
    if input.dry_run:
        return done
    return replace(done, results=[one if one.refusals else replace(one, key=None) for one in done.results])


async def _done(
    found: SelectedIssues, write: Write, kind: Kind | None, load_context: LoadContext, *, is_dry_run: bool
) -> Outcomes:
    if not found.keys:
        return Outcomes([], found.unmatched, is_dry_run)
    written = await (look_at_issues if is_dry_run else write)(found.keys, load_context)
    if kind is not None and not is_dry_run:
        await announce_issues(written.changed(), kind, load_context)
    return outcomes(found, written, FIELDS, is_dry_run=is_dry_run)


async def _merged(input: MergeIssuesInput, load_context: LoadContext) -> MergeResult:
    found = await select_issues(input.issues, load_context)
    if len(found.organizations) > 1:
        raise BadUserInput("Issues of different organizations cannot be merged")
    if len(found.keys) + len(found.unmatched) < 2:  # noqa: PLR2004  # one alone is not several
        raise BadUserInput("Merging takes at least two issues")
    seen = await look_at_issues(found.keys, load_context) if found.keys else UpdateResult()
    unmatched = [*found.unmatched, *(found.names[key] for key in seen.absent)]
    if len(seen.found) < 2:  # noqa: PLR2004  # as above
        alone = MutationError("Fewer than two of these issues were found", UserErrorCode.NOT_FOUND, ("issues",))
        return MergeResult(None, [], unmatched, input.dry_run, [alone])
    if input.dry_run:
        return MergeResult(None, [], unmatched, is_dry_run=True)
    try:
        merged = await merge_issues(list(seen.found), load_context)
    except (BadRequest, Conflict) as refusal:
        return MergeResult(None, [], unmatched, is_dry_run=False, refusals=user_errors_for(refusal, {}))
    if merged is None:
        return MergeResult(None, [], unmatched, is_dry_run=False)
    parent, children = merged
    before = {key: seen.found.get(key, b"") for key in (parent, *children)}
    await announce_issues({parent: before.pop(parent)}, Kind.UPDATED, load_context, is_current=False)
    await announce_issues(before, Kind.DELETED, load_context)
    return MergeResult(parent, [issue_id(child) for child in children], unmatched, is_dry_run=False)
