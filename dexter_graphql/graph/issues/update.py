"""The change of one issue: everything about it that clients may set, in one call."""

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
    IssueTarget,
    ResolutionInput,
    archive_body,
    assignee_body,
    flags_body,
    priority_body,
    resolution_body,
    status_fields,
)
from dexter_graphql.graph.issues.payloads import Outcome, UpdateIssuePayload
from dexter_graphql.graph.issues.selections import issue_key_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issue_writes import update_issues
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.sentry.catalogue import issues as catalogue

FIELDS = MappingProxyType(
    {
        "assignedTo": ("assignee",),
        "priority": ("priority",),
        "status": ("status",),
        "isPublic": ("isPublic",),
        "inbox": ("isReviewed",),
        "hasSeen": ("hasSeen",),
        "isBookmarked": ("isBookmarked",),
        "isSubscribed": ("isSubscribed",),
    }
    | status_fields("resolution", "archiveUntil")
)
"""Member of Sentry's body → where clients gave it."""

KINDS = MappingProxyType(
    {IssueTarget.RESOLVED: Kind.RESOLVED, IssueTarget.UNRESOLVED: Kind.UNRESOLVED, IssueTarget.ARCHIVED: Kind.ARCHIVED}
)
NOWHERE = MutationError("There is no such issue, or none that the token may see", UserErrorCode.NOT_FOUND, ("id",))


@strawberry.input(description="An issue, and what to change about it; what is left out stays as it is.")
class UpdateIssueInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global id of the issue.")
    status: IssueTarget | None = strawberry.field(default=None, description="Where it shall stand.")
    resolution: ResolutionInput | None = strawberry.field(
        default=None, description="In what it is resolved; with status RESOLVED only."
    )
    archive_until: ArchiveUntil | None = strawberry.field(
        default=None, description="Until when it is archived; with status ARCHIVED only."
    )
    assignee: AssigneeInput | None = strawberry.field(default=None, description="Whom to assign it to.")
    priority: IssuePriority | None = strawberry.field(default=None, description="How urgent it is.")
    is_public: bool | None = strawberry.field(default=None, description="Whether anybody with the link may see it.")
    is_reviewed: bool | None = strawberry.field(
        default=None, description="True to take it off the list of issues for review."
    )
    has_seen: bool | None = strawberry.field(default=None, description="Whether the token's own user has seen it.")
    is_bookmarked: bool | None = strawberry.field(
        default=None, description="Whether the token's own user has bookmarked it."
    )
    is_subscribed: bool | None = strawberry.field(default=None, description="Whether the token's own user follows it.")


@strawberry.type
class UpdateIssueMutation:
    """Root."""

    @call(uses=(catalogue.UPDATE,))
    async def update_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateIssueInput, strawberry.argument(description="Which, and what to change.")],
    ) -> UpdateIssuePayload | None:
        """Change several things about one issue at once."""
        key = await issue_key_of(input.id, load_context)
        if key is None:
            return Outcome(None, input.id, [NOWHERE])
        written = await update_issues([key], update_body(input, key.organization.id), load_context)
        outcome = Outcome(key, input.id)
        if key in written.refused:
            return replace(outcome, refusals=user_errors_for(written.refused[key], FIELDS))
        if written.absent:
            return Outcome(None, input.id, [NOWHERE])
        for kind in changes_in(input):
            await announce_issues(written.changed(), kind, load_context)
        return outcome


def update_body(input: UpdateIssueInput, organization_id: str) -> Body:
    """Body of the update; raises BadUserInput when nothing is asked for, or things that do not go together."""
    if input.resolution is not None and input.status is not IssueTarget.RESOLVED:
        raise BadUserInput("'resolution' goes with 'status: RESOLVED' only")
    if input.archive_until is not None and input.status is not IssueTarget.ARCHIVED:
        raise BadUserInput("'archiveUntil' goes with 'status: ARCHIVED' only")
    flags = {
        "isPublic": input.is_public,
        "inbox": None if input.is_reviewed is None else not input.is_reviewed,
        "hasSeen": input.has_seen,
        "isBookmarked": input.is_bookmarked,
        "isSubscribed": input.is_subscribed,
    }
    body = _status_body(input) | flags_body(flags)
    if input.assignee is not None:
        body |= assignee_body(input.assignee, frozenset({organization_id}))
    if input.priority is not None:
        body |= priority_body(input.priority)
    if not body:
        raise BadUserInput("Say what to change: the input has an id and nothing else")
    return body


def changes_in(input: UpdateIssueInput) -> list[Kind]:
    """What subscribers shall hear; personal marks are nobody else's business."""
    kinds = [KINDS[input.status]] if input.status is not None else []
    kinds += [Kind.ASSIGNED] if input.assignee is not None else []
    kinds += [Kind.UPDATED] if input.priority is not None or input.is_public is not None else []
    return kinds


def _status_body(input: UpdateIssueInput) -> Body:
    if input.status is IssueTarget.RESOLVED:
        return resolution_body(input.resolution)
    if input.status is IssueTarget.ARCHIVED:
        return archive_body(input.archive_until)
    return {} if input.status is None else {"status": input.status.value}
