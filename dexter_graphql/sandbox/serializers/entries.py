"""JSON of the `entries` of events: exception, breadcrumbs, request, message and other kinds."""

from datetime import timedelta

from dexter_graphql.sandbox.world.event_attributes import get_browser, get_language, get_span_id, get_trace_id, get_url
from dexter_graphql.sandbox.world.model import Event
from dexter_graphql.sandbox.world.stack_traces import Frame

Entry = dict[str, object]


def serialize_entries(event: Event) -> list[Entry]:
    """All entries of an event in Sentry's order."""
    issue = event.issue
    if not issue.is_error:
        return _occurrence_entries(event)
    entries = [_exception(event)]
    if issue.number % 10 == 0:
        entries.append(_message(event))
    if issue.project.language in {"java", "csharp"}:
        entries.append(_threads())
    if issue.number % 12 == 0:
        entries.append({"type": "stacktrace", "data": _stacktrace(event)})
    if issue.number % 14 == 0 and issue.project.language == "python":
        entries.append(_template(event))
    entries.append(_breadcrumbs(event))
    if issue.project.language == "javascript" and issue.number % 30 == 0:
        entries.append(_csp(event))
    entries.append(_request(event))
    if issue.project.language in {"javascript", "csharp"}:
        entries.append(_debug_meta(event))
    return entries


def _occurrence_entries(event: Event) -> list[Entry]:
    if event.issue.kind == "transaction":
        return [_spans(event), _breadcrumbs(event), _request(event)]
    if event.issue.kind == "feedback":
        return [_request(event)]
    return []


def _exception(event: Event) -> Entry:
    issue, language = event.issue, get_language(event)
    value = {
        "type": issue.type_name,
        "value": issue.value,
        "mechanism": {
            "type": language.mechanism,
            "handled": not issue.is_unhandled,
            "synthetic": False,
            "data": {},
        },
        "threadId": None,
        "module": None,
        "stacktrace": _stacktrace(event),
        "rawStacktrace": None,
    }
    values = [value]
    if issue.number % 8 == 0:
        cause = value | {"type": "ConnectionError", "value": "the other side closed the connection"}
        values.insert(0, cause)
    return {"type": "exception", "data": {"values": values, "hasSystemFrames": True, "excOmitted": None}}


def serialize_ingested_exception(event: Event) -> Entry:
    """The exception of an error in the snake_case shape in which events are ingested."""
    issue = event.issue
    value = {
        "type": issue.type_name,
        "value": issue.value,
        "mechanism": {"type": get_language(event).mechanism, "handled": not issue.is_unhandled},
        "stacktrace": {"frames": [_ingested_frame(event, frame) for frame in get_frames(event)]},
    }
    return {"values": [value]}


def _ingested_frame(event: Event, frame: Frame) -> Entry:
    members = _frame(event, frame)
    lines = _context(frame, event.issue.project.language)
    return {
        "filename": frame.file,
        "abs_path": members["absPath"],
        "function": frame.function,
        "module": members["module"],
        "lineno": frame.line,
        "colno": members["colNo"],
        "context_line": frame.code,
        "pre_context": [text for line, text in lines if line < frame.line],
        "post_context": [text for line, text in lines if line > frame.line],
        "in_app": frame.is_app,
    }


def _stacktrace(event: Event) -> Entry:
    return {
        "frames": [_frame(event, frame) for frame in get_frames(event)],
        "framesOmitted": None,
        "registers": None,
        "hasSystemFrames": True,
    }


def get_frames(event: Event) -> tuple[Frame, ...]:
    """Frames of an error event, oldest first, including library frames."""
    language = get_language(event)
    return (*language.library, *language.templates[event.issue.template].frames)


def _frame(event: Event, frame: Frame) -> Entry:
    language = event.issue.project.language
    module = frame.file.removeprefix("~/").rpartition(".")[0].replace("/", ".")
    return {
        "filename": frame.file,
        "absPath": f"/srv/{event.issue.project.slug}/{frame.file.removeprefix('~/')}",
        "module": module or None,
        "package": None,
        "platform": None,
        "instructionAddr": None,
        "symbolAddr": None,
        "function": frame.function,
        "rawFunction": None,
        "symbol": None,
        "context": _context(frame, language),
        "lineNo": frame.line,
        "colNo": 11 if language == "javascript" else None,
        "inApp": frame.is_app,
        "trust": None,
        "errors": None,
        "lock": None,
        "sourceLink": None,
        "vars": {"size": str(event.variant % 50), "name": f"'{event.issue.project.slug}'"} if frame.is_app else None,
    }


def _context(frame: Frame, language: str) -> list[tuple[int, str]]:
    """The executed line with two lines before and after it, without numbers below 1."""
    comment = "#" if language in {"python", "ruby"} else "//"
    lines = {
        -2: f"{comment} {frame.function}: prepare",
        -1: "",
        0: frame.code,
        1: "",
        2: f"{comment} {frame.function}: done",
    }
    return [(frame.line + shift, text) for shift, text in lines.items() if frame.line + shift > 0]


def _breadcrumbs(event: Event) -> Entry:
    count = 3 + event.variant % 12
    kinds = (
        ("default", "navigation", "info", "went to the next page"),
        ("http", "fetch", "info", "GET /api/items 200"),
        ("debug", "console", "debug", "cache miss"),
        ("error", "http", "warning", "slow answer"),
    )
    values = []
    for index in range(count):
        kind, category, level, message = kinds[(event.variant + index) % len(kinds)]
        values.append(
            {
                "timestamp": event.time - timedelta(seconds=3 * (count - index)),
                "type": kind,
                "category": category,
                "level": level,
                "message": message,
                "data": {"step": index} if index % 2 else None,
                "event_id": None,
            }
        )
    return {"type": "breadcrumbs", "data": {"values": values}}


def _request(event: Event) -> Entry:
    name, version = get_browser(event)
    body = {"page": 1, "size": event.variant % 100} if event.variant % 2 else None
    return {
        "type": "request",
        "data": {
            "apiTarget": None,
            "method": ("GET", "POST")[event.variant % 2],
            "url": get_url(event),
            "query": [["page", str(event.variant % 9)], ["lang", "en"]],
            "fragment": None,
            "data": body,
            "headers": [["Accept", "application/json"], ["User-Agent", f"{name}/{version}"]],
            "cookies": [],
            "env": None,
            "inferredContentType": "application/json" if body else None,
        },
    }


def _message(event: Event) -> Entry:
    issue = event.issue
    return {"type": "message", "data": {"formatted": issue.title, "message": "%s: %s", "params": [issue.type_name]}}


def _threads() -> Entry:
    crashed = {
        "id": 1,
        "name": "main",
        "crashed": True,
        "current": True,
        "state": "RUNNABLE",
        "heldLocks": None,
        "stacktrace": None,
        "rawStacktrace": None,
    }
    waiting = crashed | {"id": 2, "name": "pool-1", "crashed": False, "current": False, "state": "WAITING"}
    return {"type": "threads", "data": {"values": [crashed, waiting]}}


def _template(event: Event) -> Entry:
    page = f"{event.issue.project.slug}/item.html"
    return {
        "type": "template",
        "data": {"filename": page, "absPath": f"/srv/{page}", "lineNo": 12, "context": [[12, "{{ item.name }}"]]},
    }


def _csp(event: Event) -> Entry:
    return {
        "type": "csp",
        "data": {
            "effective_directive": "script-src",
            "blocked_uri": "https://cdn.example/tracker.js",
            "document_uri": get_url(event),
            "original_policy": "script-src 'self'",
            "disposition": "enforce",
        },
    }


def _debug_meta(event: Event) -> Entry:
    image = {
        "type": "sourcemap",
        "code_file": "~/static/app.js",
        "debug_id": f"{event.issue.project.id:0>8}-0000-4000-8000-000000000000",
    }
    return {"type": "debugmeta", "data": {"images": [image], "sdk_info": None}}


def _spans(event: Event) -> Entry:
    start = event.at - 1.5
    spans = [
        {
            "span_id": f"{index:016x}",
            "parent_span_id": get_span_id(event),
            "trace_id": get_trace_id(event),
            "op": "db",
            "description": event.issue.value,
            "start_timestamp": start + 0.1 * index,
            "timestamp": start + 0.1 * index + 0.05,
            "status": "ok",
            "tags": {},
            "data": {},
        }
        for index in range(8)
    ]
    return {"type": "spans", "data": spans}
