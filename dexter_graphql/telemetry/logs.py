"""Knows how log lines are written: one event with its facts, for people or as JSON, without secrets."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from dexter_graphql.telemetry.redact import redacted


def configure_logs(level: str, style: str) -> None:
    """Send all logs of the process, ours and the libraries', to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def get_log(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for one part of the server."""
    log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return log


def _without_secrets(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # What begins with an underscore is structlog's own and is not written down.
    return {key: value if key.startswith("_") else redacted(value) for key, value in event.items()}
