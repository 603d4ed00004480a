"""Visibility of changes: which of them the subscriber's own credential and reach may read."""

from dexter_graphql.graph.context import Context
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.errors import (
    BadResponse,
    BudgetExhausted,
    DeadlineExceeded,
    RateLimited,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.parents import OrganizationRef

NO_VERDICT = (Unavailable, UpstreamTimeout, DeadlineExceeded, RateLimited, BadResponse, BudgetExhausted)
"""Failures of a visibility check that say nothing about the credential."""


async def is_visible(change: Change, organization: OrganizationRef, context: Context) -> bool:
    """Whether the subscriber may read issues of the change's project.

    Raises one of NO_VERDICT while Sentry does not answer, and Unauthorized when it rejects the credential.
    """
    if change.project_id is not None:
        visibility = context.services.visibility
        return await visibility.may_read(organization, change.project_id, context.call_context)
    if change.subject is None:
        return False
    issue = await context.loaders.load(issues_by_id, IssueKey(organization, change.subject))
    return issue is not None
