"""Visibility of changes: which of them the subscriber's own credential and reach may read."""

from msgspec.structs import replace

from dexter_graphql.graph.changes.conditions import ISSUE, lacks_project
from dexter_graphql.graph.context import Context
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.errors import (
    BadResponse,
    BudgetExhausted,
    DeadlineExceeded,
    Forbidden,
    NotFound,
    RateLimited,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.parents import OrganizationRef

NO_VERDICT = (Unavailable, UpstreamTimeout, DeadlineExceeded, RateLimited, BadResponse, BudgetExhausted)
"""Failures of a visibility check that say nothing about the credential."""
SHARED_ENTITIES = frozenset({"release", "deploy"})
"""Entities that may be read with the right to one of their projects; others take the right to all of them."""


async def is_visible(change: Change, organization: OrganizationRef, context: Context) -> bool:
    """Whether the subscriber may read issues of the change's project, or of its projects.

    The ID of a project decides; where it is not known, the issue itself or the slug of the project. What belongs to no
    project is visible to those who may read the organization's integrations.

    Raises one of NO_VERDICT while Sentry does not answer, and Unauthorized when it rejects the credential.
    """
    try:
        return await _is_readable(change, organization, context)
    except (Forbidden, NotFound):
        return False


async def with_project(change: Change, organization: OrganizationRef, context: Context) -> Change:
    """The change with the project of its issue, where it does not name one; unchanged when the issue is not visible.

    Raises as `is_visible` does.
    """
    if change.subject is None or not lacks_project(change):
        return change
    issue = IssueKey(organization, change.subject)
    project_id = await context.services.visibility.project_of(issue, context.call_context)
    return replace(change, project_id=project_id)


async def _is_readable(change: Change, organization: OrganizationRef, context: Context) -> bool:
    if change.project_id is not None:
        return await _may_read(change.project_id, organization, context)
    if change.projects:
        verdicts = [await _may_read_named(slug, organization, context) for slug in change.projects]
        return any(verdicts) if change.entity in SHARED_ENTITIES else all(verdicts)
    if change.project is not None and change.entity != ISSUE:
        return await _may_read_named(change.project, organization, context)
    if lacks_project(change):
        return False
    return await context.services.visibility.may_read_integrations(organization, context.call_context)


async def _may_read(project_id: str, organization: OrganizationRef, context: Context) -> bool:
    return await context.services.visibility.may_read(organization, project_id, context.call_context)


async def _may_read_named(slug: str, organization: OrganizationRef, context: Context) -> bool:
    """Whether the subscriber may read issues of the project that has the slug now."""
    project = await context.loaders.load(projects_by_name, ProjectName(organization, slug))
    return project is not None and await _may_read(str(project.id), organization, context)
