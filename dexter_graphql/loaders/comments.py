"""Knows how comments on issues are written, changed and deleted."""

from typing import Any

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import IssueKey
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Field, Projection

IDENTITY = Projection("Comment", "list", (Field("id", "id", int | str, is_required=True),))


async def add_comment(issue: IssueKey, text: str, load_context: LoadContext) -> Any:
    """The new comment."""
    return await _written(catalogue.ADD_COMMENT, issue, {"issue": issue.id}, text, load_context)


async def edit_comment(issue: IssueKey, number: str, text: str, load_context: LoadContext) -> Any:
    """The comment as it is now."""
    return await _written(catalogue.EDIT_COMMENT, issue, {"issue": issue.id, "comment": number}, text, load_context)


async def delete_comment(issue: IssueKey, number: str, load_context: LoadContext) -> None:
    """Delete a comment."""
    parents, path = Parents(issue.organization, issue=issue.id), {"issue": issue.id, "comment": number}
    await load_context.client.reply(catalogue.DELETE_COMMENT, load_context.call_context, parents=parents, path=path)
    load_context.loaders.clear()


async def _written(
    endpoint: Endpoint, issue: IssueKey, path: dict[str, str], text: str, load_context: LoadContext
) -> Any:
    parents = Parents(issue.organization, issue=issue.id)
    reply = await load_context.client.reply(
        endpoint, load_context.call_context, parents=parents, path=path, body={"text": text}
    )
    load_context.loaders.clear()
    projection = load_context.merge_projections(load_context.child("comment", "Comment").projection("list"), IDENTITY)
    return load_context.client.records.decode_one(reply.body, projection, (), parents)
