"""JSON of cron monitors and their check-ins."""

from datetime import datetime, timedelta
from typing import Any, Final

from dexter_graphql.sandbox.serializers.members import serialize_owner
from dexter_graphql.sandbox.serializers.projects import serialize_embedded_project
from dexter_graphql.sandbox.world.model import CheckIn, CronMonitor, Member, Organization, Project

_HOUR: Final = timedelta(hours=1)
_MARGIN: Final = timedelta(minutes=5)


def serialize_monitor(
    record: CronMonitor,
    project: Project,
    organization: Organization,
    viewer: Member | None,
    only: frozenset[str] | None,
) -> dict[str, Any]:
    """A cron monitor with its environments, restricted to `only`."""
    names = [name for name in record.environments if only is None or name in only]
    return {
        "id": record.guid,
        "name": record.name,
        "slug": record.slug,
        "status": record.status,
        "isMuted": record.is_muted,
        "isUpserting": False,
        "config": dict(record.config),
        "dateCreated": record.date_created,
        "project": serialize_embedded_project(project, viewer),
        "environments": [_environment(record, name) for name in names],
        # The OpenAPI document requires an owner; the project's first team is the default.
        "owner": serialize_owner(organization, record.owner or f"team:{project.teams[0].id}"),
        "alertRule": {"targets": [], "environment": ""},
    }


def serialize_check_in(record: CheckIn, monitor_record: CronMonitor) -> dict[str, Any]:
    """A check-in; its duration is in milliseconds."""
    return {
        "id": record.id,
        "environment": record.environment,
        "status": record.status,
        "duration": record.duration,
        "dateCreated": record.date_added,
        "dateAdded": record.date_added,
        "dateUpdated": record.date_added,
        "dateInProgress": None,
        "dateClock": record.date_added,
        "expectedTime": record.expected_time,
        "monitorConfig": dict(monitor_record.config),
    }


def _environment(record: CronMonitor, name: str) -> dict[str, Any]:
    newest = next((check_in for check_in in record.check_ins if check_in.environment == name), None)
    last: datetime = newest.date_added if newest else record.date_created
    return {
        "name": name,
        "status": record.environments[name],
        "isMuted": record.is_muted,
        "dateCreated": record.date_created,
        "lastCheckIn": last,
        "nextCheckIn": last + _HOUR,
        "nextCheckInLatest": last + _HOUR + _MARGIN,
        "activeIncident": None,
    }
