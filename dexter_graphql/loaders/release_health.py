"""Loader of release health: many releases per call, by release and project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from dexter_graphql.loaders.base import LoadContext, bulk
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.loaders.search import UnresolvedQuery, quoted, resolve_query
from dexter_graphql.loaders.stats import StatsGroup
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import stats as catalogue
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

SESSIONS, USERS = "sum(session)", "count_unique(user)"
CRASH_FREE_SESSIONS, CRASH_FREE_USERS = "crash_free_rate(session)", "crash_free_rate(user)"
SESSION_PARAMETERS: QueryParameters = (
    *repeated("field", (SESSIONS, USERS, CRASH_FREE_SESSIONS, CRASH_FREE_USERS)),
    ("groupBy", "release"),
    ("groupBy", "project"),
    ("includeSeries", "0"),
)
MOST_USED_FIRST: QueryParameters = (("orderBy", f"-{SESSIONS}"),)
"""Sentry truncates a response at 10,000 groups; the least used releases are dropped."""
HEALTH = Projection(
    "ReleaseHealth", "list", (Field("groups", "groups", list[StatsGroup], is_required=True, is_strict=True),)
)


class HealthOptions(NamedTuple):
    """Filter parameters and time range of release health."""

    query: UnresolvedQuery
    time_range: TimeRange


class SessionQuery(NamedTuple):
    """Parameters of a session query, and whether it covers all releases, to compare with."""

    parameters: QueryParameters
    has_all_releases: bool


@dataclass(frozen=True, slots=True)
class ProjectHealth:
    """Health of a release in one project. Rates are fractions from 0 to 1, None without sessions."""

    organization: OrganizationRef
    project: str
    sessions: int
    users: int
    crash_free_sessions: float | None
    crash_free_users: float | None
    all_sessions: int | None
    """Sessions of all releases of the project; None when not requested."""


@dataclass(frozen=True, slots=True)
class Health:
    """Health of a release within an interval, over all its projects."""

    interval: Interval
    projects: list[ProjectHealth]

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return sum(project.sessions for project in self.projects)

    @property
    def users(self) -> int:
        """Number of users; a user of two projects is counted twice."""
        return sum(project.users for project in self.projects)

    @property
    def crash_free_sessions(self) -> float | None:
        """Fraction of sessions without a crash."""
        return _weighted_mean((project.crash_free_sessions, project.sessions) for project in self.projects)

    @property
    def crash_free_users(self) -> float | None:
        """Fraction of users without a crash."""
        return _weighted_mean((project.crash_free_users, project.users) for project in self.projects)

    @property
    def adoption(self) -> float | None:
        """Fraction of the sessions of its projects with this release."""
        return fraction(self.sessions, [project.all_sessions for project in self.projects])


@bulk(target="ReleaseHealth", uses=(catalogue.SESSIONS, *REFERENCE_ENDPOINTS), is_shared=False)
async def release_health(keys: Sequence[ReleaseKey], load_context: LoadContext) -> Mapping[ReleaseKey, Any]:
    """Health of releases: one call per 100 releases of an organization; options are HealthOptions."""
    return await fetch_health(keys, load_context, has_all_releases=needs_all_releases(load_context))


async def fetch_health(
    keys: Sequence[ReleaseKey], load_context: LoadContext, *, has_all_releases: bool
) -> Mapping[ReleaseKey, Any]:
    """The Health of each release, or the exception; `has_all_releases` adds what its adoption is compared with."""
    options: HealthOptions = load_context.options
    interval = load_context.interval(options.time_range)

    async def answer(organization: OrganizationRef, own_keys: Sequence[ReleaseKey]) -> Mapping[ReleaseKey, Any]:
        environments = await resolve_query(options.query, organization, load_context)
        query = SessionQuery((*environments, *interval.query), has_all_releases)
        groups = await _fetch_groups(organization, own_keys, query, load_context)
        totals = _sessions_by_project(groups) if query.has_all_releases else {}
        projects: dict[ReleaseKey, list[ProjectHealth]] = {key: [] for key in own_keys}
        for group in groups:
            rows = projects.get(ReleaseKey(organization, str(group.by.get("release"))))
            if rows is not None:
                rows.append(_project_health(organization, group, totals))
        return {key: Health(interval, rows) for key, rows in projects.items()}

    return await by_organization(keys, answer, length=_url_length)


def needs_all_releases(load_context: LoadContext) -> bool:
    """True when a field is selected that compares a release with all others."""
    return load_context.has("adoption") or load_context.has("projects.adoption")


def fraction(part: int, totals: list[int | None]) -> float | None:
    """`part` of the sum of `totals`; None when the sum is 0."""
    total = sum(number or 0 for number in totals)
    return part / total if total else None


async def _fetch_groups(
    organization: OrganizationRef, keys: Sequence[ReleaseKey], query: SessionQuery, load_context: LoadContext
) -> list[StatsGroup]:
    versions = ",".join(quoted(key.version) for key in keys)
    releases: QueryParameters = (
        MOST_USED_FIRST if query.has_all_releases else (("query", BatchSearch(f"release:[{versions}]")),)
    )
    parameters = (*SESSION_PARAMETERS, *releases, *query.parameters)
    health = await load_context.get(catalogue.SESSIONS, Parents(organization), query=parameters, projection=HEALTH)
    invalid = first_invalid(health, "groups")
    if invalid is not None:
        raise invalid
    groups: list[StatsGroup] = health.groups
    return groups


def _url_length(key: ReleaseKey) -> int:
    """Characters of the key in a URL; a version can have 200."""
    return len(quote(quoted(key.version))) + 3


def _sessions_by_project(groups: Sequence[StatsGroup]) -> dict[str, int]:
    """Sessions of all releases by project."""
    sums: dict[str, int] = {}
    for group in groups:
        project = str(group.by.get("project"))
        sums[project] = sums.get(project, 0) + int(group.totals.get(SESSIONS) or 0)
    return sums


def _project_health(organization: OrganizationRef, group: StatsGroup, totals: Mapping[str, int]) -> ProjectHealth:
    project, values = str(group.by.get("project")), group.totals
    return ProjectHealth(
        organization,
        project,
        int(values.get(SESSIONS) or 0),
        int(values.get(USERS) or 0),
        values.get(CRASH_FREE_SESSIONS),
        values.get(CRASH_FREE_USERS),
        totals.get(project),
    )


def _weighted_mean(rates: Iterable[tuple[float | None, int]]) -> float | None:
    """The mean of rates by weight; None without any."""
    known = [(rate, weight) for rate, weight in rates if rate is not None and weight]
    total = sum(weight for _, weight in known)
    return sum(rate * weight for rate, weight in known) / total if total else None
