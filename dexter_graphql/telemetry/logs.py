"""Knows how log lines are written: one event with its facts, for people or as JSON, without secrets.

Our own lines go straight to standard error; the libraries' come there through `logging`, in the same form. A line per
request is written, so lines are cheap, and those below the level cost nothing.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from json import JSONEncoder

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from dexter_graphql.telemetry.redact import redacted

PLAIN = re.compile(r"[\w./:@%+,-]+", re.ASCII)
"""Text that can be told from what stands around it."""
BELOW = ("stack", "exception")
"""Facts of many lines."""
AS_JSON = JSONEncoder()


def configure_logs(level: str, style: str) -> None:
    """Send all logs of the process, ours and the libraries', to standard error in one form."""
    # Secrets are taken out first: what is added after it holds none.
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        _without_secrets,
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
    root.setLevel(level.upper())


def get_log(name: str) -> FilteringBoundLogger:
    """A logger for one part of the server."""
    log: FilteringBoundLogger = structlog.get_logger(name)
    return log


def _renderer(style: str) -> Processor:
    if style == "json":
        return _json_line
    return structlog.dev.ConsoleRenderer(colors=True) if sys.stderr.isatty() else _text_line


def _json_line(_log: WrappedLogger, _method: str, event: EventDict) -> str:
    return AS_JSON.encode(event)


def _text_line(_log: WrappedLogger, _method: str, event: EventDict) -> str:
    """Time, level, what happened and its facts; a stack and an exception below."""
    head = f"{event.pop('timestamp')} [{event.pop('level'):<9}] {event.pop('event'):<30}"
    below = [event.pop(name) for name in BELOW if name in event]
    facts = [f"{name}={_shown(value)}" for name, value in event.items()]
    return "\n".join([" ".join([head, *facts]).rstrip(), *below])


def _shown(value: object) -> str:
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else repr(value)


def _stamped(_log: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["level"] = method
    event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return event


def _without_secrets(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # What begins with an underscore is structlog's own and is not written down.
    return {key: value if key.startswith("_") else redacted(value) for key, value in event.items()}
