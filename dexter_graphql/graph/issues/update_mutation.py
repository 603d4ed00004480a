"""The `updateIssue` mutation, which sets several members of one issue in one call."""

from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.user_errors import MutationError, UserErrorCode, mistakes_as_data
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.issues.announcements import announce_issues
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.issues.payloads import Outcome, UpdateIssuePayload, refusals_for
from dexter_graphql.graph.issues.references import (
    ISSUE_REFERENCE_ENDPOINTS,
    ORGANIZATION,
    IssueReference,
    find_issue_anywhere,
    issue_id,
)
from dexter_graphql.graph.issues.update_inputs import (
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
from dexter_graphql.graph.relay.references import OrganizationReference
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.writes import update_issues
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.parents import OrganizationRef

UPDATE_FIELD_PATHS = MappingProxyType(
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
"""Member of the request body → path in the input."""

KINDS = MappingProxyType(
    {IssueTarget.RESOLVED: Kind.RESOLVED, IssueTarget.UNRESOLVED: Kind.UNRESOLVED, IssueTarget.ARCHIVED: Kind.ARCHIVED}
)
ISSUE_NOT_FOUND = MutationError(
    "The issue does not exist or is not visible to the token", UserErrorCode.NOT_FOUND, ("issue",)
)


@strawberry.input(description="Input of `updateIssue`. Fields that are omitted or null are not changed.")
class UpdateIssueInput:
    """Input."""

    issue: IssueReference = strawberry.field(description="Issue to change.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    status: IssueTarget | None = strawberry.field(default=None, description="New status.")
    resolution: ResolutionInput | None = strawberry.field(
        default=None, description="How the issue is resolved. Only valid with status RESOLVED. Default: immediately."
    )
    archive_until: ArchiveUntil | None = strawberry.field(
        default=None,
        description="How long the issue stays archived. Only valid with status ARCHIVED. Default: until it escalates.",
    )
    assignee: AssigneeInput | None = strawberry.field(default=None, description="New assignee.")
    priority: IssuePriority | None = strawberry.field(default=None, description="New priority.")
    is_public: bool | None = strawberry.field(
        default=None, description="True to share the issue publicly by link, false to stop sharing it."
    )
    is_reviewed: bool | None = strawberry.field(default=None, description="True to mark the issue as reviewed.")
    has_seen: bool | None = strawberry.field(
        default=None, description="True to mark the issue as seen by the user of the token."
    )
    is_bookmarked: bool | None = strawberry.field(
        default=None, description="True to bookmark the issue for the user of the token."
    )
    is_subscribed: bool | None = strawberry.field(
        default=None, description="True to subscribe the user of the token to the issue."
    )


@strawberry.type
class UpdateIssueMutation:
    """Root fields."""

    @call(uses=(catalogue.UPDATE, *ISSUE_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS))
    @mistakes_as_data(lambda _input, mistakes: Outcome(None, "", mistakes))
    async def update_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateIssueInput, strawberry.argument(description="Issue and the members to change.")],
    ) -> UpdateIssuePayload | None:
        """Change several members of one issue in one call."""
        key = await find_issue_anywhere(input.issue, input.organization, load_context)
        if key is None:
            return Outcome(None, "", [ISSUE_NOT_FOUND])
        result = await update_issues([key], await update_body(input, key.organization, load_context), load_context)
        if result.absent:
            return Outcome(None, "", [ISSUE_NOT_FOUND])
        for kind in changes_in(input):
            await announce_issues(result.changed(), kind, load_context)
        return Outcome(key, issue_id(key), refusals_for(key, result, UPDATE_FIELD_PATHS))


async def update_body(input: UpdateIssueInput, organization: OrganizationRef, load_context: LoadContext) -> Body:
    """Request body of the update; raises BadUserInput when it is empty or fields are inconsistent."""
    if input.resolution is not None and input.status is not IssueTarget.RESOLVED:
        raise BadUserInput("'resolution' requires 'status: RESOLVED'", ("resolution",))
    if input.archive_until is not None and input.status is not IssueTarget.ARCHIVED:
        raise BadUserInput("'archiveUntil' requires 'status: ARCHIVED'", ("archiveUntil",))
    flags = {
        "isPublic": input.is_public,
        "inbox": None if input.is_reviewed is None else not input.is_reviewed,
        "hasSeen": input.has_seen,
        "isBookmarked": input.is_bookmarked,
        "isSubscribed": input.is_subscribed,
    }
    body = await _status_body(input, organization, load_context) | flags_body(flags)
    if input.assignee is not None:
        with within("assignee"):
            body |= await assignee_body(input.assignee, [organization], load_context)
    if input.priority is not None:
        with within("priority"):
            body |= priority_body(input.priority)
    if not body:
        raise BadUserInput("At least one member to change is required")
    return body


def changes_in(input: UpdateIssueInput) -> list[Kind]:
    """Kinds of changes to publish. Personal members are not published."""
    kinds = [KINDS[input.status]] if input.status is not None else []
    kinds += [Kind.ASSIGNED] if input.assignee is not None else []
    kinds += [Kind.UPDATED] if input.priority is not None or input.is_public is not None else []
    return kinds


async def _status_body(input: UpdateIssueInput, organization: OrganizationRef, load_context: LoadContext) -> Body:
    if input.status is IssueTarget.RESOLVED:
        with within("resolution"):
            return await resolution_body(input.resolution, [organization], load_context)
    if input.status is IssueTarget.ARCHIVED:
        with within("archiveUntil"):
            return archive_body(input.archive_until)
    return {} if input.status is None else {"status": input.status.value}
