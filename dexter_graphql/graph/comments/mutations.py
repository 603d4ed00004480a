"""Mutations of issue comments."""

from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.comments.payloads import (
    AddIssueCommentPayload,
    CommentResult,
    DeleteIssueCommentPayload,
    EditIssueCommentPayload,
)
from dexter_graphql.graph.common.user_errors import mistakes_as_data, not_found_error, user_errors_for
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.issues.announcements import announce_comment
from dexter_graphql.graph.issues.references import (
    ISSUE_REFERENCE_ENDPOINTS,
    ORGANIZATION,
    IssueReference,
    find_issue_anywhere,
)
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.references import OrganizationReference
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.comments import add_comment, delete_comment, edit_comment
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadRequest, Conflict, NotFound
from dexter_graphql.sentry.projection import first_invalid

MAX_NAME = 100
"""Characters of the name in a signature."""
COMMENT_FIELD_PATHS = MappingProxyType({"text": ("text",)})


@strawberry.input(description="Input of `addIssueComment`.")
class AddIssueCommentInput:
    """Input."""

    issue: IssueReference = strawberry.field(description="Issue to comment on.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    text: str = strawberry.field(description="Text of the comment in Markdown.")


@strawberry.input(description="Input of `editIssueComment`.")
class EditIssueCommentInput:
    """Input."""

    id: strawberry.ID = strawberry.field(
        description="Global ID of the comment. It must have been written by the user of the token."
    )
    text: str = strawberry.field(description="New text of the comment in Markdown.")


@strawberry.input(description="Input of `deleteIssueComment`.")
class DeleteIssueCommentInput:
    """Input."""

    id: strawberry.ID = strawberry.field(
        description="Global ID of the comment. It must have been written by the user of the token."
    )


@strawberry.type
class CommentMutations:
    """Root fields."""

    @call(uses=(catalogue.ADD_COMMENT, *ISSUE_REFERENCE_ENDPOINTS))
    @mistakes_as_data(lambda _input, mistakes: CommentResult(refusals=mistakes))
    async def add_issue_comment(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[AddIssueCommentInput, strawberry.argument(description="Issue and text of the comment.")],
    ) -> AddIssueCommentPayload | None:
        """Add a comment to an issue. Not idempotent: repeating the request adds a second comment.

        Where several callers share a token, the comment ends with the name of the caller, if it is known.
        """
        text = signed_text(checked_text(input.text), load_context)
        issue = await find_issue_anywhere(input.issue, input.organization, load_context)
        if issue is None:
            return CommentResult(refusals=[not_found_error("issue")])

        async def write() -> CommentResult:
            comment = await add_comment(issue, text, load_context)
            if first_invalid(comment, "id") is None:
                await announce_comment(issue, str(comment.id), text, Kind.CREATED, load_context)
            return CommentResult(issue, comment)

        return await attempt(write, "issue")

    @call(uses=(catalogue.EDIT_COMMENT,))
    @mistakes_as_data(lambda _input, mistakes: CommentResult(refusals=mistakes))
    async def edit_issue_comment(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[EditIssueCommentInput, strawberry.argument(description="Comment to edit and its new text.")],
    ) -> EditIssueCommentPayload | None:
        """Change the text of a comment."""
        text = signed_text(checked_text(input.text), load_context)
        key = await comment_of(input.id, load_context)
        if key is None:
            return CommentResult(refusals=[not_found_error("id")])
        issue, comment_id = key

        async def write() -> CommentResult:
            comment = await edit_comment(issue, comment_id, text, load_context)
            await announce_comment(issue, comment_id, text, Kind.UPDATED, load_context)
            return CommentResult(issue, comment)

        return await attempt(write, "id")

    @call(uses=(catalogue.DELETE_COMMENT,))
    @mistakes_as_data(lambda _input, mistakes: CommentResult(refusals=mistakes))
    async def delete_issue_comment(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteIssueCommentInput, strawberry.argument(description="Comment to delete.")],
    ) -> DeleteIssueCommentPayload | None:
        """Delete a comment permanently."""
        key = await comment_of(input.id, load_context)
        if key is None:
            return CommentResult(refusals=[not_found_error("id")])
        issue, comment_id = key

        async def write() -> CommentResult:
            await delete_comment(issue, comment_id, load_context)
            await announce_comment(issue, comment_id, "", Kind.DELETED, load_context)
            return CommentResult(issue, deleted_id=input.id)

        return await attempt(write, "id")


def checked_text(text: str) -> str:
    """The text of a comment; raises BadUserInput when it is blank."""
    if not text.strip():
        raise BadUserInput("'text' must not be empty", ("text",))
    return text


def signed_text(text: str, load_context: LoadContext) -> str:
    """The text with the caller's name at its end, where Sentry would show the owner of a shared token alone."""
    identity = context_of(load_context).identity
    name = " ".join((identity.caller.name or "").split())[:MAX_NAME]
    if not identity.is_shared_token or not name:
        return text
    signature = f"\n\n\N{EM DASH} {name}"
    return text if text.endswith(signature) else text + signature


async def comment_of(value: str, load_context: LoadContext) -> tuple[IssueKey, str] | None:
    """Issue key and Sentry ID of a comment by global ID; None when the organization is not visible to the token."""
    with within("id"):
        organization_id, issue, comment_id = key_from_id(value, "Comment", 3)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else (IssueKey(organization, issue), comment_id)


async def attempt(write: Callable[[], Awaitable[CommentResult]], field: str) -> CommentResult:
    """The result of `write`, or one with the user error of Sentry's refusal; `field` names the input with the ID."""
    try:
        return await write()
    except NotFound:
        return CommentResult(refusals=[not_found_error(field)])
    except (BadRequest, Conflict) as refusal:
        return CommentResult(refusals=user_errors_for(refusal, COMMENT_FIELD_PATHS))
