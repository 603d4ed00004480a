"""Changes about alerts that fired or were resolved."""

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.errors import ErrorSnapshot, describe_event, event_tags, light_event
from dexter_graphql.realtime.snapshots.issues import IssueSnapshot, describe_issue, issue_tags
from dexter_graphql.realtime.snapshots.sources import ChangeSource, Name, Number, ShortText, Slug, decode_snapshot

MAX_PROJECTS = 100


class AlertSnapshot(msgspec.Struct, frozen=True, gc=False):
    """An alert rule as webhooks name it."""

    id: Number | None = None


class EventAlertSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`data` of the webhook of an issue alert; only alerts with a form of the integration have `issue_alert`."""

    event: msgspec.Raw
    triggered_rule: Name | None = None
    issue_alert: AlertSnapshot | None = None


class IncidentSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The members of an incident of a metric alert that a change is made from."""

    id: Number
    projects: list[msgspec.Raw] | None = None


class MetricAlertSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`data` of the webhook of a metric alert."""

    metric_alert: msgspec.Raw


class ActivitySnapshot(msgspec.Struct, frozen=True, gc=False):
    """The activity that an alert fired on."""

    type: ShortText = ""


class ActivityAlertSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`data` of the webhook of an alert on an activity of an issue."""

    issue: msgspec.Raw
    activity: ActivitySnapshot | None = None
    alert: AlertSnapshot | None = None


def event_alert_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """An issue alert that fired; the subject is the event that it fired on, the state the alert rule."""
    snapshot = decode_snapshot(raw, EventAlertSnapshot)
    event = decode_snapshot(snapshot.event, ErrorSnapshot)
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    light = members | {"event": msgspec.Raw(light_event(bytes(snapshot.event)))}
    change = source.make_change("event_alert", Stream.ALERTS, kind, msgspec.json.encode(light))
    return replace(
        describe_event(change, event),
        state=_alert_id(snapshot.issue_alert) or snapshot.triggered_rule or "",
        tags=(_alerts_tag(source), *event_tags(event)),
    )


def metric_alert_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A metric alert that fired, changed its severity or was resolved; the subject is the incident."""
    snapshot = decode_snapshot(decode_snapshot(raw, MetricAlertSnapshot).metric_alert, IncidentSnapshot)
    projects = _slugs(snapshot.projects or [])
    return replace(
        source.make_change("metric_alert", Stream.ALERTS, kind, raw),
        subject=str(snapshot.id),
        state=source.action.partition(".")[2],
        project=projects[0] if len(projects) == 1 else None,
        projects=projects,
        tags=(_alerts_tag(source),),
    )


def activity_alert_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """An alert that fired on an activity of an issue, its subject; the state is the alert and the activity."""
    snapshot = decode_snapshot(raw, ActivityAlertSnapshot)
    issue = decode_snapshot(snapshot.issue, IssueSnapshot)
    activity = snapshot.activity or ActivitySnapshot()
    return replace(
        describe_issue(source.make_change("activity_alert", Stream.ALERTS, kind, raw), issue),
        state=f"{_alert_id(snapshot.alert)}/{activity.type}",
        tags=(_alerts_tag(source), *issue_tags(source.organization, str(issue.id))),
    )


def _alerts_tag(source: ChangeSource) -> str:
    return f"alerts/{source.organization}"


def _alert_id(alert: AlertSnapshot | None) -> str:
    return "" if alert is None or alert.id is None else str(alert.id)


def _slugs(items: list[msgspec.Raw]) -> tuple[str, ...]:
    slugs = []
    for item in items[:MAX_PROJECTS]:
        try:
            slugs.append(msgspec.json.decode(item, type=Slug))
        except msgspec.ValidationError:
            continue
    return tuple(slugs)
