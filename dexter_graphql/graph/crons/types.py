"""The job of a cron monitor, its environments and check-ins."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.json_values import member_of, read
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.crons.enums import CheckInStatus, CronEnvironmentStatus, CronUnit
from dexter_graphql.graph.declarations.fields import computed, plain, value_type


class Config(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of a job."""

    schedule_type: str | None = None
    schedule: str | tuple[int, str] | None = None
    checkin_margin: int | None = None
    max_runtime: int | None = None
    timezone: str | None = None
    failure_issue_threshold: int | None = None
    recovery_threshold: int | None = None


CONFIG = {"config": msgspec.Raw}


def _config(row: Any) -> Config:
    return read(row.config, Config, "config") or Config()


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else 60 * minutes


@value_type
class CronSchedule:
    """When a job is expected to run: a crontab line or an interval."""

    @computed()
    def crontab(schedule: str | tuple[int, str]) -> str | None:
        """Crontab line, for example `0 * * * *`; null for an interval."""
        return schedule if isinstance(schedule, str) else None

    @computed()
    def interval(schedule: str | tuple[int, str]) -> int | None:
        """Number of units between two runs; null for a crontab line."""
        return None if isinstance(schedule, str) else schedule[0]

    @computed()
    def unit(schedule: str | tuple[int, str]) -> CronUnit | None:
        """Unit of the interval; null for a crontab line."""
        return None if isinstance(schedule, str) else member_of(CronUnit, schedule[1])

    @computed()
    def unit_raw(schedule: str | tuple[int, str]) -> str | None:
        """Value of `unit`, as sent by Sentry."""
        return None if isinstance(schedule, str) else schedule[1]


@value_type
class CronEnvironment:
    """State of a job in an environment."""

    name: str | None = plain(description="Name of the environment.")
    status: CronEnvironmentStatus | None = plain(description="State of the job in the environment.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    is_muted: bool | None = plain(description="True when notifications of the environment are muted.")
    last_check_in_at: datetime | None = plain("lastCheckIn", description="Time of the last check-in; null before it.")
    next_check_in_at: datetime | None = plain("nextCheckIn", description="Time when the next check-in is expected.")
    next_check_in_latest_at: datetime | None = plain(
        "nextCheckInLatest", description="Time after which the next check-in counts as missed."
    )


@value_type
class CronJob:
    """Scheduled job that reports to Sentry when it runs."""

    sentry_id: strawberry.ID = plain("id", description="ID of the job in Sentry's API, a UUID.")
    slug: str | None = plain(description="Slug that the job uses for its check-ins.")
    status: ObjectStatus | None = plain(description="Whether check-ins of the job are expected.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    is_muted: bool | None = plain(description="True when notifications of all environments are muted.")
    is_upserting: bool | None = plain(description="True when the job's own code defines its settings.")
    environments: list[CronEnvironment] | None = plain(description="Environments in which the job has reported.")

    @computed(CONFIG)
    def schedule(row: Any) -> CronSchedule | None:
        """When the job is expected to run; null when Sentry sends no schedule."""
        return _config(row).schedule

    @computed(CONFIG)
    def margin_seconds(row: Any) -> int | None:
        """Seconds by which a check-in may be late; null for Sentry's default."""
        return _seconds(_config(row).checkin_margin)

    @computed(CONFIG)
    def max_runtime_seconds(row: Any) -> int | None:
        """Seconds after which a running job counts as timed out; null for Sentry's default."""
        return _seconds(_config(row).max_runtime)

    @computed(CONFIG)
    def timezone(row: Any) -> str | None:
        """Time zone of the schedule, for example `Europe/Berlin`."""
        return _config(row).timezone

    @computed(CONFIG)
    def failure_threshold(row: Any) -> int | None:
        """Number of failed check-ins in a row that create an issue; null for Sentry's default."""
        return _config(row).failure_issue_threshold

    @computed(CONFIG)
    def recovery_threshold(row: Any) -> int | None:
        """Number of successful check-ins in a row that resolve the issue; null for Sentry's default."""
        return _config(row).recovery_threshold


@value_type
class CheckIn:
    """Report of a job about one run, or Sentry's note that it is missing."""

    sentry_id: strawberry.ID = plain("id", description="ID of the check-in in Sentry's API, a UUID.")
    environment: str | None = plain(description="Name of the environment.")
    status: CheckInStatus | None = plain(description="Result of the run.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    created_at: datetime | None = plain("dateCreated", description="Time of the run's first check-in.")
    updated_at: datetime | None = plain("dateUpdated", description="Time of the last change of the check-in.")
    started_at: datetime | None = plain("dateInProgress", description="Time when the run was reported as started.")
    expected_at: datetime | None = plain("expectedTime", description="Time when the check-in was expected.")

    @computed(duration=int | None)
    def duration_seconds(row: Any) -> float | None:
        """Length of the run in seconds; null while it is not known."""
        return None if row.duration is None else row.duration / 1000
