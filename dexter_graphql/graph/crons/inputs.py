"""Inputs of mutations of cron monitors, and the request bodies that they are translated to."""

from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.optional_members import is_given, null_mistake, optional
from dexter_graphql.graph.crons.enums import CronState, CronUnit
from dexter_graphql.graph.issues.update_inputs import AssigneeInput, assignee_body
from dexter_graphql.graph.relay.references import (
    GLOBAL_ID,
    ONE_NAME,
    EnvironmentReference,
    OrganizationReference,
    ProjectReference,
    member,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.parents import OrganizationRef

Body = dict[str, Any]
ORGANIZATION = (
    "Organization of the monitor. Needed only when no global ID names it and the token can see several organizations."
)
PROJECT = (
    "Project of the monitor. Needed only with tokens that may not change monitors of the organization: the change is"
    " then made in the project."
)
NAME = "Display name, at most 128 characters."
SLUG = "Slug that the job uses for its check-ins, at most 50 characters."
DEFAULT = "Null for Sentry's default."
MARGIN = f"Seconds by which a check-in may be late, whole minutes up to 28 days. {DEFAULT}"
MAX_RUNTIME = f"Seconds after which a running job counts as timed out, whole minutes up to 28 days. {DEFAULT}"
TIMEZONE = "Time zone of the schedule, for example `Europe/Berlin`. Null for UTC."
FAILURES = f"Number of failed check-ins in a row that create an issue, from 1 to 720. {DEFAULT}"
RECOVERIES = f"Number of successful check-ins in a row that resolve the issue, from 1 to 720. {DEFAULT}"
STATUS = "Whether check-ins are expected."
OWNER = "User or team that owns the monitor."
MUTED = "True to mute the notifications of all environments."
MINUTE_S = 60
MINUTES = MappingProxyType({"margin_seconds": "checkin_margin", "max_runtime_seconds": "max_runtime"})
"""Attribute of an input, in seconds → member of `config`, in minutes."""
CONFIG_NAMES = MappingProxyType(
    {
        "timezone": "timezone",
        "failure_threshold": "failure_issue_threshold",
        "recovery_threshold": "recovery_threshold",
    }
)
"""Attribute of an input → member of `config`."""


@strawberry.input(one_of=True, description=f"A cron monitor. {ONE_NAME}")
class CronMonitorReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    slug: str | None = member("Slug that the job uses for its check-ins.")


@strawberry.input(description="Interval between two runs of a job.")
class CronIntervalInput:
    """Input."""

    count: int = strawberry.field(description="Number of units, at least 1.")
    unit: CronUnit = strawberry.field(description="Unit. UNKNOWN is refused.")


@strawberry.input(one_of=True, description="Schedule of a job. Exactly one field must be given.")
class CronScheduleInput:
    """Input."""

    crontab: str | None = member("Crontab line, for example `0 * * * *`.")
    every: CronIntervalInput | None = member("Interval between two runs.")


@strawberry.input(description="Input of `createCronMonitor`.")
class CreateCronMonitorInput:
    """Input."""

    project: ProjectReference = strawberry.field(description="Project of the monitor.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    name: str = strawberry.field(description=NAME)
    slug: str | None = optional(f"{SLUG} Default: made of the name.")
    schedule: CronScheduleInput = strawberry.field(description="When the job is expected to run.")
    margin_seconds: int | None = optional(MARGIN)
    max_runtime_seconds: int | None = optional(MAX_RUNTIME)
    timezone: str | None = optional(TIMEZONE)
    failure_threshold: int | None = optional(FAILURES)
    recovery_threshold: int | None = optional(RECOVERIES)
    status: CronState | None = optional(STATUS)
    owner: AssigneeInput | None = optional(OWNER)
    is_muted: bool | None = optional(MUTED)


@strawberry.input(description="Input of `updateCronMonitor`. Members that are not given stay as they are.")
class UpdateCronMonitorInput:
    """Input."""

    monitor: CronMonitorReference = strawberry.field(description="Monitor to change.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    project: ProjectReference | None = strawberry.field(default=None, description=PROJECT)
    name: str | None = optional(NAME)
    slug: str | None = optional(SLUG)
    schedule: CronScheduleInput | None = optional("When the job is expected to run.")
    margin_seconds: int | None = optional(MARGIN)
    max_runtime_seconds: int | None = optional(MAX_RUNTIME)
    timezone: str | None = optional(TIMEZONE)
    failure_threshold: int | None = optional(FAILURES)
    recovery_threshold: int | None = optional(RECOVERIES)
    status: CronState | None = optional(STATUS)
    owner: AssigneeInput | None = optional(OWNER)
    is_muted: bool | None = optional(MUTED)


@strawberry.input(description="Input of `deleteCronMonitor`.")
class DeleteCronMonitorInput:
    """Input."""

    monitor: CronMonitorReference = strawberry.field(description="Monitor to delete.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    project: ProjectReference | None = strawberry.field(default=None, description=PROJECT)
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None, description="Environments to delete. Default: the whole monitor with all of its check-ins."
    )


CronInput = CreateCronMonitorInput | UpdateCronMonitorInput


async def changes_of(value: CronInput, organization: OrganizationRef, load_context: LoadContext) -> Body:
    """The given members of the request body, without `config`; raises BadUserInput for null where there is none."""
    body: Body = {}
    for attribute, name, field in (
        ("name", "name", "name"),
        ("slug", "slug", "slug"),
        ("status", "status", "status"),
        ("is_muted", "is_muted", "isMuted"),
    ):
        given = getattr(value, attribute)
        if is_given(given):
            body[name] = _not_null(given, field)
    if "status" in body:
        body["status"] = body["status"].value
    if is_given(value.owner):
        owner = _not_null(value.owner, "owner")
        with within("owner"):
            assigned = await assignee_body(owner, [organization], load_context)
        body["owner"] = assigned["assignedTo"] or None
    return body


def config_of(value: CronInput) -> Body:
    """The given members of `config`."""
    given = {name: getattr(value, attribute) for attribute, name in CONFIG_NAMES.items()}
    given |= {name: _minutes(getattr(value, attribute), attribute) for attribute, name in MINUTES.items()}
    config = {name: member for name, member in given.items() if is_given(member)}
    if is_given(value.schedule):
        config |= _schedule_of(_not_null(value.schedule, "schedule"))
    return config


def _minutes(seconds: Any, attribute: str) -> Any:
    """Whole minutes; null and what is not given stay as they are."""
    if seconds is None or not is_given(seconds):
        return seconds
    if seconds < MINUTE_S or seconds % MINUTE_S:
        field = "marginSeconds" if attribute == "margin_seconds" else "maxRuntimeSeconds"
        raise BadUserInput(f"'{field}' must be a multiple of 60", (field,))
    return seconds // MINUTE_S


def _schedule_of(schedule: CronScheduleInput) -> Body:
    if schedule.crontab:
        return {"schedule_type": "crontab", "schedule": schedule.crontab}
    if not schedule.every:
        raise BadUserInput("The crontab line must not be empty", ("schedule", "crontab"))
    every = schedule.every
    if every.count < 1:
        raise BadUserInput("'count' must be at least 1", ("schedule", "every", "count"))
    if every.unit is CronUnit.UNKNOWN:
        raise BadUserInput("'unit' must not be UNKNOWN", ("schedule", "every", "unit"))
    return {"schedule_type": "interval", "schedule": [every.count, every.unit.value]}


def _not_null(value: Any, field: str) -> Any:
    if value is None:
        raise null_mistake(field)
    return value
