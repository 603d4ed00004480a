"""What audit lines say: who did what, on what, with which result."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import msgspec
from starlette.types import Scope

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.token_bucket import TokenBucket
from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.audit.log import AuditLog
from dexter_graphql.server.audit.targets import root_fields_of
from dexter_graphql.server.middleware.access_log import logged_path
from dexter_graphql.server.responses import RequestRejected, request_id_of
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from dexter_graphql.server.executor import ExecutionRequest

DENIALS = frozenset({ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN, ErrorCode.DOCUMENT_NOT_ALLOWED})
"""Codes of what a caller may not do."""
DENIED_PER_S, DENIED_BURST = 50, 500
"""Denied requests that are written; those above are counted in the next line. Mutations are all written."""
REFUSED = "The audit log cannot be written; mutations are refused until it can"


class Auditor:
    """Writes a line for each mutation, each upload and each denied request; nothing without a log."""

    def __init__(self, log: AuditLog | None, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._denials = TokenBucket(DENIED_PER_S, DENIED_BURST, clock.monotonic)
        self._suppressed = 0

    @property
    def may_mutate(self) -> bool:
        """False while the log cannot be written: a change without a record is refused."""
        return self._log is None or self._log.flush()

    @classmethod
    def of(cls, settings: Settings, metrics: Metrics, clock: Clock) -> Self:
        """Return the auditor that the settings describe."""
        return cls(None if settings.audit is None else AuditLog(settings.audit, metrics), clock)

    async def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()

    def record(self, execution: "ExecutionRequest", answer: ExecutionAnswer | None) -> None:
        """Write the line of an operation that ended, or failed without an answer; that of most queries is none."""
        if self._log is None:
            return
        if execution.is_mutation:
            self._log.write(self._line("mutation", execution) | _result_of(answer))
        elif answer is not None and not DENIALS.isdisjoint(answer.codes):
            self._deny(self._line("denied", execution) | {"codes": _codes(answer)})

    def record_upload(
        self, identity: Identity, request_id: str, target: Mapping[str, str], *, result: Mapping[str, Any]
    ) -> None:
        """Write the line of a file that was sent, or was not. `target` says where to."""
        if self._log is not None:
            about = {"time": self._time(), "event": "upload", "requestId": request_id}
            self._log.write({**about, **_caller(identity), "target": target, **result})

    def record_rejection(self, rejection: RequestRejected, scope: Scope, credential: str | None) -> None:
        """Write the line of a request whose caller was not accepted. `credential` is a name that is not secret."""
        if self._log is None or rejection.code not in DENIALS:
            return
        client = scope.get("client")
        line = {
            "time": self._time(),
            "event": "denied",
            "requestId": request_id_of(scope),
            "credential": credential,
            "address": client[0] if client else None,
            "path": logged_path(scope["path"]),
            "codes": [rejection.code],
            "reason": rejection.message,
        }
        self._deny(line)

    def _deny(self, line: dict[str, Any]) -> None:
        if self._log is None or not self._denials.take():
            self._suppressed += 1
            return
        if self._suppressed:
            line["suppressed"], self._suppressed = self._suppressed, 0
        self._log.write(line)

    def _line(self, event: str, execution: "ExecutionRequest") -> dict[str, Any]:
        entry, request = execution.prepared.operation_entry, execution.request
        return {
            "time": self._time(),
            "event": event,
            "requestId": execution.request_id,
            **_caller(execution.identity),
            "operation": execution.prepared.name,
            "fields": {} if entry is None else root_fields_of(entry, request.variables or {}),
        }

    def _time(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _caller(identity: Identity) -> dict[str, Any]:
    caller = identity.caller
    known = {"name": caller.name, "email": caller.email}
    return {
        "caller": caller.subject,
        **{name: value for name, value in known.items() if value is not None},
        "credential": identity.credential or None,
        "access": identity.reach.access,
    }


def _result_of(answer: ExecutionAnswer | None) -> dict[str, Any]:
    """Result of a mutation: `ok`, `refused` with user errors, or `failed` with codes, when at least a part failed."""
    if answer is None:
        return {"result": "failed", "codes": [ErrorCode.INTERNAL]}
    if answer.codes:
        return {"result": "failed", "codes": _codes(answer)}
    payloads = (msgspec.json.decode(answer.body).get("data") or {}).values()
    user_errors = sum(len(payload.get("userErrors") or ()) for payload in payloads if isinstance(payload, dict))
    return {"result": "refused", "userErrors": user_errors} if user_errors else {"result": "ok"}


def _codes(answer: ExecutionAnswer) -> list[str]:
    return list(dict.fromkeys(answer.codes))
