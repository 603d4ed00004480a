"""Knows how what hangs below one issue is looked up: comments, tags, hashes and tickets of other tools."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, each, fan_out
from dexter_graphql.loaders.issues.details import IssueKey
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import InvalidValue, NotFound
from dexter_graphql.sentry.pagination import Position, Slice, collect
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import only_records

MAX_COMMENTS = 1000
"""Newest comments of an issue among which one is looked for."""
MAX_TAGS = 30
"""Tags of one issue that are asked for one by one, where Sentry does not give them all at once."""


class PartList(NamedTuple):
    """The part of a list that is wanted."""

    first: int
    after: Position | None
    cap: int


class TagKey(NamedTuple):
    """A tag of an issue."""

    issue: IssueKey
    key: str


@fan_out(target="Comment", uses=(catalogue.COMMENTS,))
async def comment_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of an issue's comments, newest first; options are a PartList."""
    return await _pages(catalogue.COMMENTS, key, load_context)


class CommentKey(NamedTuple):
    """A comment on an issue, by Sentry's id."""

    issue: IssueKey
    id: str


@fan_out(target="Comment", uses=(catalogue.COMMENTS,), is_shared=True)
async def comments_by_id(key: CommentKey, load_context: LoadContext) -> Any:
    """One comment, looked for among the newest of its issue, because Sentry does not give one alone."""
    wanted = PartList(MAX_COMMENTS, None, MAX_COMMENTS)
    found = await _pages(catalogue.COMMENTS, key.issue, load_context, wanted=wanted)
    return next((row for row in only_records(found.rows) if str(row.id) == key.id), None)


@fan_out(target="IssueHash", uses=(catalogue.HASHES,))
async def hash_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of the hashes that an issue groups; options are a PartList."""
    return await _pages(catalogue.HASHES, key, load_context)


@fan_out(target="TagValue", uses=(catalogue.TAG_VALUES,))
async def tag_value_pages(tag: TagKey, load_context: LoadContext) -> Slice:
    """A page of the values of one tag; options are a PartList."""
    return await _pages(catalogue.TAG_VALUES, tag.issue, load_context, key=tag.key)


@fan_out(target="IssueTag", uses=(catalogue.TAG,))
async def issue_tag(key: IssueKey, load_context: LoadContext) -> Any:
    """One tag of an issue; options are its key. None when no event carries it."""
    path = {"issue": key.id, "key": load_context.options}
    try:
        return await load_context.client.one(
            catalogue.TAG, load_context.call_context, load_context.projection("detail"), parents=_scope(key), path=path
        )
    except NotFound:
        return None


@fan_out(target="IssueTag", uses=(catalogue.TAGS, catalogue.DETAIL, catalogue.TAG))
async def issue_tags(key: IssueKey, load_context: LoadContext) -> list[Any]:
    """All tags of an issue: one call; where Sentry refuses that one, the keys first and then a call for each."""
    return await load_context.organizations.forms.ask(
        catalogue.TAGS.name,
        key.organization,
        first=lambda: _tags_at_once(key, load_context),
        otherwise=lambda: _tags_one_by_one(key, load_context),
    )


@fan_out(target="ExternalIssue", uses=(catalogue.EXTERNAL_ISSUES,))
async def external_issues(key: IssueKey, load_context: LoadContext) -> list[Any]:
    """Tickets of other tools that are tied to an issue."""
    page = await load_context.client.page(
        catalogue.EXTERNAL_ISSUES,
        load_context.call_context,
        load_context.projection("list"),
        parents=_scope(key),
        path={"issue": key.id},
    )
    return page.rows


async def _pages(
    endpoint: Endpoint, issue: IssueKey, load_context: LoadContext, *, wanted: PartList | None = None, **more: str
) -> Slice:
    wanted = wanted or load_context.options
    projection, path = load_context.projection("list"), {"issue": issue.id, **more}
    return await collect(
        lambda size, cursor: load_context.client.page(
            endpoint, load_context.call_context, projection, parents=_scope(issue), path=path, size=size, cursor=cursor
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )


async def _tags_at_once(key: IssueKey, load_context: LoadContext) -> list[Any]:
    page = await load_context.client.page(
        catalogue.TAGS,
        load_context.call_context,
        load_context.projection("detail"),
        parents=_scope(key),
        path={"issue": key.id},
    )
    return page.rows


async def _tags_one_by_one(key: IssueKey, load_context: LoadContext) -> list[Any]:
    detail = await load_context.client.json(
        catalogue.DETAIL, load_context.call_context, parents=_scope(key), path={"issue": key.id}
    )
    rows = detail.get("tags") if isinstance(detail, dict) else None
    if not isinstance(rows, list):
        raise InvalidValue("Sentry's answer lacks 'tags'", title=catalogue.DETAIL.title)
    names = [row["key"] for row in rows if isinstance(row, dict) and isinstance(row.get("key"), str)]
    projection = load_context.projection("detail")
    found = await each(
        names[:MAX_TAGS],
        lambda name: load_context.client.one(
            catalogue.TAG,
            load_context.call_context,
            projection,
            parents=_scope(key),
            path={"issue": key.id, "key": name},
        ),
    )
    return list(found.values())


def _scope(key: IssueKey) -> Parents:
    return Parents(key.organization, issue=key.id)
