"""Log lines: one event with its values, as text or JSON, without secrets and with bounded client text.

Our own lines are written directly to standard error; those of libraries reach it through `logging`, in the same form.
Each request writes a line, so lines are cheap, and lines below the level cost nothing.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Any

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from dexter_graphql.telemetry.redact import redacted

PLAIN = re.compile(r"[\w./:@%+,-]+", re.ASCII)
"""Text that needs no quotes."""
MULTILINE = ("stack", "exception")
"""Values of many lines."""
MAX_TEXT = 200
"""Characters of a value, or of a line of a traceback. Clients choose many of them."""
MAX_LINES = 200
"""Lines of a traceback; the last ones are kept."""
LIBRARY_LEVEL = logging.WARNING
"""Lowest level of libraries: below it they log frames, headers and paths of clients."""
AS_JSON = JSONEncoder()


def configure_logs(level: str, style: str) -> None:
    """Send all logs of the process, ours and those of libraries, to standard error in one form."""
    # Secrets are removed before texts are cut, so that no half of a secret is left.
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        _without_secrets,
        _bounded,
        _stamped,
    ]
    renderer = _renderer(style)
    structlog.configure(
        processors=[*chain, renderer],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(LIBRARY_LEVEL, logging.getLevelNamesMapping()[level.upper()]))


def get_log(name: str) -> FilteringBoundLogger:
    """Return the logger of one part of the server."""
    log: FilteringBoundLogger = structlog.get_logger(name)
    return log


def _renderer(style: str) -> Processor:
    if style == "json":
        return _json_line
    return structlog.dev.ConsoleRenderer(colors=True) if sys.stderr.isatty() else _text_line


def _json_line(_log: WrappedLogger, _method: str, event: EventDict) -> str:
    return AS_JSON.encode(event)


def _text_line(_log: WrappedLogger, _method: str, event: EventDict) -> str:
    """Time, level, event and values; a stack and an exception below."""
    head = f"{event.pop('timestamp')} [{event.pop('level'):<9}] {event.pop('event'):<30}"
    below = [event.pop(name) for name in MULTILINE if name in event]
    values = [f"{name}={_quoted(value)}" for name, value in event.items()]
    return "\n".join([" ".join([head, *values]).rstrip(), *below])


def _quoted(value: object) -> str:
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else repr(value)


def _stamped(_log: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["level"] = method
    event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return event


def _without_secrets(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Keys with an underscore belong to structlog and are not written.
    return {key: value if key.startswith("_") else redacted(value) for key, value in event.items()}


def _bounded(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _cut_lines(value) if key in MULTILINE else _cut(value) for key, value in event.items()}


def _cut(value: Any) -> Any:
    """The value with every text in it cut; what came through `redacted` holds only texts, numbers, lists and maps."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "…"
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, dict):
        return {_cut(key): _cut(item) for key, item in value.items()}
    return value


def _cut_lines(value: Any) -> Any:
    return "\n".join(map(_cut, value.splitlines()[-MAX_LINES:])) if isinstance(value, str) else _cut(value)
