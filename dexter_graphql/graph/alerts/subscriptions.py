"""Subscription to alerts that fire."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import AlertStatus, FiredAlertKind
from dexter_graphql.graph.alerts.fired import ISSUE, METRIC, FiredAlert, fired_payload
from dexter_graphql.graph.alerts.fired_filter import (
    FiredAlertFilter,
    alert_kind,
    alert_status,
    fired_conditions,
    metric_status,
)
from dexter_graphql.graph.alerts.types import Alert
from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields
from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import LazyJSON, batch, call, computed, plain, value_type
from dexter_graphql.graph.events.ingested import decode_ingested_event, ingested_issue_id
from dexter_graphql.graph.issues.seeds import issue_of_change
from dexter_graphql.graph.lazy_types import EventType, IssueType, ProjectType
from dexter_graphql.graph.monitors.types import Monitor
from dexter_graphql.loaders.alert_names import NameInProject, alerts_by_name, metric_monitors_by_name
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.events import EventKey, event_details, issues_of_events
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.realtime.changes import Stream
from dexter_graphql.sentry.catalogue import events
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.parents import Parents


def _name_of(*, is_metric: bool) -> Callable[[FiredAlert], NameInProject | None]:
    """The key by which the alert is found, for metric alerts or for the others."""

    def key(alert: FiredAlert) -> NameInProject | None:
        name, project = alert.payload.name, alert.project
        if name is None or project is None or (alert.change.entity == METRIC) is not is_metric:
            return None
        return NameInProject(alert.organization, project, name)

    return key


def _event_key(alert: FiredAlert) -> EventKey | None:
    change = alert.change
    if change.subject is None or change.project_id is None:
        return None
    return EventKey(alert.organization, change.project_id, change.subject)


@value_type
class MetricIncident:
    """Incident of a metric alert: from the first threshold that the metric reaches until it is resolved."""

    sentry_id: strawberry.ID | None = plain(
        "id", type=int | str, convert=str, description="ID of the incident in Sentry."
    )
    number: str | None = plain(
        "identifier", type=int | str, convert=str, description="Number of the incident in the organization."
    )
    title: str | None = plain(description="Title of the incident.")
    started_at: datetime | None = plain("date_started", description="Time when the metric reached the threshold.")
    detected_at: datetime | None = plain("date_detected", description="Time when Sentry detected it.")
    closed_at: datetime | None = plain("date_closed", description="Time when the incident was resolved; null before.")


@value_type
class AlertChange(ChangeFields):
    """An alert that fired, or a metric alert that was resolved."""

    @computed()
    def alert_kind(alert: FiredAlert) -> FiredAlertKind:
        """Kind of the alert."""
        return alert_kind(alert.change)

    @computed()
    def status(alert: FiredAlert) -> AlertStatus | None:
        """Status of a metric alert; null for other alerts, which fire on one event or activity."""
        return alert_status(alert.change)

    @computed()
    def status_raw(alert: FiredAlert) -> str | None:
        """Value of `status`, as sent by Sentry."""
        return metric_status(alert.change)

    @computed()
    def alert_name(alert: FiredAlert) -> str | None:
        """Name of the alert, of a metric alert that of the monitor; null when Sentry did not send it."""
        return alert.payload.name

    @computed()
    def title(alert: FiredAlert) -> str | None:
        """Title of what fired: of the event, of the issue, or the status and the name of a metric alert."""
        return alert.payload.title

    @computed()
    def description(alert: FiredAlert) -> str | None:
        """What fired: the message of the event, or the value of the metric; null for activities."""
        return alert.payload.description

    @computed()
    def web_url(alert: FiredAlert) -> str | None:
        """URL in Sentry: of the event, the issue, or the metric alert."""
        return alert.payload.web_url

    @computed()
    def activity(alert: FiredAlert) -> str | None:
        """Activity that an alert on activities fired on, for example `seer_pr_created`; null for other alerts."""
        return alert.payload.activity

    @computed()
    def app_settings(alert: FiredAlert) -> JSON | None:
        """What the integration's form for alerts was filled in with, as sent by Sentry; null when it has none."""
        settings: JSON | None = alert.payload.settings
        return settings

    @computed()
    def incident(alert: FiredAlert) -> MetricIncident | None:
        """Incident of a metric alert; null for other alerts."""
        members = alert.payload.incident
        parents = Parents(alert.organization)
        incident: Any = LazyJSON("MetricIncident", raw(members), parents=parents) if members else None
        return incident

    alert: Alert | None = batch(
        alerts_by_name,
        key=_name_of(is_metric=False),
        reads={},
        description="The alert, found by its name; null for metric alerts, and when several alerts of the project have"
        " the name. One call for all alerts of a project.",
    )
    monitor: Monitor | None = batch(
        metric_monitors_by_name,
        key=_name_of(is_metric=True),
        reads={},
        description="Monitor of a metric alert, found by its name; null for other alerts, and when several monitors of"
        " the project have the name. One call for all monitors of a project.",
    )

    @call(uses=(events.DETAIL,), target="Event")
    async def event(alert: FiredAlert, load_context: LoadContext) -> EventType | None:
        """Event that an issue alert fired on; null for other alerts.

        Members that lists of events have cost no call.
        """
        change, payload = alert.change, alert.payload
        if change.entity != ISSUE:
            return None
        seed = decode_ingested_event(payload.event, alert.organization, load_context)
        event = _event_key(alert)
        return seed if seed is not None or event is None else await load_context.load(event_details, event)

    @call(uses=(catalogue.DETAIL, events.DETAIL), target="Issue")
    async def issue(alert: FiredAlert, load_context: LoadContext) -> IssueType | None:
        """Issue that fired the alert; null for metric alerts.

        Of alerts on activities, most members cost no call.
        """
        change, payload = alert.change, alert.payload
        if change.entity == METRIC:
            return None
        number = ingested_issue_id(payload.event)
        if number is not None:
            return await load_context.load(issues_by_id, IssueKey(alert.organization, number))
        if change.subject is None:
            return None
        if change.entity == ISSUE:
            event = _event_key(alert)
            return None if event is None else await load_context.load(issues_of_events, event)
        seed = msgspec.json.encode(payload.issue) if payload.issue else None
        return await issue_of_change(IssueKey(alert.organization, change.subject), seed, load_context)

    @call(uses=projects_by_name.uses, target="Project")
    async def projects(alert: FiredAlert, load_context: LoadContext) -> list[ProjectType] | None:
        """Projects of the alert: one, or several of a metric alert."""
        change = alert.change
        names = change.projects or [name for name in (change.project_id or change.project,) if name is not None]
        keys = [ProjectName(alert.organization, name) for name in names]
        rows = await load_context.load_each(projects_by_name, keys)
        return [rows[key] for key in keys if rows[key] is not None]


@value_type
class AlertFired(StreamItemFields):
    """One item of a stream of alerts: an alert that fired, or a gap."""

    @computed()
    def change(item: StreamItem) -> AlertChange | None:
        """The alert that fired; null when this item is a gap."""
        visible = item.change
        if visible is None:
            return None
        alert: Any = FiredAlert(visible.change, visible.organization, fired_payload(visible.change))
        return alert


@strawberry.type
class AlertSubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def alert_fired(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            FiredAlertFilter | None, strawberry.argument(description="Which alerts to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[AlertFired, None]:
        """Alerts that fire, from webhooks: issue alerts, metric alerts and alerts on activities.

        Sentry sends webhooks of the alerts that have the integration as an action. Alerts of projects whose issues the
        token may not read are left out; a metric alert with several projects takes the right to read all of them. The
        stream ends when Sentry rejects the token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await fired_conditions(filter, followed, load_context)
        return await changes_of((Stream.ALERTS,), conditions, after, context_of(load_context))
