"""Filters on tags, in Sentry's search syntax."""

import re

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.issues.filters import TagFilter
from dexter_graphql.graph.relay.references import bounded
from dexter_graphql.loaders.search import Term, any_of, quoted

TAG_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""Keys that Sentry accepts for tags."""
ISSUE_KEYS = frozenset(
    {
        "active_at", "age", "assigned", "assigned_or_suggested", "assigned_to", "assignee", "bookmarked_by",
        "bookmarks", "date", "detector", "event.timestamp", "first-release", "firstRelease", "firstSeen",
        "first_release", "first_seen", "has", "is", "issue", "issue.category", "issue.id", "issue.priority",
        "issue.seer_actionability", "issue.seer_last_run", "issue.type", "lastSeen", "last_seen", "project",
        "project.id", "project.name", "project_id", "regressed_in_release", "status", "subscribed", "subscribed_by",
        "substatus", "team", "timesSeen", "times_seen",
    }
)  # fmt: skip
"""Search keys that are about issues. A tag that is called like one of them is named explicitly."""


def tag_terms(value: TagFilter, *field: str) -> list[Term]:
    """The terms of a filter on a tag; raises BadUserInput for an invalid key and for a filter without a condition."""
    key = tag_key(value.key, *field, "key")
    values = []
    for index, text in enumerate(bounded(value.values, *field, "values")):
        with within(*field, "values", str(index)):
            values.append(quoted(text))
    if not values and value.exists is None:
        raise BadUserInput("A filter on a tag needs 'values' or 'exists'", field)
    existence = [] if value.exists is None else [Term("has", (key,), is_excluded=not value.exists)]
    return [*existence, *any_of(key, values, is_excluded=value.exclude)]


def tag_key(key: str, *field: str) -> str:
    """A key as it is written in a search."""
    if not TAG_KEY.fullmatch(key):
        raise BadUserInput(f"'{key[:64]}' is not a valid tag key", field)
    if key in ISSUE_KEYS or ":" in key:
        return f"tags[{key}]"
    return key
