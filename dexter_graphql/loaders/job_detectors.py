"""Detectors made of the jobs of cron monitors, for servers that have no detectors for them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.projection import Field, Projection

CRON_TYPE = "monitor_check_in_failure"
CRON_PREFIX = "cron-"
"""Begins the ID of a detector that is made of a job; the job's ID follows."""
JOB = Projection(
    "CronJob",
    "list",
    (
        Field("id", "id", int | str),
        Field("slug", "slug", str),
        Field("name", "name", str),
        Field("status", "status", str),
        Field("isMuted", "isMuted", bool),
        Field("dateCreated", "dateCreated", str),
        Field("owner", "owner", msgspec.Raw),
        Field("project", "project", msgspec.Raw),
    ),
)
"""What a detector repeats of its job."""


class ProjectOfJob(msgspec.Struct, frozen=True):
    """`project` of a job."""

    id: str | int


INVALID_MEMBER: Mapping[str, Any] = {}
"""Stands in a detector for a member of its job that cannot be read, so that it is an error there, too."""


def detector_of_job(job: Any) -> dict[str, Any]:
    """A detector with what a job tells, for servers that have none for it."""
    source = {name: _member(job, name) for name in ("id", "slug", "status", "isMuted")}
    return {
        "id": source["id"] if isinstance(job.id, InvalidValue) else f"{CRON_PREFIX}{job.id}",
        "type": CRON_TYPE,
        "name": _member(job, "name"),
        "projectId": _project_id(job),
        "enabled": source["status"] if isinstance(job.status, InvalidValue) else job.status != "disabled",
        "dateCreated": _member(job, "dateCreated"),
        "dateUpdated": None,
        "description": None,
        "owner": job.owner,
        "workflowIds": [],
        "latestGroup": None,
        "config": {},
        "conditionGroup": None,
        "dataSources": [{"queryObj": source}],
    }


def _member(job: Any, name: str) -> Any:
    value = getattr(job, name)
    return INVALID_MEMBER if isinstance(value, InvalidValue) else value


def _project_id(job: Any) -> Any:
    try:
        return str(msgspec.json.decode(job.project, type=ProjectOfJob).id)
    except UNREADABLE:
        return INVALID_MEMBER
