"""Loaders of the tags of an issue and their values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, Reads, bulk, call_per_chunk, each, fan_out
from dexter_graphql.loaders.issues.grouped_tags import GROUPED_MEMBERS, ISSUES_PER_PAGE, VALUES, grouped_tags
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.lists import fetch_list
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import events
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.pagination import Slice

MAX_TAGS = 30
"""Tags of an issue that are fetched one by one, where Sentry does not send all of them at once."""


class TagKey(NamedTuple):
    """A tag of an issue."""

    issue: IssueKey
    key: str


@fan_out(target="TagValue", uses=(catalogue.TAG_VALUES, *REFERENCE_ENDPOINTS))
async def tag_value_pages(tag: TagKey, load_context: LoadContext) -> Slice:
    """A page of the values of a tag; options are ListOptions."""
    path = {"issue": tag.issue.id, "key": tag.key}
    return await fetch_list(catalogue.TAG_VALUES, issue_parents(tag.issue), load_context, path=path)


def _tag_cost(keys: int, reads: Reads) -> int:
    members = reads("detail")
    if keys == 1 or not members <= GROUPED_MEMBERS:
        return keys
    return 2 * call_per_chunk(keys, reads) + (keys // ISSUES_PER_PAGE if members & VALUES else 0)


def _every_tag_cost(keys: int, reads: Reads) -> int:
    return _tag_cost(keys, reads) + keys


@bulk(
    target="Tag",
    uses=(catalogue.TAG, events.DISCOVER),
    is_shared=False,
    cost=_tag_cost,
    fallback_cost=_every_tag_cost,
)
async def issue_tag(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """A tag of each issue, whose key the options are; None when no event has it.

    A few calls per 100 issues where Discover has what is selected, else one call each.
    """
    tags: dict[IssueKey, Any] = {}
    if len(keys) > 1 and load_context.reads("detail") <= GROUPED_MEMBERS:
        tags = await grouped_tags(keys, load_context)

    async def read_tag(key: IssueKey) -> Any:
        path = {"issue": key.id, "key": load_context.options}
        return await load_context.get_or_none(catalogue.TAG, issue_parents(key), path=path)

    return tags | await each([key for key in keys if key not in tags], read_tag)


def _tag_by_tag_cost(keys: int, _reads: Reads) -> int:
    return keys * (2 + MAX_TAGS)


@fan_out(target="Tag", uses=(catalogue.TAGS, catalogue.DETAIL, catalogue.TAG), fallback_cost=_tag_by_tag_cost)
async def issue_tags(key: IssueKey, load_context: LoadContext) -> list[Any]:
    """The tags of an issue: one call or, where the host refuses that, one for the keys and one per tag."""
    return await load_context.organizations.capabilities.prefer(
        catalogue.TAGS.name,
        key.organization,
        preferred=lambda: _all_tags(key, load_context),
        fallback=lambda: _tag_by_tag(key, load_context),
    )


async def _all_tags(key: IssueKey, load_context: LoadContext) -> list[Any]:
    projection = load_context.projection("detail")
    return await load_context.get_rows(
        catalogue.TAGS, issue_parents(key), path={"issue": key.id}, projection=projection
    )


async def _tag_by_tag(key: IssueKey, load_context: LoadContext) -> list[Any]:
    parents = issue_parents(key)
    detail = await load_context.client.get_json(
        catalogue.DETAIL, load_context.call_context, parents=parents, path={"issue": key.id}
    )
    rows = detail.get("tags") if isinstance(detail, dict) else None
    if not isinstance(rows, list):
        raise InvalidValue("Sentry's answer lacks 'tags'", title=catalogue.DETAIL.title)
    names = [row["key"] for row in rows if isinstance(row, dict) and isinstance(row.get("key"), str)]
    tags = await each(
        names[:MAX_TAGS],
        lambda name: load_context.get(catalogue.TAG, parents, path={"issue": key.id, "key": name}),
    )
    return list(tags.values())
