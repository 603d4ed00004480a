"""Writes: a new connection for each, and what an error says about their outcome, on real sockets."""

import pytest

from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    DeadlineExceeded,
    RateLimited,
    SentryError,
    Unavailable,
    UpstreamTimeout,
    WriteOutcome,
)
from support.transport import open_transport, send
from support.upstream import EPOCH_S, Scripted, Step, a_call, answer

WRITES = ["POST", "PUT", "DELETE"]
UNKNOWN = "Sentry may or may not have applied this change"
NOT_SENT = "This change was not sent to Sentry"


async def test_write_with_a_body():
    """The body, its type and its length are sent."""
    _, server = await send([Step(answer())], method="PUT", body=b'{"status":"resolved"}')

    assert b"Content-Type: application/json\r\n" in server.requests[0]
    assert b"Content-Length: 21\r\n" in server.requests[0]
    assert server.bodies == [b'{"status":"resolved"}']


@pytest.mark.parametrize("method", WRITES)
async def test_write_without_a_body(method):
    """A write without a body says that it has none."""
    _, server = await send([Step(answer())], method=method)

    assert b"Content-Length: 0\r\n" in server.requests[0]
    assert b"content-type" not in server.requests[0].lower()


@pytest.mark.parametrize("method", WRITES)
async def test_writes_never_use_a_kept_connection(method):
    """No write is lost to a server that drops kept connections: each has a connection to itself, and says so."""
    async with Scripted([Step(answer())]) as server, open_transport() as transport:
        for _ in range(3):
            await transport(a_call(host=server.url))
            await transport(a_call(host=server.url, method=method))

    writes = [head for head in server.requests if head.startswith(method.encode())]
    assert server.connections == 4
    assert [b"Connection: close\r\n" in head for head in writes] == [True] * 3


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    ("step", "kind", "message"),
    [
        (Step(then="close"), Unavailable, "Sentry cannot be reached"),
        (Step(then="reset"), Unavailable, "Sentry cannot be reached"),
        (Step(then="hang"), UpstreamTimeout, "Sentry did not answer in time"),
        (Step(answer(status="502 Bad Gateway")), Unavailable, "Sentry answered 502"),
        (Step(b"nonsense\r\n\r\n", "close"), BadResponse, "Sentry's answer is not valid HTTP"),
        (Step(answer(b"x" * 2000)), BadResponse, "Sentry's answer is larger than 1000 bytes"),
    ],
)
async def test_unknown_outcome(method, step, kind, message):
    """When a write was sent and no answer of Sentry's API came, the error says that its outcome is unknown."""
    with pytest.raises(kind) as raised:
        await send([step], method=method, options={"attempt_timeout_s": 0.1, "max_body_bytes": 1000})

    assert str(raised.value) == f"{message}. {UNKNOWN}"
    assert raised.value.outcome is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("method", WRITES)
async def test_refused_connection(method):
    """When no connection could be opened, the error says that the write was not sent."""
    async with Scripted([Step()]) as server:
        host = server.url
    async with open_transport() as transport:
        with pytest.raises(Unavailable) as raised:
            await transport(a_call(host=host, method=method))

    assert str(raised.value) == f"Sentry cannot be reached. {NOT_SENT}"
    assert raised.value.outcome is WriteOutcome.NOT_SENT


@pytest.mark.parametrize("method", WRITES)
async def test_no_time_to_send(method):
    """A write whose deadline has passed was not sent."""
    async with open_transport() as transport:
        with pytest.raises(DeadlineExceeded) as raised:
            await transport(a_call(method=method, deadline=EPOCH_S))

    assert str(raised.value) == f"The deadline of this operation passed. {NOT_SENT}"


@pytest.mark.parametrize(("status", "kind"), [("400 Bad Request", BadRequest), ("429 Too Many Requests", RateLimited)])
async def test_answered_writes(status, kind):
    """A write that Sentry's API refused was not applied, and the error says nothing else."""
    with pytest.raises(kind) as raised:
        await send([Step(answer(b'{"detail": "No."}', status=status))], method="POST")

    assert (str(raised.value), raised.value.outcome) == ("No.", None)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_reads_have_no_outcome(then):
    """An error of a read says nothing about changes."""
    with pytest.raises(Unavailable) as raised:
        await send([Step(then=then)])

    assert (str(raised.value), raised.value.outcome) == ("Sentry cannot be reached", None)


def test_outcome_is_stated_once():
    """The last outcome that is set replaces the one before in the message."""
    error = SentryError("Broken")
    error.set_outcome(WriteOutcome.NOT_SENT, is_repeatable=True)
    error.set_outcome(WriteOutcome.UNKNOWN, is_repeatable=False)

    assert str(error) == f"Broken. {UNKNOWN}"
