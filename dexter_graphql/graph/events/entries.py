"""Entries of an event: the `EventEntry` interface, its types, and the values inside them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.declarations.fields import LazyJSON, TaggedJSON, computed, entity, plain, value_type
from dexter_graphql.graph.events.entry_values import Breadcrumb, ContextLine, ExceptionValue, StackFrame, Thread
from dexter_graphql.sentry.parents import Parents


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
        return [] if row.context is None else row.context


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


ENTRY_TYPENAMES: Mapping[str, str] = MappingProxyType(
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


def entry(value_type: TaggedJSON, parents: Parents) -> Any:
    """A part of an event as the type that its kind says, UnknownEntry for a kind that is new to us.

    `parents` are those of its values.
    """
    typename = ENTRY_TYPENAMES.get(value_type.type, "UnknownEntry")
    if typename == "UnknownEntry":
        return LazyJSON(typename, raw({"kind": value_type.type, "data": value_type.data}))
    if typename == "SpansEntry":
        return LazyJSON(typename, raw({"spans": value_type.data}))
    if typename == "ReportEntry":
        members = msgspec.json.decode(value_type.data)
        return LazyJSON(typename, raw({**(members if isinstance(members, dict) else {}), "kind": value_type.type}))
    return LazyJSON(typename, value_type.data, parents=parents)


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
