"""Argument values that exist in the sandbox's data."""

import json
from dataclasses import dataclass, field

from hypothesis import strategies as st

VALUES_QUERY = """{ organization(slug: "acme") { __typename id
  projects(first: 3) { nodes { __typename id slug keys { nodes { __typename id } }
    environments { nodes { __typename id } } } }
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
  environments { nodes { __typename id } }
  savedQueries(first: 2) { nodes { __typename id } }
  issueViews(first: 2) { nodes { __typename id } }
  flagChanges(first: 2) { nodes { __typename id } }
} }"""
"""Query for ids of all kinds of objects."""

TEXTS = {
    "slug": {
        "Query.organization": ["acme", "acme", "acme", "globex"],
        "Organization.project": ["web", "api", "mobile"],
        "Organization.team": ["web", "backend"],
        "OrganizationReference": ["acme", "acme", "globex"],
        "ProjectReference": ["web", "api"],
        "TeamReference": ["web", "backend"],
        "CronMonitorReference": ["nightly-report"],
        "Organization.cronMonitor": ["nightly-report"],
        "Project.cronMonitor": ["nightly-report"],
    },
    "shortId": ["WEB-9", "WEB-B", "WEB-1", "API-2"],
    "values": {"ShortIdSelection": ["WEB-9", "WEB-B"]},
    "version": ["web@1.8.2", "web@1.9.3"],
    "name": {"EnvironmentReference": ["production", "staging"], "Project.environmentByName": ["production"]},
    "key": ["browser", "environment", "release", "level", "user"],
    "last": ["24h", "14d", "1h", "90d"],
    "interval": ["1h", "1d"],
    "nameContains": ["", "web", "a"],
    "versionContains": ["", "web"],
    "search": ["", "is:unresolved", "timeout", "level:error"],
    "provider": ["github", "slack"],
    "text": ["Looked at it", "ok"],
    "field": ["title", "count()", "timestamp", "error.type", "project.id"],
    "traceId": ["d82dba47d82dba47d82dba47d82dba47"],
    "conversationId": ["session-7eb35d32"],
    "hashes": ["f6bd711d45d2b4efec05e36d59e0b5e3"],
    "file": {"Project.sourceLink": ["~/src/router.ts"]},
    "fields": ["title", "issue"],
    "sort": {
        "Organization.discover": ["-timestamp", "-count()"],
        "Organization.savedQueries": ["name", "-dateCreated"],
        "Organization.traceMetrics": ["name", "-count"],
        "TopSeries": ["-count()"],
    },
    "yAxes": ["count()", "count_unique(user)"],
    "groupBy": {"TopSeries": ["title", "level"]},
    "url": [
        "https://acme.sentry.io/issues/1000009/",
        "https://acme.sentry.io/releases/web@1.8.2/",
        "https://acme.sentry.io/issues/99/",
    ],
}
"""Existing names by argument or input member, or by schema coordinate where the name is ambiguous."""
ID_TYPES = {
    ("Query.issue", "id"): "Issue",
    ("Organization.member", "id"): "Member",
    ("IssueSelection", "ids"): "Issue",
    ("IssueReference", "id"): "Issue",
    ("EditIssueCommentInput", "id"): "Comment",
    ("DeleteIssueCommentInput", "id"): "Comment",
    ("OrganizationReference", "id"): "Organization",
    ("ProjectReference", "id"): "Project",
    ("TeamReference", "id"): "Team",
    ("UserReference", "id"): "User",
    ("EnvironmentReference", "id"): "OrganizationEnvironment",
    ("ReleaseReference", "id"): "Release",
    ("CronMonitorReference", "id"): "CronMonitor",
    ("RepositoryReference", "id"): "Repository",
    ("AlertReference", "id"): "Alert",
    ("MonitorReference", "id"): "MetricMonitor",
    ("SavedQueryReference", "id"): "SavedQuery",
}
"""Type whose id an argument or input member takes, where it is not any node."""
SIZES = {"first": [1, 2, 3, 3, 5, 20], "last": [1, 2], "max": [3]}
"""Page sizes: small, because large pages only cost time."""

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
"""Strategies for arbitrary values of scalars."""


@dataclass(frozen=True)
class KnownValues:
    """Existing values: global ids by type name, Sentry's event ids, and cursors."""

    ids: dict[str, list[str]]
    event_ids: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)

    def values(self, coordinate, name, kind):
        """Existing values for an argument (`coordinate` is `Type.field`) or an input member."""
        if kind == "Int":
            return SIZES.get(name, [])
        if kind != "String":
            return []
        if name in {"after", "before"}:
            return self.cursors
        if name == "eventId":
            return self.event_ids
        texts = TEXTS.get(name, [])
        return texts.get(coordinate, []) if isinstance(texts, dict) else texts

    def types(self, coordinate, name):
        """Types with existing ids that an argument or input member takes."""
        id_type = ID_TYPES.get((coordinate, name))
        return [kind for kind in self.ids if id_type in {None, kind}]


def collect_known_values(data):
    """The values in an answer to `VALUES_QUERY`."""
    ids, event_ids, cursors = {}, [], []
    for node in _objects(data):
        if "id" in node:
            ids.setdefault(node["__typename"], []).append(node["id"])
        event_ids += [node["eventId"]] if "eventId" in node else []
        cursors += [node["endCursor"]] if node.get("endCursor") else []
    return KnownValues(
        {kind: sorted(set(values)) for kind, values in sorted(ids.items())}, sorted(event_ids), sorted(cursors)
    )


def _objects(value):
    """All objects in an answer."""
    if isinstance(value, list):
        return [node for item in value for node in _objects(item)]
    if isinstance(value, dict):
        return [value, *(node for item in value.values() for node in _objects(item))]
    return []


class Unquoted(str):
    """A literal without quotes: a variable, an enum value or a number."""

    __slots__ = ()


def print_literal(value):
    """A value as a GraphQL literal."""
    if isinstance(value, Unquoted):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {print_literal(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(print_literal, value))}]"
    return json.dumps(value)


def variable_value(value):
    """A value as it is sent in `variables`."""
    if isinstance(value, dict):
        return {name: variable_value(item) for name, item in value.items()}
    if isinstance(value, list):
        return [variable_value(item) for item in value]
    return str(value) if isinstance(value, Unquoted) else value
