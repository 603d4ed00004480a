"""Loaders and writes of issue comments."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.lists import fetch_list, find_row
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.projection import Field, Projection

COMMENT_ID = Projection("Comment", "list", (Field("id", "id", int | str, is_required=True),))


class CommentKey(NamedTuple):
    """A comment on an issue, by Sentry's ID."""

    issue: IssueKey
    id: str


@fan_out(target="Comment", uses=(catalogue.COMMENTS,))
async def comment_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of an issue's comments, newest first; options are ListOptions."""
    return await fetch_list(catalogue.COMMENTS, issue_parents(key), load_context, path={"issue": key.id})


@fan_out(target="Comment", uses=(catalogue.COMMENTS,), is_shared=True)
async def comments_by_id(key: CommentKey, load_context: LoadContext) -> Any:
    """A comment, found among the newest 1000 of its issue, because Sentry has no endpoint for a single one."""
    path = {"issue": key.issue.id}
    return await find_row(catalogue.COMMENTS, issue_parents(key.issue), load_context, path=path, row_id=key.id)


async def add_comment(issue: IssueKey, text: str, load_context: LoadContext) -> Any:
    """Add a comment and return it."""
    return await _write_comment(catalogue.ADD_COMMENT, issue, {"issue": issue.id}, text, load_context)


async def edit_comment(issue: IssueKey, comment_id: str, text: str, load_context: LoadContext) -> Any:
    """Change the text of a comment and return the comment."""
    path = {"issue": issue.id, "comment": comment_id}
    return await _write_comment(catalogue.EDIT_COMMENT, issue, path, text, load_context)


async def delete_comment(issue: IssueKey, comment_id: str, load_context: LoadContext) -> None:
    """Delete a comment."""
    path = {"issue": issue.id, "comment": comment_id}
    await load_context.send(catalogue.DELETE_COMMENT, issue_parents(issue), path=path)
    load_context.loaders.clear()


async def _write_comment(
    endpoint: Endpoint, issue: IssueKey, path: dict[str, str], text: str, load_context: LoadContext
) -> Any:
    parents = issue_parents(issue)
    reply = await load_context.send(endpoint, parents, path=path, body={"text": text})
    load_context.loaders.clear()
    projection = load_context.merge_projections(load_context.child("comment", "Comment").projection("list"), COMMENT_ID)
    return load_context.client.records.decode_one(reply.body, projection, (), parents)
