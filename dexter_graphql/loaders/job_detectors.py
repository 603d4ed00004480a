"""Detectors made of the jobs of cron monitors, for servers that have no detectors for them."""

from typing import Any

import msgspec

from dexter_graphql.sentry.projection import Field, Projection

CRON_TYPE = "monitor_check_in_failure"
CRON_PREFIX = "cron-"
"""Begins the ID of a detector that is made of a job; the job's ID follows."""
JOB = Projection(
    "CronJob",
    "list",
    (
        Field("id", "id", str),
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


def detector_of_job(job: Any) -> dict[str, Any]:
    """A detector with what a job tells, for servers that have none for it."""
    source = {"id": job.id, "slug": job.slug, "status": job.status, "isMuted": job.isMuted}
    return {
        "id": f"{CRON_PREFIX}{job.id}",
        "type": CRON_TYPE,
        "name": job.name,
        "projectId": str(msgspec.json.decode(job.project, type=ProjectOfJob).id),
        "enabled": job.status != "disabled",
        "dateCreated": job.dateCreated,
        "dateUpdated": None,
        "description": None,
        "owner": job.owner,
        "workflowIds": [],
        "latestGroup": None,
        "config": {},
        "conditionGroup": None,
        "dataSources": [{"queryObj": source}],
    }
