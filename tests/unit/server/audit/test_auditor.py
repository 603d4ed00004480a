"""Which requests have an audit line."""

import json

import pytest

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.audit.auditor import DENIED_BURST, DENIED_PER_S, Auditor
from dexter_graphql.server.audit.log import AuditLog
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.telemetry.metrics import Metrics
from support.realtime import MovableClock

SCOPE = {"type": "http", "path": "/graphql", "client": ("10.0.0.1", 1234), "dexter.request_id": "r1"}


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return MovableClock()


def rejection(code=ErrorCode.UNAUTHENTICATED):
    """A request that was not accepted."""
    return RequestRejected(401, code, "no")


def lines(path):
    """All lines so far."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_floods_of_denied_requests_are_bounded(tmp_path, clock):
    """Above the rate they are counted in the next line that is written."""
    path = tmp_path / "audit.jsonl"
    auditor = Auditor(AuditLog(str(path), Metrics()), clock)
    for _ in range(DENIED_BURST + 7):
        auditor.record_rejection(rejection(), SCOPE, None)
    written = len(lines(path))
    clock.go_on(1.5 / DENIED_PER_S)
    auditor.record_rejection(rejection(), SCOPE, "key:0123456789")
    auditor.record_rejection(rejection(), SCOPE, None)

    assert (written, len(lines(path))) == (DENIED_BURST, DENIED_BURST + 1)
    assert lines(path)[-1] == {
        "time": "2026-03-04T12:00:00.030Z",
        "event": "denied",
        "requestId": "r1",
        "credential": "key:0123456789",
        "address": "10.0.0.1",
        "path": "/graphql",
        "codes": ["UNAUTHENTICATED"],
        "reason": "no",
        "suppressed": 7,
    }


@pytest.mark.parametrize("code", [ErrorCode.QUOTA_EXCEEDED, ErrorCode.BAD_USER_INPUT])
def test_limits_and_mistakes_are_not_denials(tmp_path, clock, code):
    """They say nothing about what the caller may do; metrics count them."""
    path = tmp_path / "audit.jsonl"

    Auditor(AuditLog(str(path), Metrics()), clock).record_rejection(rejection(code), SCOPE, None)

    assert lines(path) == []


async def test_without_a_log_nothing_is_recorded(clock):
    """Mutations are then permitted."""
    auditor = Auditor(None, clock)
    auditor.record_rejection(rejection(), SCOPE, None)
    await auditor.close()

    assert auditor.may_mutate
