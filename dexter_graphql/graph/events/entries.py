"""The parts that an event is made of: exceptions, stack frames, breadcrumbs, the request, and the rest."""

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
    """A name with a value, in the order in which they were sent."""

    @computed()
    def key(pair: tuple[str | None, object]) -> str:
        """Name."""
        return pair[0] or ""

    @computed()
    def value(pair: tuple[str | None, object]) -> str | None:
        """Value as text; null when there was none."""
        return None if pair[1] is None else pair[1] if isinstance(pair[1], str) else str(pair[1])


@value_type
class ContextLine:
    """A line of source code around the place where it happened."""

    @computed()
    def line(pair: tuple[int | None, str | None]) -> int | None:
        """Number of the line, from 1."""
        return pair[0]

    @computed()
    def text(pair: tuple[int | None, str | None]) -> str | None:
        """The code."""
        return pair[1]


@value_type
class StackFrame:
    """One call on the stack."""

    file: str | None = plain("filename", description="Path of the file, as short as the platform gives it.")
    absolute_path: str | None = plain("absPath", description="Whole path of the file, or its address.")
    module: str | None = plain(description="Module or class.")
    package: str | None = plain(description="Package, library or image.")
    platform: str | None = plain(description="Platform, where it differs from the event's.")
    function: str | None = plain(description="Function or method.")
    raw_function: str | None = plain("rawFunction", description="Function before it was shortened or demangled.")
    symbol: str | None = plain(description="Symbol, for native code.")
    line: int | None = plain("lineNo", description="Number of the line, from 1.")
    column: int | None = plain("colNo", description="Number of the column.")
    in_app: bool | None = plain("inApp", description="True for your own code, false for libraries.")
    trust: str | None = plain(description="How certain the frame is, for native code.")
    instruction_address: str | None = plain("instructionAddr", description="Address, for native code.")
    source_link: str | None = plain("sourceLink", description="Where the line stands in the repository.")
    variables: JSON | None = plain("vars", description="Local variables.")

    @computed(context=list[tuple[int | None, str | None]] | None)
    def context(row: Any) -> list[ContextLine]:
        """Lines of source code around the place, in order; empty when Sentry has none."""
        return row.context or []


@value_type
class StackTrace:
    """Calls on the stack, oldest first."""

    frames: list[StackFrame] | None = plain(description="Calls, the oldest first, so that the last one failed.")
    has_system_frames: bool | None = plain("hasSystemFrames", description="True when some frames are of libraries.")
    registers: JSON | None = plain(description="Registers, for native code.")


@value_type
class ExceptionMechanism:
    """How an exception came to be reported."""

    type: str | None = plain(description="What caught it, for example `onerror` or `django`.")
    handled: bool | None = plain(description="False when the program did not catch it.")
    synthetic: bool | None = plain(description="True when the exception was made for the report.")
    description: str | None = plain(description="More about the mechanism.")
    help_link: str | None = plain("help_link", description="A page about it.")
    exception_id: int | None = plain("exception_id", description="Number of the exception in its group.")
    parent_id: int | None = plain("parent_id", description="Number of the exception that has it as a cause.")


@value_type
class ExceptionValue:
    """One exception of a chain."""

    type: str | None = plain(description="Class of the exception.")
    value: str | None = plain(description="Its message.")
    module: str | None = plain(description="Module of its class.")
    thread_id: strawberry.ID | None = plain("threadId", description="Thread that it happened in.")
    mechanism: ExceptionMechanism | None = plain(description="How it came to be reported.")
    raw_stack_trace: StackTrace | None = plain("rawStacktrace", description="The same before source maps and symbols.")

    @computed(stacktrace=msgspec.Raw)
    def stack_trace(row: Any) -> StackTrace | None:
        """Where it happened."""
        return undecoded("StackTrace", row.stacktrace)

    @computed(stacktrace=msgspec.Raw)
    def frames(row: Any) -> list[StackFrame] | None:
        """Calls on the stack, oldest first: `stackTrace { frames }` in short."""
        return undecoded("StackFrame", member(row.stacktrace, "frames"), is_list=True)


@value_type
class Breadcrumb:
    """Something that happened shortly before the event."""

    timestamp: datetime | None = plain(description="When it happened.")
    type: str | None = plain(description="Kind: `default`, `http`, `navigation`, `error`, …")
    category: str | None = plain(description="Where it comes from, for example `ui.click`.")
    level: str | None = plain(description="Severity in Sentry's own word.")
    message: str | None = plain(description="What happened.")
    data: JSON | None = plain(description="More about it.")
    event_id: str | None = plain("event_id", description="Event that it led to.")


@value_type
class HTTPRequest:
    """The HTTP request that was being answered, or made."""

    url: str | None = plain(description="Address without the query.")
    method: str | None = plain(description="HTTP method.")
    fragment: str | None = plain(description="What follows `#`.")
    content_type: str | None = plain("inferredContentType", description="Type of the body, as Sentry takes it to be.")
    api_target: str | None = plain("apiTarget", description="`graphql` for GraphQL requests.")
    body: JSON | None = plain("data", description="Body as it was reported.")
    environment: JSON | None = plain("env", description="Variables of the server.")

    @computed(query=Pairs | str | None)
    def query(row: Any) -> list[KeyValue]:
        """Parameters of the query."""
        return pairs(row.query)

    @computed(headers=Pairs | None)
    def headers(row: Any) -> list[KeyValue]:
        """Headers that were reported."""
        return pairs(row.headers)

    @computed(cookies=Pairs | None)
    def cookies(row: Any) -> list[KeyValue]:
        """Cookies that were reported."""
        return pairs(row.cookies)


@value_type
class Thread:
    """A thread of the program at the time of the event."""

    thread_id: strawberry.ID | None = plain("id", description="Number of the thread.")
    name: str | None = plain(description="Name.")
    crashed: bool | None = plain(description="True for the thread that ended the program.")
    current: bool | None = plain(description="True for the thread that reported.")
    state: str | None = plain(description="State, for example `BLOCKED`.")
    stack_trace: StackTrace | None = plain("stacktrace", description="Where it was.")


@entity(representations=(), is_interface=True)
class EventEntry:
    """A part of an event; its type says which."""

    @computed()
    def kind(row: Any) -> str:
        """Sentry's own word for the type of this part."""
        raise NotImplementedError(type(row))


def kind_field(word: str) -> Any:
    """The `kind` field of an entry type."""

    def kind(_row: Any) -> str:
        """Sentry's own word for the type of this part."""
        return word

    return computed()(kind)


@value_type
class ExceptionEntry(EventEntry):
    """The exception, with the ones that caused it."""

    kind: str = kind_field("exception")
    exceptions: list[ExceptionValue] | None = plain("values", description="The chain, the outermost exception last.")
    has_system_frames: bool | None = plain("hasSystemFrames", description="True when some frames are of libraries.")


@value_type
class MessageEntry(EventEntry):
    """A message that was reported instead of an exception, or beside it."""

    kind: str = kind_field("message")
    formatted: str | None = plain(description="The message with its parameters put in.")
    message: str | None = plain(description="The message as it stands in the code.")
    parameters: JSON | None = plain("params", description="What was put in.")


@value_type
class BreadcrumbsEntry(EventEntry):
    """What happened shortly before."""

    kind: str = kind_field("breadcrumbs")
    breadcrumbs: list[Breadcrumb] | None = plain("values", description="Oldest first.")


@value_type
class RequestEntry(EventEntry):
    """The HTTP request that was being answered, or made."""

    kind: str = kind_field("request")
    url: str | None = plain(description="Address without the query.")
    method: str | None = plain(description="HTTP method.")


@value_type
class StackTraceEntry(EventEntry):
    """A stack trace without an exception."""

    kind: str = kind_field("stacktrace")
    frames: list[StackFrame] | None = plain(description="Calls, oldest first.")


@value_type
class ThreadsEntry(EventEntry):
    """The threads of the program."""

    kind: str = kind_field("threads")
    threads: list[Thread] | None = plain("values", description="All threads that were reported.")


@value_type
class TemplateEntry(EventEntry):
    """The template that was being rendered."""

    kind: str = kind_field("template")
    file: str | None = plain("filename", description="File of the template.")
    absolute_path: str | None = plain("absPath", description="Whole path of the file.")
    line: int | None = plain("lineNo", description="Number of the line, from 1.")

    @computed(context=list[tuple[int | None, str | None]] | None)
    def context(row: Any) -> list[ContextLine]:
        """Lines of the template around the place, in order."""
        return row.context or []


@value_type
class CSPEntry(EventEntry):
    """A violation of the content security policy."""

    kind: str = kind_field("csp")
    effective_directive: str | None = plain("effective_directive", description="Directive that was violated.")
    violated_directive: str | None = plain("violated_directive", description="The directive with its values.")
    blocked_uri: str | None = plain("blocked_uri", description="What was blocked.")
    document_uri: str | None = plain("document_uri", description="Page on which it happened.")
    disposition: str | None = plain(description="`enforce` or `report`.")


@value_type
class DebugMetaEntry(EventEntry):
    """Images and symbols that native code was loaded from."""

    kind: str = kind_field("debugmeta")
    images: JSON | None = plain(description="Loaded images.")


@value_type
class SpansEntry(EventEntry):
    """Spans of a transaction."""

    kind: str = kind_field("spans")
    spans: JSON | None = plain(description="The spans as Sentry sent them.")


@value_type
class ReportEntry(EventEntry):
    """A report of the browser about certificates: `expectct`, `expectstaple` or `hpkp`."""

    @computed(kind=str | None)
    def kind(row: Any) -> str:
        """`expectct`, `expectstaple` or `hpkp`."""
        return row.kind or ""

    hostname: str | None = plain(description="Host that the report is about.")
    port: int | None = plain(description="Port that the report is about.")


@value_type
class UnknownEntry(EventEntry):
    """A part of a type that is newer than this server."""

    @computed(kind=str | None)
    def kind(row: Any) -> str:
        """Sentry's own word for the type of this part."""
        return row.kind or ""

    data: JSON | None = plain(description="The part as Sentry sent it.")


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
"""Sentry's word for a part → its type in the graph."""


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
"""Types that no field names, but that stand behind EventEntry."""
