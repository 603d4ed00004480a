"""Knows how what hangs below one issue is looked up: comments, tags, hashes and tickets of other tools."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, each, fan_out
from dexter_graphql.loaders.issues import IssueKey
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import Misfit, NotFound
from dexter_graphql.sentry.paging import Position, Slice, collect
from dexter_graphql.sentry.scope import Scope
from dexter_graphql.sentry.shape import records

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
async def comment_pages(key: IssueKey, lookup: Lookup) -> Slice:
    """A page of an issue's comments, newest first; options are a PartList."""
    return await _pages(catalogue.COMMENTS, key, lookup)


class CommentKey(NamedTuple):
    """A comment on an issue, by Sentry's id."""

    issue: IssueKey
    id: str


@fan_out(target="Comment", uses=(catalogue.COMMENTS,), is_shared=True)
async def comments_by_id(key: CommentKey, lookup: Lookup) -> Any:
    """One comment, looked for among the newest of its issue, because Sentry does not give one alone."""
    wanted = PartList(MAX_COMMENTS, None, MAX_COMMENTS)
    found = await _pages(catalogue.COMMENTS, key.issue, lookup, wanted=wanted)
    return next((row for row in records(found.rows) if str(row.id) == key.id), None)


@fan_out(target="IssueHash", uses=(catalogue.HASHES,))
async def hash_pages(key: IssueKey, lookup: Lookup) -> Slice:
    """A page of the hashes that an issue groups; options are a PartList."""
    return await _pages(catalogue.HASHES, key, lookup)


@fan_out(target="TagValue", uses=(catalogue.TAG_VALUES,))
async def tag_value_pages(tag: TagKey, lookup: Lookup) -> Slice:
    """A page of the values of one tag; options are a PartList."""
    return await _pages(catalogue.TAG_VALUES, tag.issue, lookup, key=tag.key)


@fan_out(target="IssueTag", uses=(catalogue.TAG,))
async def issue_tag(key: IssueKey, lookup: Lookup) -> Any:
    """One tag of an issue; options are its key. None when no event carries it."""
    path = {"issue": key.id, "key": lookup.options}
    try:
        return await lookup.client.one(
            catalogue.TAG, lookup.ticket, lookup.shape("detail"), scope=_scope(key), path=path
        )
    except NotFound:
        return None


@fan_out(target="IssueTag", uses=(catalogue.TAGS, catalogue.DETAIL, catalogue.TAG))
async def issue_tags(key: IssueKey, lookup: Lookup) -> list[Any]:
    """All tags of an issue: one call; where Sentry refuses that one, the keys first and then a call for each."""
    return await lookup.organizations.forms.ask(
        catalogue.TAGS.name,
        key.organization,
        first=lambda: _tags_at_once(key, lookup),
        otherwise=lambda: _tags_one_by_one(key, lookup),
    )


@fan_out(target="ExternalIssue", uses=(catalogue.EXTERNAL_ISSUES,))
async def external_issues(key: IssueKey, lookup: Lookup) -> list[Any]:
    """Tickets of other tools that are tied to an issue."""
    page = await lookup.client.page(
        catalogue.EXTERNAL_ISSUES, lookup.ticket, lookup.shape("list"), scope=_scope(key), path={"issue": key.id}
    )
    return page.rows


async def _pages(
    endpoint: Endpoint, issue: IssueKey, lookup: Lookup, *, wanted: PartList | None = None, **more: str
) -> Slice:
    wanted = wanted or lookup.options
    shape, path = lookup.shape("list"), {"issue": issue.id, **more}
    return await collect(
        lambda size, cursor: lookup.client.page(
            endpoint, lookup.ticket, shape, scope=_scope(issue), path=path, size=size, cursor=cursor
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )


async def _tags_at_once(key: IssueKey, lookup: Lookup) -> list[Any]:
    page = await lookup.client.page(
        catalogue.TAGS, lookup.ticket, lookup.shape("detail"), scope=_scope(key), path={"issue": key.id}
    )
    return page.rows


async def _tags_one_by_one(key: IssueKey, lookup: Lookup) -> list[Any]:
    detail = await lookup.client.json(catalogue.DETAIL, lookup.ticket, scope=_scope(key), path={"issue": key.id})
    rows = detail.get("tags") if isinstance(detail, dict) else None
    if not isinstance(rows, list):
        raise Misfit("Sentry's answer lacks 'tags'", title=catalogue.DETAIL.title)
    names = [row["key"] for row in rows if isinstance(row, dict) and isinstance(row.get("key"), str)]
    shape = lookup.shape("detail")
    found = await each(
        names[:MAX_TAGS],
        lambda name: lookup.client.one(
            catalogue.TAG, lookup.ticket, shape, scope=_scope(key), path={"issue": key.id, "key": name}
        ),
    )
    return list(found.values())


def _scope(key: IssueKey) -> Scope:
    return Scope(key.organization, issue=key.id)
