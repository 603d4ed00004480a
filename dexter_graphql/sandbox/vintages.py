"""Releases of Sentry that the sandbox imitates, and the capabilities that each of them has.

`FIRST_VINTAGES` is the table: a capability is available from the named release on. Everything that is not in the table
is the same for all vintages.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from functools import cache
from types import MappingProxyType
from typing import Final


class Capability(Enum):
    """Something that sentry.io does and older releases do not."""

    PROJECT_SLUGS = auto()
    """Slugs in the `project` parameter, which otherwise takes numbers only."""
    ALL_PROJECTS_BY_DEFAULT = auto()
    """All projects without the `project` parameter, instead of those of the user's teams."""
    IDS_IN_PATHS = auto()
    """Numeric ids of organizations, projects and teams in paths, which otherwise take slugs only."""
    PROJECT_IDS_IN_BODIES = auto()
    """Numeric project ids in the body of a new release."""
    NOT_FOUND_BODIES = auto()
    """A JSON body of the 404 for an unknown path, which is otherwise empty."""
    RATE_LIMITS = auto()
    """The rate limiter and its headers, which self-hosted servers skip."""
    DEPRECATIONS = auto()
    """Deprecation headers, which self-hosted servers do not send."""

    ISSUE_TYPES = auto()
    """`issueType` and `issueCategory` of issues."""
    ISSUE_PRIORITY = auto()
    """The priority of issues: members, updates, search, and `sort=trends` and `sort=recommended`."""
    ISSUE_SUBSTATUS = auto()
    """The substatus of issues; without it an archived issue stays archived."""
    ISSUE_DERIVED_DATA = auto()
    """`derivedData` of listed issues."""
    SEER_MEMBERS = auto()
    """The `seer…` members of issues."""

    ISSUE_EVENT_BY_ID = auto()
    """An event of an issue by id; `latest` and `oldest` always work."""
    RECOMMENDED_EVENT = auto()
    """The event `recommended` of an issue."""
    LLM_FORMAT = auto()
    """`llmFormat` of events, which is otherwise ignored."""
    EVENT_TABLES = auto()
    """Tables at `events/`, which otherwise lists events in the shape of a project's list."""
    ERRORS_DATASET = auto()
    """The dataset `errors`, and others that came later than `discover`."""
    EVENT_TIMESERIES = auto()
    """`events-timeseries/`."""
    GROUPED_TIMESERIES = auto()
    """`topEvents` of `events-timeseries/`, which otherwise fails with a 500."""

    ORGANIZATION_ROLES = auto()
    """`orgRole` and `teamRoles` of members, instead of `role` and `teams`."""
    MEMBER_SEARCH_BY_USER = auto()
    """`user.id:` in the search of members, which otherwise finds nothing."""

    METRIC_ALERT_RULES = auto()
    """`alert-rules/`."""
    WORKFLOW_ENGINE = auto()
    """Detectors and workflows."""
    MIGRATED_RULES = auto()
    """A workflow or detector for every alert rule, instead of only for some."""
    STATS_SUMMARY = auto()
    """`stats-summary/`."""
    ORGANIZATION_CLIENT_KEYS = auto()
    """`project-keys/` of an organization."""
    REGIONS = auto()
    """`users/me/regions/`."""
    TRACES = auto()
    """`trace/` and `trace-meta/`."""
    TRACE_ITEMS = auto()
    """Attributes of trace items and their values."""
    EXPLORE_PREVIEWS = auto()
    """Trace metrics, AI conversations, dropped events and starred spans."""
    ISSUE_VIEWS = auto()
    """`group-search-views/`."""
    FLAG_LOGS = auto()
    """`flags/logs/`."""
    SEER_ROUTES = auto()
    """The routes of Seer, which answer 403 without Seer itself."""
    SEER = auto()
    """Seer, which no self-hosted server has."""


class Vintage(StrEnum):
    """A release of self-hosted Sentry, or sentry.io, from the oldest to the newest."""

    V20_12 = "20.12"
    V23_7 = "23.7"
    V24_1 = "24.1"
    V26_7 = "26.7"
    SAAS = "saas"

    def has(self, capability: Capability) -> bool:
        """Whether the release has the capability."""
        return capability in _capabilities(self)

    def serves(self, path: str) -> bool:
        """Whether the release has the route with that path template."""
        return all(self.has(capability) for part, capability in _ROUTES.items() if part in path)

    @property
    def unknown_search_keys(self) -> frozenset[str]:
        """The keys of the issue search that the release takes for tags."""
        return _lacking(self, _SEARCH_KEYS)

    @property
    def omitted_issue_members(self) -> frozenset[str]:
        """The members that the release does not have in issues."""
        return _lacking(self, _ISSUE_MEMBERS)


FIRST_VINTAGES: Final[Mapping[Capability, Vintage]] = MappingProxyType({
    Capability.PROJECT_SLUGS: Vintage.V26_7,
    Capability.ALL_PROJECTS_BY_DEFAULT: Vintage.V26_7,
    Capability.IDS_IN_PATHS: Vintage.V26_7,
    Capability.PROJECT_IDS_IN_BODIES: Vintage.V26_7,
    Capability.NOT_FOUND_BODIES: Vintage.SAAS,
    Capability.RATE_LIMITS: Vintage.SAAS,
    Capability.DEPRECATIONS: Vintage.SAAS,
    Capability.ISSUE_TYPES: Vintage.V23_7,
    Capability.ISSUE_PRIORITY: Vintage.V26_7,
    Capability.ISSUE_SUBSTATUS: Vintage.V23_7,
    Capability.ISSUE_DERIVED_DATA: Vintage.SAAS,
    Capability.SEER_MEMBERS: Vintage.V26_7,
    Capability.ISSUE_EVENT_BY_ID: Vintage.V23_7,
    Capability.RECOMMENDED_EVENT: Vintage.V26_7,
    Capability.LLM_FORMAT: Vintage.SAAS,
    Capability.EVENT_TABLES: Vintage.V23_7,
    Capability.ERRORS_DATASET: Vintage.V26_7,
    Capability.EVENT_TIMESERIES: Vintage.V26_7,
    Capability.GROUPED_TIMESERIES: Vintage.SAAS,
    Capability.ORGANIZATION_ROLES: Vintage.V23_7,
    Capability.MEMBER_SEARCH_BY_USER: Vintage.V23_7,
    Capability.METRIC_ALERT_RULES: Vintage.V23_7,
    Capability.WORKFLOW_ENGINE: Vintage.V26_7,
    Capability.MIGRATED_RULES: Vintage.SAAS,
    Capability.STATS_SUMMARY: Vintage.V24_1,
    Capability.ORGANIZATION_CLIENT_KEYS: Vintage.V26_7,
    Capability.REGIONS: Vintage.V24_1,
    Capability.TRACES: Vintage.V26_7,
    Capability.TRACE_ITEMS: Vintage.V26_7,
    Capability.EXPLORE_PREVIEWS: Vintage.SAAS,
    Capability.ISSUE_VIEWS: Vintage.V26_7,
    Capability.FLAG_LOGS: Vintage.V26_7,
    Capability.SEER_ROUTES: Vintage.V26_7,
    Capability.SEER: Vintage.SAAS,
})  # fmt: skip

# Parts of path templates that a route needs a capability for.
_ROUTES: Final[Mapping[str, Capability]] = MappingProxyType({
    "/detectors/": Capability.WORKFLOW_ENGINE,
    "/workflows/": Capability.WORKFLOW_ENGINE,
    "/available-actions/": Capability.WORKFLOW_ENGINE,
    "/alert-rules/": Capability.METRIC_ALERT_RULES,
    "/events-timeseries/": Capability.EVENT_TIMESERIES,
    "/stats-summary/": Capability.STATS_SUMMARY,
    "/project-keys/": Capability.ORGANIZATION_CLIENT_KEYS,
    "/users/me/regions/": Capability.REGIONS,
    "/group-search-views/": Capability.ISSUE_VIEWS,
    "/flags/logs/": Capability.FLAG_LOGS,
    "/trace/": Capability.TRACES,
    "/trace-meta/": Capability.TRACES,
    "/trace-items/": Capability.TRACE_ITEMS,
    "/trace-items/metrics/": Capability.EXPLORE_PREVIEWS,
    "/agents/conversations/": Capability.EXPLORE_PREVIEWS,
    "/events-dropped/": Capability.EXPLORE_PREVIEWS,
    "/starred-service-spans/": Capability.EXPLORE_PREVIEWS,
    "/seer/": Capability.SEER_ROUTES,
    "/autofix/": Capability.SEER_ROUTES,
})  # fmt: skip

_ISSUE_MEMBERS: Final[Mapping[str, Capability]] = MappingProxyType({
    "issueType": Capability.ISSUE_TYPES,
    "issueCategory": Capability.ISSUE_TYPES,
    "priority": Capability.ISSUE_PRIORITY,
    "priorityLockedAt": Capability.ISSUE_PRIORITY,
    "substatus": Capability.ISSUE_SUBSTATUS,
    "derivedData": Capability.ISSUE_DERIVED_DATA,
    "seerFixabilityScore": Capability.SEER_MEMBERS,
    "seerAutofixLastTriggered": Capability.SEER_MEMBERS,
    "seerExplorerAutofixLastTriggered": Capability.SEER_MEMBERS,
})  # fmt: skip


_SEARCH_KEYS: Final[Mapping[str, Capability]] = MappingProxyType({
    "issue.priority": Capability.ISSUE_PRIORITY,
    "issue.category": Capability.ISSUE_TYPES,
    "issue.type": Capability.ISSUE_TYPES,
})  # fmt: skip


@cache
def _capabilities(vintage: Vintage) -> frozenset[Capability]:
    order = list(Vintage)
    position = order.index(vintage)
    return frozenset(capability for capability, first in FIRST_VINTAGES.items() if order.index(first) <= position)


def _lacking(vintage: Vintage, names: Mapping[str, Capability]) -> frozenset[str]:
    return frozenset(name for name, capability in names.items() if not vintage.has(capability))
