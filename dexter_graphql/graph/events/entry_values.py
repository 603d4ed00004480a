"""Values inside the entries of an event: exceptions, stack frames, breadcrumbs, requests and threads."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import strawberry

from dexter_graphql.graph.common.key_values import KeyValue
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.declarations.fields import LazyJSON, batch, computed, plain, value_type
from dexter_graphql.graph.events.source_links import SourceLink, frame_link_key
from dexter_graphql.loaders.source_links import source_links
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import NULL, complete_list, omitted_from
from dexter_graphql.sentry.parents import Parents

Pairs = list[tuple[str | None, object]]


MAX_PAIRS = 1000


def undecoded(typename: str, raw: msgspec.Raw | None, *, is_list: bool = False, parents: Parents | None = None) -> Any:
    """JSON of a known type, None for null."""
    return None if raw is None or raw == NULL else LazyJSON(typename, raw, is_list, parents)


def member(raw: msgspec.Raw | None, name: str) -> msgspec.Raw | None:
    """A member of an undecoded object, None when there is none or it is null. Raises InvalidValue for another value."""
    if raw is None or raw == NULL:
        return None
    try:
        value = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get(name)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"What should have '{name}' in Sentry's answer does not fit: {error}") from None
    return None if value == NULL else value


def pairs(value: Any) -> list[tuple[str, object]]:
    """Names with values, from pairs or from the text of a query. A name that does not fit is empty, with its error."""
    if isinstance(value, str):
        return list(parse_qsl(value, keep_blank_values=True, max_num_fields=MAX_PAIRS))
    invalid = [key for key, _ in value or () if isinstance(key, InvalidValue)]
    named = [("" if isinstance(key, InvalidValue) else key or "", text) for key, text in value or ()]
    return complete_list(named, [*omitted_from(value), *invalid])


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
    is_in_app: bool | None = plain("inApp", description="True for application code, false for library code.")
    trust: str | None = plain(description="How the frame was found in native code, for example `cfi` or `scan`.")
    instruction_address: str | None = plain("instructionAddr", description="Instruction address in native code.")
    source_link: str | None = plain("sourceLink", description="URL of the line in the source repository.")
    variables: JSON | None = plain("vars", description="Local variables of the frame.")
    repository_link: SourceLink | None = batch(
        source_links,
        key=frame_link_key,
        reads={
            **dict.fromkeys(("filename", "absPath", "module", "package", "platform"), str | None),
            "lineNo": int | None,
        },
        description="Link to the line in the repository that the project is mapped to; null for a frame without a"
        " file. One call per frame.",
    )

    @computed(context=list[tuple[int | None, str | None]] | None)
    def context(row: Any) -> list[ContextLine]:
        """Source lines around the frame, in order; empty when Sentry has none."""
        return [] if row.context is None else row.context


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
    is_handled: bool | None = plain("handled", description="False when the application did not handle the exception.")
    is_synthetic: bool | None = plain(
        "synthetic", description="True when the SDK created the exception for the report."
    )
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

    occurred_at: datetime | None = plain("timestamp", description="Time of the breadcrumb.")
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
    has_crashed: bool | None = plain("crashed", description="True for the thread that crashed.")
    is_current: bool | None = plain("current", description="True for the thread in which the event was captured.")
    state: str | None = plain(description="State of the thread, for example `BLOCKED`.")
    stack_trace: StackTrace | None = plain("stacktrace", description="Stack trace of the thread.")
