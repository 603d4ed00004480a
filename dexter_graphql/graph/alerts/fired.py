"""Alerts that fired, as the three kinds of webhooks about alerts describe them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.parents import OrganizationRef

ISSUE, METRIC, ACTIVITY = "event_alert", "metric_alert", "activity_alert"
Members = Mapping[str, Any]
"""The members of a JSON object."""


@dataclass(frozen=True, slots=True)
class FiredPayload:
    """What a webhook says about an alert that fired; None where it does not say it.

    `event` is in ingest shape, `issue` in that of the API, and the incident in that of webhooks.
    """

    name: str | None = None
    title: str | None = None
    description: str | None = None
    web_url: str | None = None
    event: Members = field(default_factory=dict)
    issue: Members = field(default_factory=dict)
    incident: Members = field(default_factory=dict)
    activity: str | None = None
    settings: Any = None


@dataclass(frozen=True, slots=True)
class FiredAlert:
    """A visible change of an alert, with what its webhook says."""

    change: Change
    organization: OrganizationRef
    payload: FiredPayload

    @property
    def project(self) -> str | None:
        """ID or slug of the first project of the alert."""
        return self.change.project_id or self.change.project or next(iter(self.change.projects), None)


def fired_payload(change: Change) -> FiredPayload:
    """What the webhook of a change says; nothing when the change no longer has its object."""
    read = READERS.get(change.entity)
    if read is None or change.object is None:
        return FiredPayload()
    data = msgspec.json.decode(change.object)
    return read(data) if isinstance(data, dict) else FiredPayload()


def _read_issue_alert(data: Members) -> FiredPayload:
    event, form = _object(data, "event"), _object(data, "issue_alert")
    return FiredPayload(
        name=_text(data, "triggered_rule") or _text(form, "title"),
        title=_text(event, "title"),
        description=_text(event, "message"),
        web_url=_text(event, "web_url"),
        event=event,
        settings=form.get("settings"),
    )


def _read_metric_alert(data: Members) -> FiredPayload:
    incident = _object(data, "metric_alert")
    return FiredPayload(
        name=_text(_object(incident, "alert_rule"), "name") or _text(incident, "title"),
        title=_text(data, "description_title"),
        description=_text(data, "description_text"),
        web_url=_text(data, "web_url"),
        incident=incident,
    )


def _read_activity_alert(data: Members) -> FiredPayload:
    issue, form = _object(data, "issue"), _object(data, "alert")
    return FiredPayload(
        name=_text(form, "title"),
        title=_text(issue, "title"),
        web_url=_text(issue, "web_url") or _text(issue, "permalink"),
        issue=issue,
        activity=_text(_object(data, "activity"), "type"),
        settings=form.get("settings"),
    )


def _object(data: Members, name: str) -> Members:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _text(data: Members, name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


READERS: Mapping[str, Callable[[Members], FiredPayload]] = MappingProxyType(
    {ISSUE: _read_issue_alert, METRIC: _read_metric_alert, ACTIVITY: _read_activity_alert}
)
"""Entity of a change → what its webhook says."""
