"""Knows how release health is looked up: of many releases at once, by release and project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from dexter_graphql.loaders.base import LoadContext, bulk
from dexter_graphql.loaders.lists import QueryParameters, by_organization
from dexter_graphql.loaders.releases import ReleaseKey, search_value
from dexter_graphql.loaders.stats import Group
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import stats as catalogue
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

SESSIONS, USERS = "sum(session)", "count_unique(user)"
CRASH_FREE_SESSIONS, CRASH_FREE_USERS = "crash_free_rate(session)", "crash_free_rate(user)"
COMMON: QueryParameters = (
    *(("field", name) for name in (SESSIONS, USERS, CRASH_FREE_SESSIONS, CRASH_FREE_USERS)),
    ("groupBy", "release"),
    ("groupBy", "project"),
    ("includeSeries", "0"),
)
BUSIEST: QueryParameters = (("orderBy", f"-{SESSIONS}"),)
"""Sentry cuts an answer at ten thousand groups; the least used releases go first."""
HEALTH = Projection("ReleaseHealth", "list", (Field("groups", "groups", list[Group], is_required=True),))


class HealthOptions(NamedTuple):
    """What is asked of releases: parameters that narrow, and a stretch of time."""

    query: QueryParameters
    time_range: TimeRange


class HealthKey(NamedTuple):
    """Range and environments as parameters, and whether sessions of all releases are needed to compare with."""

    query: QueryParameters
    needs_all: bool


@dataclass(frozen=True, slots=True)
class ProjectHealth:
    """Health of a release in one project. Rates are shares from 0 to 1, None without sessions."""

    organization: OrganizationRef
    project: str
    sessions: int
    users: int
    crash_free_sessions: float | None
    crash_free_users: float | None
    all_sessions: int | None
    """Sessions of all releases in the project; None when nobody asked."""


@dataclass(frozen=True, slots=True)
class Health:
    """Health of a release within a stretch of time, all of its projects taken together."""

    interval: Interval
    projects: list[ProjectHealth]

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return sum(one.sessions for one in self.projects)

    @property
    def users(self) -> int:
        """Number of users; somebody who uses two projects counts in both."""
        return sum(one.users for one in self.projects)

    @property
    def crash_free_sessions(self) -> float | None:
        """Share of sessions without a crash."""
        return _mean((one.crash_free_sessions, one.sessions) for one in self.projects)

    @property
    def crash_free_users(self) -> float | None:
        """Share of users without a crash."""
        return _mean((one.crash_free_users, one.users) for one in self.projects)

    @property
    def adoption(self) -> float | None:
        """Share of the sessions of its projects that ran this release."""
        return share(self.sessions, [one.all_sessions for one in self.projects])


@bulk(target="ReleaseHealth", uses=(catalogue.SESSIONS,), is_shared=False)
async def release_health(keys: Sequence[ReleaseKey], load_context: LoadContext) -> Mapping[ReleaseKey, Any]:
    """Health of releases: one call for up to a hundred of an organization; options are a HealthOptions."""
    choice: HealthOptions = load_context.options
    interval = load_context.interval(choice.time_range)
    question = HealthKey((*choice.query, *interval.query), needs_all(load_context))

    async def answered(organization: OrganizationRef, mine: Sequence[ReleaseKey]) -> Mapping[ReleaseKey, Any]:
        groups = await _groups(organization, mine, question, load_context)
        everything = _by_project(groups) if question.needs_all else {}
        found: dict[ReleaseKey, list[ProjectHealth]] = {key: [] for key in mine}
        for one in groups:
            rows = found.get(ReleaseKey(organization, str(one.by.get("release"))))
            if rows is not None:
                rows.append(_health(organization, one, everything))
        return {key: Health(interval, rows) for key, rows in found.items()}

    return await by_organization(keys, answered, weigh=_length)


def needs_all(load_context: LoadContext) -> bool:
    """True when something is selected that compares a release with all others."""
    return load_context.has("adoption") or load_context.has("projects.adoption")


def share(part: int, totals: list[int | None]) -> float | None:
    """`part` of the sum of `totals`; None without any."""
    whole = sum(total or 0 for total in totals)
    return part / whole if whole else None


async def _groups(
    organization: OrganizationRef, keys: Sequence[ReleaseKey], question: HealthKey, load_context: LoadContext
) -> list[Group]:
    versions = ",".join(search_value(key.version) for key in keys)
    which: QueryParameters = BUSIEST if question.needs_all else (("query", f"release:[{versions}]"),)
    query = (*COMMON, *which, *question.query)
    found = await load_context.client.one(
        catalogue.SESSIONS, load_context.call_context, HEALTH, parents=Parents(organization), query=query
    )
    invalid = first_invalid(found, "groups")
    if invalid is not None:
        raise invalid
    groups: list[Group] = found.groups
    return groups


def _length(key: ReleaseKey) -> int:
    """Characters that the key takes in an address; a version may have two hundred."""
    return len(quote(search_value(key.version))) + 3


def _by_project(groups: Sequence[Group]) -> dict[str, int]:
    """Sessions of all releases by project."""
    sums: dict[str, int] = {}
    for one in groups:
        project = str(one.by.get("project"))
        sums[project] = sums.get(project, 0) + int(one.totals.get(SESSIONS) or 0)
    return sums


def _health(organization: OrganizationRef, group: Group, everything: Mapping[str, int]) -> ProjectHealth:
    project, totals = str(group.by.get("project")), group.totals
    return ProjectHealth(
        organization,
        project,
        int(totals.get(SESSIONS) or 0),
        int(totals.get(USERS) or 0),
        totals.get(CRASH_FREE_SESSIONS),
        totals.get(CRASH_FREE_USERS),
        everything.get(project),
    )


def _mean(rates: Iterable[tuple[float | None, int]]) -> float | None:
    """The rates weighed by their numbers."""
    known = [(rate, weight) for rate, weight in rates if rate is not None and weight]
    total = sum(weight for _, weight in known)
    return sum(rate * weight for rate, weight in known) / total if total else None
