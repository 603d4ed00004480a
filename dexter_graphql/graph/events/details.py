"""Parts of an event: contexts, the affected user, SDK, processing errors and the occurrence."""

import re
from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.declarations.fields import LazyJSON, computed, plain, value_type
from dexter_graphql.graph.events.entry_values import member
from dexter_graphql.sentry.lenient import UNREADABLE, decode_leniently, invalid_value

TRACE_ID = re.compile(r"[0-9A-Fa-f]{32}")


@value_type
class EventContext:
    """Context of an event, such as the browser, the runtime or the trace."""

    @computed({"name": str})
    def name(row: Any) -> str:
        """Name of the context, for example `browser`."""
        return row.name

    @computed(value=msgspec.Raw)
    def type(row: Any) -> str | None:
        """Type of the context, usually the same as its name; null when it has none."""
        return _type_of(row.value)

    @computed(value=msgspec.Raw)
    def value(row: Any) -> JSON:
        """Data of the context."""
        return row.value


@value_type
class EventUser:
    """User of the application who was affected by the event."""

    user_id: str | None = plain("id", type=int | str, convert=str, description="ID of the user in the application.")
    email: str | None = plain(description="Email address of the user.")
    username: str | None = plain(description="User name in the application.")
    ip_address: str | None = plain("ip_address", description="IP address of the user.")


@value_type
class EventUserDetails:
    """What an application reported about the user of an event besides the identifiers."""

    name: str | None = plain(description="Display name of the user.")
    geo: JSON | None = plain(description="Location that Sentry derived from the IP address.")
    data: JSON | None = plain(description="Additional data reported by the application.")


@value_type
class SDK:
    """SDK that reported an event."""

    name: str | None = plain(description="Name of the SDK, for example `sentry.python`.")
    version: str | None = plain(description="Version of the SDK.")


@value_type
class ProcessingError:
    """Error that occurred while Sentry processed an event."""

    type: str | None = plain(description="Type of the error, for example `js_no_source`.")
    message: str | None = plain(description="Error message.")
    data: JSON | None = plain(description="Additional data of the error.")


@value_type
class Evidence:
    """Evidence of an issue that is not an error."""

    name: str | None = plain(description="Name of the evidence.")
    value: str | None = plain(description="Value of the evidence.")
    is_important: bool | None = plain("important", description="True for evidence that should be shown first.")


@value_type
class Occurrence:
    """Occurrence: what Sentry detected, for issues that are not errors."""

    occurrence_id: strawberry.ID | None = plain("id", description="ID of the occurrence in Sentry.")
    title: str | None = plain("issueTitle", description="Title of the issue that the occurrence belongs to.")
    subtitle: str | None = plain(description="Subtitle of the occurrence.")
    culprit: str | None = plain(description="Place in the application where it was detected.")
    level: str | None = plain(description="Severity, as sent by Sentry.")
    detected_at: datetime | None = plain("detectionTime", description="Time of the detection.")
    evidence: list[Evidence] | None = plain("evidenceDisplay", description="Evidence for display.")
    evidence_data: JSON | None = plain("evidenceData", description="Evidence as structured data.")


def context(name: str, value: msgspec.Raw) -> Any:
    """A context with its name, which is a key in Sentry's JSON."""
    return LazyJSON("EventContext", raw({"name": name, "value": value}))


def trace_id_of(context: msgspec.Raw | None) -> str | None:
    """The ID of the trace that the context `trace` of an event names; None when it names none."""
    value = member(context, "trace_id")
    try:
        trace_id = "" if value is None else decode_leniently(value, str, "trace_id")
    except UNREADABLE as error:
        raise invalid_value("trace_id", error) from None
    return trace_id.lower() if TRACE_ID.fullmatch(trace_id) else None


def _type_of(value: msgspec.Raw) -> str | None:
    """Type of a context, which may be any JSON; raises InvalidValue when it is not text."""
    kind = member(value, "type") if bytes(value).lstrip()[:1] == b"{" else None
    try:
        return None if kind is None else decode_leniently(kind, str, "type")
    except UNREADABLE as error:
        raise invalid_value("type", error) from None
