"""Knows how comments on issues are written, changed and deleted."""

from typing import Any

from dexter_graphql.loaders.base import Lookup
from dexter_graphql.loaders.issues import IssueKey
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.scope import Scope
from dexter_graphql.sentry.shape import Member, Shape

IDENTITY = Shape("Comment", "list", (Member("id", "id", int | str, is_required=True),))


async def add_comment(issue: IssueKey, text: str, lookup: Lookup) -> Any:
    """The new comment."""
    return await _written(catalogue.ADD_COMMENT, issue, {"issue": issue.id}, text, lookup)


async def edit_comment(issue: IssueKey, number: str, text: str, lookup: Lookup) -> Any:
    """The comment as it is now."""
    return await _written(catalogue.EDIT_COMMENT, issue, {"issue": issue.id, "comment": number}, text, lookup)


async def delete_comment(issue: IssueKey, number: str, lookup: Lookup) -> None:
    """Delete a comment."""
    scope, path = Scope(issue.organization, issue=issue.id), {"issue": issue.id, "comment": number}
    await lookup.client.reply(catalogue.DELETE_COMMENT, lookup.ticket, scope=scope, path=path)
    lookup.batches.forget()


async def _written(endpoint: Endpoint, issue: IssueKey, path: dict[str, str], text: str, lookup: Lookup) -> Any:
    scope = Scope(issue.organization, issue=issue.id)
    reply = await lookup.client.reply(endpoint, lookup.ticket, scope=scope, path=path, body={"text": text})
    lookup.batches.forget()
    shape = lookup.merged(lookup.below("comment", "Comment").shape("list"), IDENTITY)
    return lookup.client.records.decode_one(reply.body, shape, (), scope)
