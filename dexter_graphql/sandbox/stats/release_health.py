"""Sums of release health over releases, projects, environments and hours."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dexter_graphql.sandbox.world.model import Organization, Project, Release
from dexter_graphql.sandbox.world.releases import HourlyHealth, compute_health

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HealthSample:
    """The health of one release in one project, environment and hour."""

    release: Release
    project: Project
    environment: str
    hour: datetime
    health: HourlyHealth


@dataclass(frozen=True, slots=True)
class HealthFilter:
    """Projects, environment names and time range of a query."""

    projects: Sequence[Project]
    environments: Sequence[str]
    start: datetime
    end: datetime


@dataclass(slots=True)
class SessionTotals:
    """Sums over samples. A session has one status; users are summed over hours without deduplication."""

    sessions: int = 0
    users: int = 0
    crashed: int = 0
    errored: int = 0
    abnormal: int = 0
    crashed_users: int = 0

    def add(self, sample: HourlyHealth) -> None:
        """Add the health of an hour."""
        self.sessions += sample.sessions
        self.users += sample.users
        self.crashed += sample.crashed
        self.errored += sample.errored
        self.abnormal += sample.abnormal
        self.crashed_users += min(sample.crashed, sample.users)

    @property
    def healthy(self) -> int:
        """Sessions that neither crashed nor had errors."""
        return self.sessions - self.crashed - self.errored - self.abnormal

    def of_status(self, status: str) -> int:
        """Sessions with the status."""
        return int(getattr(self, status, 0))

    def share_crashed(self, of: str) -> float | None:
        """The share of crashed sessions or users; None when there are none."""
        crashed, total = (self.crashed, self.sessions) if of == "session" else (self.crashed_users, self.users)
        return crashed / total if total else None


def iter_samples(
    organization: Organization, health_filter: HealthFilter, is_selected: Callable[[Release], bool] = lambda _: True
) -> Iterator[HealthSample]:
    """The hourly samples with sessions of the selected releases."""
    project_ids = {project.id for project in health_filter.projects}
    first = _truncate_to_hour(health_filter.start)
    for release in organization.releases:
        if is_selected(release):
            deployed = {deploy.environment for deploy in release.deploys}
            start = max(first, _truncate_to_hour(release.date_released or release.date_created))
            for project in release.projects:
                for environment in health_filter.environments:
                    if project.id in project_ids and environment in deployed:
                        yield from _iter_hours(release, project, environment, start, health_filter.end)


def sum_by(samples: Iterable[HealthSample], key: Callable[[HealthSample], Any]) -> dict[Any, SessionTotals]:
    """Totals of the samples by key."""
    totals: dict[Any, SessionTotals] = {}
    for sample in samples:
        totals.setdefault(key(sample), SessionTotals()).add(sample.health)
    return totals


def _iter_hours(
    release: Release, project: Project, environment: str, start: datetime, end: datetime
) -> Iterator[HealthSample]:
    hour = start
    while hour < end:
        hourly_health = compute_health(release, project, environment, hour)
        if hourly_health.sessions:
            yield HealthSample(release, project, environment, hour, hourly_health)
        hour += _HOUR


def _truncate_to_hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
