"""Entries of an event: the `EventEntry` interface, its types, and the values inside them."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.declarations.fields import LazyJSON, TaggedJSON, computed, entity, plain, value_type
from dexter_graphql.sentry.projection import NULL

Pairs = list[tuple[str | None, object]]
MAX_PAIRS = 1000


def undecoded(typename: str, raw: msgspec.Raw | None, *, is_list: bool = False) -> Any:
    """JSON of a known type, None for null."""
    return None if raw is None or raw == NULL else LazyJSON(typename, raw, is_list)


def member(raw: msgspec.Raw | None, name: str) -> msgspec.Raw | None:
    """One member of an undecoded object, None when there is no such thing or it is null."""
    try:
        found = msgspec.json.decode(raw or NULL, type=dict[str, msgspec.Raw]).get(name)
    except msgspec.ValidationError:
        return None
    return None if found == NULL else found


def pairs(value: Any) -> list[tuple[str, object]]:
    """Names with values, from pairs or from the text of a query."""
    if isinstance(value, str):
        return list(parse_qsl(value, keep_blank_values=True, max_num_fields=MAX_PAIRS))
    return [(key or "", text) for key, text in value or ()]


@value_type
class KeyValue:
    """Key-value pair of an HTTP request, in the order in which it was sent."""

    @computed()
    def key(pair: tuple[str | None, object]) -> str:
        """Key of the pair."""
        return pair[0] or ""

    @computed()
    def value(pair: tuple[str | None, object]) -> str | None:
        """Value as text; null when the key has no value."""
        return None if pair[1] is None else pair[1] if isinstance(pair[1], str) else str(pair[1])


@value_type
class ContextLine:
    """Line of source code around a stack frame."""

    @computed()
    def line(pair: tuple[int | None, str | None]) -> int | None:
        """Line number, starting at 1."""
        return pair[0]

    @computed()
    def text(pair: tuple[int | None, str | None]) -> str | None:
        """Text of the line."""
        return pair[1]


@value_type
class StackFrame:
    """Frame of a stack trace."""

    file: str | None = plain("filename", description="Path of the source file, usually relative.")
    absolute_path: str | None = plain("absPath", description="Absolute path or URL of the source file.")
    module: str | None = plain(description="Module or class of the function.")
    package: str | None = plain(description="Package, library or image that contains the frame.")
    platform: str | None = plain(description="Platform of the frame; null when it is the platform of the event.")
    function: str | None = plain(description="Name of the function or method.")
    raw_function: str | None = plain("rawFunction", description="Name of the function before trimming or demangling.")
    symbol: str | None = plain(description="Symbol name in native code.")
    line: int | None = plain("lineNo", description="Line number, starting at 1.")
    column: int | None = plain("colNo", description="Column number.")
    in_app: bool | None = plain("inApp", description="True for application code, false for library code.")
    trust: str | None = plain(description="How the frame was found in native code, for example `cfi` or `scan`.")
    instruction_address: str | None = plain("instructionAddr", description="Instruction address in native code.")
    source_link: str | None = plain("sourceLink", description="URL of the line in the source repository.")
    variables: JSON | None = plain("vars", description="Local variables of the frame.")

    @computed(context=list[tuple[int | None, str | None]] | None)
    def context(row: Any) -> list[ContextLine]:
        """Source lines around the frame, in order; empty when Sentry has none."""
        return row.context or []


@value_type
class StackTrace:
    """Stack trace."""

    frames: list[StackFrame] | None = plain(
        description="Frames, oldest first. The last frame is where the error occurred."
    )
    has_system_frames: bool | None = plain("hasSystemFrames", description="True when some frames are library code.")
    registers: JSON | None = plain(description="CPU registers, for native code.")


@value_type
class ExceptionMechanism:
    """How an exception was captured."""

    type: str | None = plain(description="Integration that captured the exception, for example `onerror` or `django`.")
    handled: bool | None = plain(description="False when the application did not handle the exception.")
    synthetic: bool | None = plain(description="True when the SDK created the exception for the report.")
    description: str | None = plain(description="Description of the mechanism.")
    help_link: str | None = plain("help_link", description="URL of documentation about the error.")
    exception_id: int | None = plain("exception_id", description="Number of the exception in an exception group.")
    parent_id: int | None = plain("parent_id", description="Number of the parent exception in an exception group.")


@value_type
class ExceptionValue:
    """Exception of a chain."""

    type: str | None = plain(description="Type of the exception.")
    value: str | None = plain(description="Message of the exception.")
    module: str | None = plain(description="Module of the exception type.")
    thread_id: strawberry.ID | None = plain("threadId", description="ID of the thread in which the exception occurred.")
    mechanism: ExceptionMechanism | None = plain(description="How the exception was captured.")
    raw_stack_trace: StackTrace | None = plain(
        "rawStacktrace", description="Stack trace before source maps and symbols were applied; null when none were."
    )

    @computed(stacktrace=msgspec.Raw)
    def stack_trace(row: Any) -> StackTrace | None:
        """Stack trace of the exception; null when Sentry has none."""
        return undecoded("StackTrace", row.stacktrace)

    @computed(stacktrace=msgspec.Raw)
    def frames(row: Any) -> list[StackFrame] | None:
        """Frames of the stack trace, oldest first. Same as `stackTrace { frames }`."""
        return undecoded("StackFrame", member(row.stacktrace, "frames"), is_list=True)


@value_type
class Breadcrumb:
    """Breadcrumb: something that happened before the event."""

    timestamp: datetime | None = plain(description="Time of the breadcrumb.")
    type: str | None = plain(description="Type of the breadcrumb: `default`, `http`, `navigation`, `error` and others.")
    category: str | None = plain(description="Category of the breadcrumb, for example `ui.click`.")
    level: str | None = plain(description="Severity of the breadcrumb, as sent by Sentry.")
    message: str | None = plain(description="Message of the breadcrumb.")
    data: JSON | None = plain(description="Additional data of the breadcrumb.")
    event_id: str | None = plain("event_id", description="ID of a related event.")


@value_type
class HTTPRequest:
    """HTTP request during which the event occurred."""

    url: str | None = plain(description="URL of the request without its query string.")
    method: str | None = plain(description="HTTP method of the request.")
    fragment: str | None = plain(description="Fragment of the URL.")
    content_type: str | None = plain(
        "inferredContentType", description="Content type of the body, as inferred by Sentry."
    )
    api_target: str | None = plain(
        "apiTarget", description="Kind of API that was called, for example `graphql`; null for other requests."
    )
    body: JSON | None = plain("data", description="Body of the request, as reported by the SDK.")
    environment: JSON | None = plain("env", description="Server environment variables.")

    @computed(query=Pairs | str | None)
    def query(row: Any) -> list[KeyValue]:
        """Query parameters."""
        return pairs(row.query)

    @computed(headers=Pairs | None)
    def headers(row: Any) -> list[KeyValue]:
        """Request headers."""
        return pairs(row.headers)

    @computed(cookies=Pairs | None)
    def cookies(row: Any) -> list[KeyValue]:
        """Request cookies."""
        return pairs(row.cookies)


@value_type
class Thread:
    """Thread of the application at the time of the event."""

    thread_id: strawberry.ID | None = plain("id", description="ID of the thread.")
    name: str | None = plain(description="Name of the thread.")
    crashed: bool | None = plain(description="True for the thread that crashed.")
    current: bool | None = plain(description="True for the thread in which the event was captured.")
    state: str | None = plain(description="State of the thread, for example `BLOCKED`.")
    stack_trace: StackTrace | None = plain("stacktrace", description="Stack trace of the thread.")


@entity(representations=(), is_interface=True)
class EventEntry:
    """Entry of an event. The concrete type depends on the kind of entry."""

    @computed()
    def kind(row: Any) -> str:
        """Kind of the entry, as sent by Sentry."""
        raise NotImplementedError(type(row))


def kind_field(word: str) -> Any:
    """The `kind` field of an entry type."""

    def kind(_row: Any) -> str:
        """Kind of the entry, as sent by Sentry."""
        return word

    return computed()(kind)


@value_type
class ExceptionEntry(EventEntry):
    """Exception of the event, with its causes."""

    kind: str = kind_field("exception")
    exceptions: list[ExceptionValue] | None = plain("values", description="Exceptions of the chain, outermost last.")
    has_system_frames: bool | None = plain("hasSystemFrames", description="True when some frames are library code.")


@value_type
class MessageEntry(EventEntry):
    """Log message of the event."""

    kind: str = kind_field("message")
    formatted: str | None = plain(description="Message with its parameters inserted.")
    message: str | None = plain(description="Message template without its parameters.")
    parameters: JSON | None = plain("params", description="Parameters of the message.")


@value_type
class BreadcrumbsEntry(EventEntry):
    """Breadcrumbs of the event."""

    kind: str = kind_field("breadcrumbs")
    breadcrumbs: list[Breadcrumb] | None = plain("values", description="Breadcrumbs, oldest first.")


@value_type
class RequestEntry(EventEntry):
    """HTTP request of the event."""

    kind: str = kind_field("request")
    url: str | None = plain(description="URL of the request without its query string.")
    method: str | None = plain(description="HTTP method of the request.")


@value_type
class StackTraceEntry(EventEntry):
    """Stack trace of an event without an exception."""

    kind: str = kind_field("stacktrace")
    frames: list[StackFrame] | None = plain(description="Frames, oldest first.")


@value_type
class ThreadsEntry(EventEntry):
    """Threads of the application."""

    kind: str = kind_field("threads")
    threads: list[Thread] | None = plain("values", description="Threads reported by the SDK.")


@value_type
class TemplateEntry(EventEntry):
    """Template that was rendered when the event occurred."""

    kind: str = kind_field("template")
    file: str | None = plain("filename", description="Path of the template file, usually relative.")
    absolute_path: str | None = plain("absPath", description="Absolute path of the template file.")
    line: int | None = plain("lineNo", description="Line number, starting at 1.")

    @computed(context=list[tuple[int | None, str | None]] | None)
    def context(row: Any) -> list[ContextLine]:
        """Template lines around the error, in order."""
        return row.context or []


@value_type
class CSPEntry(EventEntry):
    """Content security policy violation."""

    kind: str = kind_field("csp")
    effective_directive: str | None = plain("effective_directive", description="Effective directive that was violated.")
    violated_directive: str | None = plain("violated_directive", description="Violated directive with its values.")
    blocked_uri: str | None = plain("blocked_uri", description="URI that was blocked.")
    document_uri: str | None = plain("document_uri", description="URI of the document in which the violation occurred.")
    disposition: str | None = plain(description="Disposition of the policy: `enforce` or `report`.")


@value_type
class DebugMetaEntry(EventEntry):
    """Debug information of native code."""

    kind: str = kind_field("debugmeta")
    images: JSON | None = plain(description="Loaded binary images.")


@value_type
class SpansEntry(EventEntry):
    """Spans of a transaction."""

    kind: str = kind_field("spans")
    spans: JSON | None = plain(description="Spans, as sent by Sentry.")


@value_type
class ReportEntry(EventEntry):
    """Browser report about a certificate: Expect-CT, Expect-Staple or HPKP."""

    @computed(kind=str | None)
    def kind(row: Any) -> str:
        """Kind of the report: `expectct`, `expectstaple` or `hpkp`."""
        return row.kind or ""

    hostname: str | None = plain(description="Host name of the report.")
    port: int | None = plain(description="Port of the report.")


@value_type
class UnknownEntry(EventEntry):
    """Entry of a kind that this server does not know."""

    @computed(kind=str | None)
    def kind(row: Any) -> str:
        """Kind of the entry, as sent by Sentry."""
        return row.kind or ""

    data: JSON | None = plain(description="Data of the entry, as sent by Sentry.")


TYPENAMES: Mapping[str, str] = MappingProxyType(
    {
        "exception": "ExceptionEntry",
        "message": "MessageEntry",
        "breadcrumbs": "BreadcrumbsEntry",
        "request": "RequestEntry",
        "stacktrace": "StackTraceEntry",
        "threads": "ThreadsEntry",
        "template": "TemplateEntry",
        "csp": "CSPEntry",
        "debugmeta": "DebugMetaEntry",
        "spans": "SpansEntry",
        "expectct": "ReportEntry",
        "expectstaple": "ReportEntry",
        "hpkp": "ReportEntry",
    }
)
"""Kind of entry in Sentry's API → its type in the graph."""


def entry(value_type: TaggedJSON) -> Any:
    """A part of an event as the type that its kind says, UnknownEntry for a kind that is new to us."""
    typename = TYPENAMES.get(value_type.type, "UnknownEntry")
    if typename == "UnknownEntry":
        return LazyJSON(typename, raw({"kind": value_type.type, "data": value_type.data}))
    if typename == "SpansEntry":
        return LazyJSON(typename, raw({"spans": value_type.data}))
    if typename == "ReportEntry":
        members = msgspec.json.decode(value_type.data)
        return LazyJSON(typename, raw({**(members if isinstance(members, dict) else {}), "kind": value_type.type}))
    return LazyJSON(typename, value_type.data)


def inside(parts: list[TaggedJSON] | None, kind: str) -> msgspec.Raw | None:
    """The data of the first part of that kind."""
    return next((value_type.data for value_type in parts or () if value_type.type == kind), None)


ENTRY_TYPES: tuple[type, ...] = (
    ExceptionEntry,
    MessageEntry,
    BreadcrumbsEntry,
    RequestEntry,
    StackTraceEntry,
    ThreadsEntry,
    TemplateEntry,
    CSPEntry,
    DebugMetaEntry,
    SpansEntry,
    ReportEntry,
    UnknownEntry,
)
"""Implementations of `EventEntry`, which no field refers to."""
