"""What the sandbox has: values for arguments that mostly find something."""

import json
from dataclasses import dataclass, field

from hypothesis import strategies as st

HARVEST = """{ organization(slug: "acme") { __typename id
  projects(first: 3) { nodes { __typename id slug keys { __typename id } environments { __typename id } } }
  teams(first: 2) { nodes { __typename id slug } }
  members(first: 2) { nodes { __typename id user { __typename id } } }
  releases(first: 3) { nodes { __typename id version } }
  issues(first: 6) { pageInfo { endCursor } nodes { __typename id shortId title
    events(first: 1) { nodes { __typename id eventId } } comments(first: 1) { nodes { __typename id } } } }
  alerts(first: 3) { nodes { __typename id } }
  monitors(first: 9) { nodes { __typename id name } }
  integrations(first: 2) { nodes { __typename id } }
  repositories(first: 2) { nodes { __typename id } }
  appInstallations(first: 2) { nodes { __typename id } }
  environments { __typename id }
} }"""
"""Tells the ids of everything that has one."""

TEXTS = {
    "slug": {
        "Query.organization": ["acme", "acme", "acme", "globex"],
        "Organization.project": ["web", "api", "mobile"],
        "Organization.team": ["web", "backend"],
    },
    "organization": ["acme", "acme", "globex"],
    "shortId": ["WEB-9", "WEB-B", "WEB-1", "API-2"],
    "values": {"ShortIdSelection": ["WEB-9", "WEB-B"]},
    "version": ["web@1.8.2", "web@1.9.3"],
    "releases": ["web@1.8.2", "web@1.9.3"],
    "environments": ["production", "staging"],
    "projects": ["web", "api"],
    "key": ["browser", "environment", "release", "level", "user"],
    "last": ["24h", "14d", "1h", "90d"],
    "interval": ["1h", "1d"],
    "query": ["", "web", "is:unresolved", "a"],
    "search": ["", "is:unresolved", "timeout", "level:error"],
    "provider": ["github", "slack"],
    "text": ["Looked at it", "ok"],
    "team": ["web"],
    "url": [
        "https://acme.sentry.io/issues/1000009/",
        "https://acme.sentry.io/releases/web@1.8.2/",
        "https://acme.sentry.io/issues/99/",
    ],
}
"""Names that exist, by argument or member, and where one means different things, by its place."""
ID_TYPES = {
    ("Query.issue", "id"): "Issue",
    ("Organization.member", "id"): "Member",
    ("IssueSelection", "ids"): "Issue",
    ("UpdateIssueInput", "id"): "Issue",
    ("AddIssueCommentInput", "issue"): "Issue",
    ("EditIssueCommentInput", "id"): "Comment",
    ("DeleteIssueCommentInput", "id"): "Comment",
    ("AssigneeInput", "user"): "User",
    ("AssigneeInput", "team"): "Team",
}
"""Whose id an argument or a member takes, where not any."""
SIZES = {"first": [1, 2, 3, 3, 5, 20], "last": [1, 2], "max": [3]}
"""Small pages: a large one costs time and shows nothing more."""

ANY = {
    "String": st.sampled_from(["", "x", "web", "\N{SNOWMAN}\n\"'\\"]) | st.text(max_size=5),
    "ID": st.text(max_size=5),
    "Int": st.sampled_from([1, 2, 3, 0, -1, 100, 1000, 2**31 - 1]),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
    "BigInt": st.integers(-(2**70), 2**70),
    "DateTime": st.sampled_from(
        ["2026-01-01T00:00:00Z", "2026-03-04T12:00:00+02:00", "0001-01-01T00:00:00+09:00", "x"]
    ),
    "JSON": st.sampled_from([None, 1, "x", [1]]),
}
"""Any value of a scalar."""


@dataclass(frozen=True)
class Known:
    """Values that exist. `ids` by type name, `event_ids` and `cursors` in Sentry's own words."""

    ids: dict[str, list[str]]
    event_ids: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)

    def values(self, place, name, kind):
        """Values that exist for an argument (`place` is `Type.field`) or for a member of an input."""
        if kind == "Int":
            return SIZES.get(name, [])
        if kind != "String":
            return []
        if name in {"after", "before"}:
            return self.cursors
        if name == "id":
            return self.event_ids
        found = TEXTS.get(name, [])
        return found.get(place, []) if isinstance(found, dict) else found

    def types(self, place, name):
        """Names of the types of which something exists, for an argument or a member that takes an id."""
        wanted = ID_TYPES.get((place, name))
        return [kind for kind in self.ids if wanted in {None, kind}]


def known_of(data):
    """What an answer to the harvest tells."""
    ids, event_ids, cursors = {}, [], []
    for found in _objects(data):
        if "id" in found:
            ids.setdefault(found["__typename"], []).append(found["id"])
        event_ids += [found["eventId"]] if "eventId" in found else []
        cursors += [found["endCursor"]] if found.get("endCursor") else []
    return Known({kind: sorted(set(found)) for kind, found in sorted(ids.items())}, sorted(event_ids), sorted(cursors))


def _objects(value):
    """All objects in an answer."""
    if isinstance(value, list):
        return [found for item in value for found in _objects(item)]
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in _objects(item))]
    return []


class Bare(str):
    """A text that stands in a document without quotes: a variable or a value of an enum."""

    __slots__ = ()


def written(value):
    """A value as it stands in a document."""
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {written(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value)


def plain(value):
    """A value as it stands among variables."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Bare) else value
