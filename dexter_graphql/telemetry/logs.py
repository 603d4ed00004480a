"""Knows how log lines are written: one event with its facts, for people or as JSON, without secrets.

The levels are those of `logging`, and the libraries' records come through it. Our own lines take no such detour: one is
written per request, so it has to be cheap, and cost nothing when the level leaves it out.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json import JSONEncoder
from traceback import format_exception
from typing import Any

from typing_extensions import override

from dexter_graphql.clock import Clock
from dexter_graphql.telemetry.redact import redacted

is_plain = re.compile(r"[\w./:@%+,-]+", re.ASCII).fullmatch
"""Text that can be told from what stands around it."""
BELOW = ("stack", "exception")
"""Facts of many lines."""
COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
AS_BEFORE = "\x1b[0m"
JSON = JSONEncoder()
CLOCK = Clock()
Facts = Mapping[str, Any]
Form = Callable[[str, str, dict[str, Any]], str]
"""Makes a line of a level, an event and its facts, of which none is secret any more."""


def now() -> str:
    """The present instant, in UTC."""
    seconds = CLOCK.time()
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1_000_000):06}Z"


@lru_cache(maxsize=1)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def text_line(level: str, event: str, facts: dict[str, Any]) -> str:
    """Time, level, what happened and its facts; a stack and an exception below."""
    below = [facts.pop(name) for name in BELOW if name in facts]
    shown = [
        f" {name}={value if isinstance(value, str) and is_plain(value) else repr(value)}"
        for name, value in facts.items()
    ]
    line = f"{now()} [{level:<9}] {event:<30}{''.join(shown)}".rstrip()
    return "\n".join([line, *below]) if below else line


def coloured_line(level: str, event: str, facts: dict[str, Any]) -> str:
    """The same for a terminal, where what is wrong stands out."""
    line = text_line(level, event, facts)
    return f"{COLOURS[level]}{line}{AS_BEFORE}" if level in COLOURS else line


def json_line(level: str, event: str, facts: dict[str, Any]) -> str:
    """An object; facts keep their types."""
    return JSON.encode({"timestamp": now(), "level": level, "event": event, **facts})


class Lines(logging.Handler):
    """Standard error, where all lines go to; as a handler it takes the libraries' records."""

    form: Form = staticmethod(text_line)

    def write(self, level: str, event: str, facts: Facts) -> None:
        """Write one line."""
        shown = {name: redacted(facts[name]) for name in facts}
        try:
            sys.stderr.write(self.form(level, redacted(event), shown) + "\n")
        except (OSError, ValueError):
            return  # standard error is gone, and with it whoever could be told

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            event = record.getMessage()
        except (TypeError, ValueError, KeyError):
            event = f"{record.msg} {record.args}"
        self.write(record.levelname.lower(), event, dict(_below(record)))


LINES = Lines()
"""A process has one standard error."""


class Log:
    """Writes the lines of one part of the server."""

    def __init__(self, name: str) -> None:
        self._is_written = logging.getLogger(name).isEnabledFor

    def info(self, event: str, **facts: Any) -> None:
        """What happens while all is well."""
        if self._is_written(logging.INFO):
            LINES.write("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """What somebody should know of."""
        if self._is_written(logging.WARNING):
            LINES.write("warning", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """What should not have happened."""
        if self._is_written(logging.ERROR):
            LINES.write("error", event, facts)


def get_log(name: str) -> Log:
    """A log for one part of the server."""
    return Log(name)


def configure_logs(level: str, style: str) -> None:
    """Send all logs of the process, ours and the libraries', to standard error in one form."""
    in_text = coloured_line if sys.stderr.isatty() else text_line
    LINES.form = json_line if style == "json" else in_text
    root = logging.getLogger()
    root.handlers[:] = [LINES]
    root.setLevel(level.upper())


def _below(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    if record.stack_info:
        yield "stack", record.stack_info
    if record.exc_info and record.exc_info[1] is not None:
        yield "exception", "".join(format_exception(record.exc_info[1])).rstrip()
