"""A tag of many issues, read as groups of events in Discover.

The figures are those of Sentry's answer for a single issue: both count the events that Sentry keeps.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.discover import TABLES, DiscoverTable, by_issue_id, issue_search
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.sentry.errors import BadResponse, ClientError
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

TOTALS = frozenset({"key", "totalValues", "uniqueValues"})
VALUES = frozenset({"topValues", *(f"topValues.{name}" for name in ("value", "count", "firstSeen", "lastSeen"))})
GROUPED_MEMBERS = TOTALS | VALUES
"""Members of a tag that Discover has, as in `member_paths`."""
TOP_VALUES = 9
"""Values that Sentry sends with a tag."""
ISSUES_PER_PAGE = 10
"""Issues for which a page of values is fetched; when there are more pages, each issue is asked for alone."""
PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
RENAMED = frozenset({"release", "dist", "user"})
"""Tags that Sentry stores under other names, for which Discover has columns."""
COUNT = "count()"


async def grouped_tags(keys: Sequence[IssueKey], load_context: LoadContext) -> dict[IssueKey, Any]:
    """The tag of each issue, whose key the options are, None when no event has it; empty when Discover cannot say."""
    tag_key: str = load_context.options
    if not PLAIN_KEY.fullmatch(tag_key):
        return {}
    column = tag_key if tag_key in RENAMED else f"tags[{tag_key}]"

    async def answer(organization: OrganizationRef, own_keys: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        rows = await _rows_by_issue(organization, own_keys, column, load_context)
        return {} if rows is None else {key: _tag_of(key, tag_key, rows.get(key), load_context) for key in own_keys}

    return await by_organization(keys, answer)


async def _rows_by_issue(
    organization: OrganizationRef, keys: Sequence[IssueKey], column: str, load_context: LoadContext
) -> dict[IssueKey, list[Any]] | None:
    """The groups of each issue; None when they are too many, or when the release has no tables."""
    by_issue: dict[IssueKey, list[Any]] = {}
    for read_table in TABLES:
        missing = [key for key in keys if key not in by_issue]
        if not missing:
            break
        try:
            rows = await read_table(organization, load_context, partial(_groups, missing, column))
        except (ClientError, BadResponse):
            return None
        if rows is None or any(first_invalid(row, *row.members) for row in rows):
            return None
        by_issue |= by_issue_id(rows, missing)
    return by_issue


async def _groups(keys: Sequence[IssueKey], column: str, table: DiscoverTable) -> list[Any] | None:
    """A group of events for each issue and value, or for each issue when no values are selected."""
    figures = [Field("issue", "issue.id", int | str, is_required=True), Field("count", COUNT, int, is_required=True)]
    if table.load_context.reads("detail") & VALUES:
        figures += [
            Field("value", column, str | None),
            Field("first", "min(timestamp)", datetime | None),
            Field("last", "max(timestamp)", datetime | None),
        ]
    else:
        figures.append(Field("unique", f"count_unique({column})", int, is_required=True))
    projection = Projection("Tag", "grouped", tuple(figures))
    max_pages = 1 + len(keys) // ISSUES_PER_PAGE
    search = f"{issue_search(keys)} has:{column}"
    return await table.all_rows(projection, search, sort=f"-{COUNT}", max_pages=max_pages)


def _tag_of(key: IssueKey, tag_key: str, rows: list[Any] | None, load_context: LoadContext) -> Any:
    """The tag that groups of events make up; None without any."""
    if rows is None:
        return None
    body: dict[str, object] = {"key": tag_key, "totalValues": sum(row.count for row in rows)}
    if "value" in rows[0].members:
        rows.sort(key=lambda row: (-row.count, row.value or ""))
        body |= {"uniqueValues": len(rows), "topValues": [_value_of(row) for row in rows[:TOP_VALUES]]}
    else:
        body["uniqueValues"] = sum(row.unique for row in rows)
    projection, parents = load_context.projection("detail"), issue_parents(key)
    return load_context.client.records.decode_one(msgspec.json.encode(body), projection, (), parents)


def _value_of(row: Any) -> dict[str, object]:
    return {"value": row.value, "count": row.count, "firstSeen": row.first, "lastSeen": row.last}
