"""The place where audit lines go: a file, or standard output. Lines that cannot be written are kept and tried again."""

import os
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from dexter_graphql.errors import SettingsError
from dexter_graphql.telemetry.counters import Counter
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics
from dexter_graphql.telemetry.redact import redacted

STDOUT = "stdout"
PRIVATE = 0o600
MAX_PENDING = 1000
"""Lines that are kept while they cannot be written."""
MAX_TEXT = 200
"""Characters of a text in a line; clients choose many of them."""


class AuditLog:
    """Writes lines one by one, each at once. A file that was moved away, as by log rotation, is created again."""

    def __init__(self, target: str, metrics: Metrics) -> None:
        self._path = None if target == STDOUT else Path(target)
        self._descriptor: int | None = None
        self._pending: deque[bytes] = deque()
        self._has_failed = False
        self._lines = Counter("dexter_audit_lines", "Lines of the audit log, by outcome.", "outcome")
        metrics.registry.register(self._lines)
        self._log = get_log("dexter.audit")
        try:
            self._open()
        except OSError as error:
            raise SettingsError(f"DEXTER_AUDIT: cannot write {target} ({error.strerror})") from None

    def __repr__(self) -> str:
        return f"<AuditLog {self._path or STDOUT}, {len(self._pending)} lines pending>"

    def write(self, line: Mapping[str, Any]) -> None:
        """Write a line, or keep it until that is possible; the oldest lines are lost when there are too many."""
        if len(self._pending) >= MAX_PENDING:
            self._pending.popleft()
            self._lines.add("lost")
        self._pending.append(msgspec.json.encode(_bounded(redacted(line))) + b"\n")
        self.flush()

    def flush(self) -> bool:
        """Write the lines that are pending; False when that is not possible."""
        try:
            self._open()
            while self._pending:
                self._write(self._pending[0])
                self._pending.popleft()
                self._lines.add("written")
        except OSError as error:
            self._lines.add("failed")
            if not self._has_failed:
                self._has_failed = True
                self._log.error("audit log cannot be written", reason=error.strerror)
            return False
        self._has_failed = False
        return True

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        """Open the file, again when its path leads to another one or to none."""
        if self._path is None or self._is_current():
            return
        self.close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, PRIVATE)

    def _is_current(self) -> bool:
        if self._descriptor is None or self._path is None:
            return False
        with suppress(OSError):
            return os.path.samestat(self._path.stat(), os.fstat(self._descriptor))
        return False

    def _write(self, line: bytes) -> None:
        descriptor = sys.stdout.fileno() if self._descriptor is None else self._descriptor
        # One call for a line, so that processes that share a file do not mix their lines.
        if os.write(descriptor, line) < len(line):
            raise OSError(0, "a line was cut")


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "…"
    if isinstance(value, list):
        return [_bounded(item) for item in value]
    if isinstance(value, dict):
        return {name: _bounded(item) for name, item in value.items()}
    return value
