"""Monitors of the check-ins of scheduled jobs."""

from typing import Any

from dexter_graphql.graph.common.statuses import ObjectStatus, object_status
from dexter_graphql.graph.crons.types import CheckIn, CronJob
from dexter_graphql.graph.declarations.fields import batch, computed
from dexter_graphql.graph.monitors.data_sources import CronSource, sourced
from dexter_graphql.graph.monitors.types import SOURCES, Monitor, known, type_field
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.loaders.crons import CronKey, check_in_pages, cron_jobs


def _cron(row: Any) -> CronSource:
    return sourced(row.dataSources, CronSource, ("slug", "isMuted")) or CronSource()


def cron_key(row: Any) -> CronKey | None:
    """The job of a cron monitor; None when its data sources do not name one."""
    slug = _cron(row).slug
    return None if slug is None else CronKey(row.parents.organization, slug, row.parents.project)


@known
class CronMonitor(Monitor):
    """Checks that a scheduled job reports its check-ins on time."""

    type: str | None = type_field("monitor_check_in_failure")

    @computed(SOURCES)
    def check_in_slug(row: Any) -> str | None:
        """Slug that the job uses for its check-ins."""
        return _cron(row).slug

    @computed(SOURCES)
    def status(row: Any) -> ObjectStatus | None:
        """Status of the monitor; null when Sentry does not send it."""
        value = _cron(row).status
        return None if value is None else object_status(value)

    @computed(SOURCES)
    def status_raw(row: Any) -> str | None:
        """Value of `status`, as sent by Sentry."""
        return _cron(row).status

    @computed(SOURCES)
    def is_muted(row: Any) -> bool | None:
        """True when notifications are muted; null when Sentry does not send it."""
        return _cron(row).is_muted

    job: CronJob | None = batch(
        cron_jobs,
        key=cron_key,
        reads=SOURCES,
        description="Job whose check-ins are watched. Null when Sentry does not name it. One call per monitor, or per"
        " organization for several.",
    )

    @batch(check_in_pages, key=cron_key, reads=SOURCES)
    @paged
    def check_ins(*, page: PageArguments) -> Connection[CheckIn] | None:
        """Check-ins of the job, newest first."""
        return list_options(page)
