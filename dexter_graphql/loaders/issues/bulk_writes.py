"""Bulk writes to issues in chunks. Sentry refuses a whole call because of one issue.

Most of its rules depend on the project, so a refused call is repeated per project. Where the endpoint of the
organization is forbidden or missing, that of each project is tried.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from dexter_graphql.loaders.base import CHUNK_SIZE, LoadContext, chunks
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.client import NO_PATH
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, Conflict, Forbidden, InvalidParameter, MissingRoute, SentryError
from dexter_graphql.sentry.parents import Parents

UPDATE_ENDPOINTS = (catalogue.BULK_UPDATE, catalogue.PROJECT_BULK_UPDATE)
DELETE_ENDPOINTS = (catalogue.BULK_DELETE, catalogue.PROJECT_BULK_DELETE)
"""The endpoint of the organization, and that of a project."""
CLOSED = (Forbidden, MissingRoute)
"""Refusals that may concern the endpoint of the organization alone."""

UNDECIDED = (*CLOSED, InvalidParameter)
"""Refusals by a project that say no more than that of the organization; the ID of a project may be unreadable."""

Write = Callable[[Sequence[IssueKey], str | None], Awaitable[object]]
"""Writes issues by the endpoint of their project, or by that of the organization for None."""


async def send_bulk_write(
    endpoints: tuple[Endpoint, Endpoint],
    keys: Sequence[IssueKey],
    project: str | None,
    load_context: LoadContext,
    *,
    body: object = None,
) -> Reply:
    """The response of a write to issues of one organization, or of one project."""
    of_organization, of_project = endpoints
    return await load_context.send(
        of_organization if project is None else of_project,
        Parents(keys[0].organization),
        path=NO_PATH if project is None else {"project": project},
        query=repeated("id", (key.id for key in keys)),
        body=body,
        touches=issue_tags(keys),
    )


async def write_in_chunks(projects: Mapping[IssueKey, str], write: Write) -> dict[IssueKey, SentryError]:
    """Write issues by organization, 100 at a time; the issues that were not written, with the reason.

    `projects` has the ID of each issue's project.
    """
    refused: dict[IssueKey, SentryError] = {}
    for organization in dict.fromkeys(key.organization for key in projects):
        for chunk in chunks([key for key in projects if key.organization == organization], CHUNK_SIZE):
            refused |= await _write_chunk(chunk, projects, write)
    failures = [error for error in refused.values() if not isinstance(error, (BadRequest, Conflict))]
    if failures and len(failures) == len(projects):
        raise failures[0]
    return refused


async def write_together(
    endpoints: tuple[Endpoint, Endpoint], projects: Mapping[IssueKey, str], body: object, load_context: LoadContext
) -> Reply:
    """The response of a write to issues that must not be written apart, by their project where that is the same."""
    keys, own_projects = list(projects), set(projects.values())
    try:
        return await send_bulk_write(endpoints, keys, None, load_context, body=body)
    except CLOSED as refusal:
        if len(own_projects) > 1:
            raise
        try:
            return await send_bulk_write(endpoints, keys, own_projects.pop(), load_context, body=body)
        except UNDECIDED:
            raise refusal from None


def issue_tags(keys: Sequence[IssueKey]) -> tuple[str, ...]:
    """Cache tags of issues."""
    return tuple(f"issue/{key.id}" for key in keys)


async def _write_chunk(
    keys: Sequence[IssueKey], projects: Mapping[IssueKey, str], write: Write
) -> dict[IssueKey, SentryError]:
    refusal = await _try_write(keys, None, write)
    if refusal is None:
        return {}
    is_closed = isinstance(refusal, CLOSED)
    project_ids = list(dict.fromkeys(projects[key] for key in keys))
    if not is_closed and (not isinstance(refusal, BadRequest) or len(project_ids) == 1):
        return dict.fromkeys(keys, refusal)
    refused: dict[IssueKey, SentryError] = {}
    for project in project_ids:
        own_keys = [key for key in keys if projects[key] == project]
        own_refusal = await _try_write(own_keys, project if is_closed else None, write)
        if own_refusal is not None:
            refused |= dict.fromkeys(own_keys, refusal if isinstance(own_refusal, UNDECIDED) else own_refusal)
    return refused


async def _try_write(keys: Sequence[IssueKey], project: str | None, write: Write) -> SentryError | None:
    try:
        await write(keys, project)
    except SentryError as error:
        return error
    return None
