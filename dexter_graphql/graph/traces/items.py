"""Items of a trace: spans, errors and uptime checks."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.declarations.fields import batch, computed, entity, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.events.types import EventReference
from dexter_graphql.graph.explore.cells import as_string
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.graph.lazy_types import EventType, IssueType, ProjectType
from dexter_graphql.graph.traces.members import boolean, number, pairs, text, time
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.traces import ErrorRecord, SpanRecord, TraceItemRecord
from dexter_graphql.sentry.errors import InvalidValue

level_of = enum_member(Level)
AttributeName = Annotated[
    str, strawberry.argument(description="Name of the attribute, for example `http.response.status_code`.")
]


def identifier(item: TraceItemRecord, member: str) -> str | None:
    """A numeric or textual ID in an item; None when it has none."""
    value = item.node.get(member)
    is_id = isinstance(value, (int, str)) and not isinstance(value, bool)
    return str(value) if is_id and value not in {"", 0} else None


def project_key(item: TraceItemRecord) -> ProjectKey | None:
    """Key of the project of an item."""
    project = identifier(item, "project_id")
    return None if project is None else ProjectKey(item.parents.organization, project)


def issue_key(item: TraceItemRecord) -> IssueKey | None:
    """Key of the issue of an error."""
    issue = identifier(item, "issue_id")
    return None if issue is None else IssueKey(item.parents.organization, issue)


def _event_of(item: TraceItemRecord, member: str) -> EventReference | None:
    event_id, project = identifier(item, member), identifier(item, "project_id")
    if event_id is None or project is None:
        return None
    return EventReference(eventID=event_id, projectID=project, parents=item.parents)


def attribute_of(item: TraceItemRecord, name: str) -> Any:
    """Value of an attribute as JSON; None when the item has none."""
    values = item.node.get("additional_attributes")
    if values is not None and not isinstance(values, dict):
        raise InvalidValue("Sentry sent something else instead of attributes")
    value = (values or {}).get(name)
    return None if value is None else raw(value)


@value_type
class Measurement:
    """Measured value of a span."""

    @computed()
    def name(pair: tuple[str, float]) -> str:
        """Name of the measurement, for example `browser.web_vital.lcp.value`."""
        return pair[0]

    @computed()
    def value(pair: tuple[str, float]) -> float:
        """Measured value."""
        return pair[1]


@entity(representations=(), is_interface=True)
class TraceItem:
    """Something that happened in a trace."""

    transaction: str | None = text("transaction", "Transaction that the item belongs to.")
    description: str | None = text("description", "What happened, for example a query or the title of an error.")
    started_at: datetime | None = time("start_timestamp", "Time when the item started.")
    ended_at: datetime | None = time("end_timestamp", "Time when the item ended.")
    project: ProjectType | None = batch(
        projects_by_id, key=project_key, reads={}, description="Project that reported the item."
    )

    @computed()
    def depth(item: TraceItemRecord) -> int:
        """Number of items above this one."""
        return item.depth


@entity(representations=())
class TraceError(TraceItem):
    """Error in a trace, or an occurrence of an issue that is not an error."""

    event_id: str | None = text("event_id", "ID of the event.")
    short_id: str | None = text("short_id", "Short ID of the issue.")
    culprit: str | None = text("culprit", "Place in the application where it occurred.")
    level_raw: str | None = text("level", "Value of `level`, as sent by Sentry.")
    issue: IssueType | None = batch(issues_by_id, key=issue_key, reads={}, description="Issue that it belongs to.")

    @computed()
    def level(item: ErrorRecord) -> Level | None:
        """Severity of the error."""
        value = as_string(item.node.get("level"))
        return None if not value else level_of(value)

    @computed()
    def is_occurrence(item: ErrorRecord) -> bool:
        """True for an occurrence of an issue that is not an error."""
        return item.node.get("event_type") == "occurrence"

    @computed()
    def event(item: ErrorRecord) -> EventType | None:
        """Event of the error. Selecting only its ID costs no call."""
        return _event_of(item, "event_id")


@entity(representations=())
class TraceSpan(TraceItem):
    """Span: a timed operation in a trace."""

    span_id: str | None = text("event_id", "ID of the span: 16 hexadecimal digits.")
    parent_span_id: str | None = text("parent_span_id", "ID of the span above; null for a root.")
    op: str | None = text("op", "Operation, for example `http.server` or `db`.")
    name: str | None = text("name", "Name of the span.")
    duration_ms: float | None = number("duration", "Length of the span in milliseconds.")
    is_transaction: bool | None = boolean("is_transaction", "True for the root span of a transaction.")
    transaction_event_id: str | None = text("transaction_id", "ID of the transaction's event.")
    sdk_name: str | None = text("sdk_name", "SDK that reported the span.")
    profile_id: str | None = text("profile_id", "ID of the transaction's profile; null without one.")
    profiler_id: str | None = text("profiler_id", "ID of the continuous profiling session; null without one.")
    measurements: list[Measurement] = pairs("measurements", "Measurements of the span.")
    web_vitals: list[Measurement] = pairs("browser_web_vital", "Web vitals of a page load.")
    mobile_vitals: list[Measurement] = pairs("mobile_app_vital", "Vitals of a mobile app.")

    @computed()
    def transaction_event(item: SpanRecord) -> EventType | None:
        """Event of the transaction that the span is in; null without one. Selecting only its ID costs no call."""
        return _event_of(item, "transaction_id")

    @computed()
    def attribute(item: SpanRecord, *, name: AttributeName) -> JSON | None:
        """Value of an attribute of the span; null when it has none. It is requested with the trace, without a call."""
        return attribute_of(item, name)

    @computed()
    def children(item: SpanRecord) -> list[TraceItem]:
        """Items in the span, one level; `Trace.spans` has all levels."""
        return item.below("children")

    @computed()
    def errors(item: SpanRecord) -> list[TraceError]:
        """Errors in the span."""
        return item.below("errors")

    @computed()
    def occurrences(item: SpanRecord) -> list[TraceError]:
        """Occurrences in the span of issues that are not errors."""
        return item.below("occurrences")


@entity(representations=())
class TraceUptimeCheck(TraceItem):
    """Uptime check that began a trace."""

    op: str | None = text("op", "Operation, usually `uptime.request`.")
    name: str | None = text("name", "Name of the check.")
    region_name: str | None = text("region_name", "Region from which the check was made.")
    duration_ms: float | None = number("duration", "Length of the check in milliseconds.")

    @computed()
    def attribute(item: TraceItemRecord, *, name: AttributeName) -> JSON | None:
        """Value of an attribute of the check; null when it has none. It is requested with the trace, without a call."""
        return attribute_of(item, name)

    @computed()
    def children(item: TraceItemRecord) -> list[TraceItem]:
        """Items in the check, one level."""
        return item.below("children")

    @computed()
    def errors(item: TraceItemRecord) -> list[TraceError]:
        """Errors in the check."""
        return item.below("errors")

    @computed()
    def occurrences(item: TraceItemRecord) -> list[TraceError]:
        """Occurrences in the check of issues that are not errors."""
        return item.below("occurrences")


ITEM_TYPES = (TraceSpan, TraceError, TraceUptimeCheck)
"""Types that only an interface leads to."""
