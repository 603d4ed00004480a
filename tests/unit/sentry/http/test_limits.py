"""Limits of size and time on answers, on real sockets."""

import asyncio
import gzip
import tracemalloc

import pytest

from dexter_graphql.sentry.errors import BadResponse, DeadlineExceeded, UpstreamTimeout
from dexter_graphql.sentry.http.sessions import MAX_HEADER_BYTES
from support.transport import open_transport, send
from support.upstream import EPOCH_S, Scripted, Step, a_call, answer

MEBIBYTE = 1024 * 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def compressed(body):
    """An answer with this body, compressed."""
    return answer(gzip.compress(body), headers=["Content-Encoding: gzip"])


@pytest.mark.parametrize("size", [b"4", b"a"])
async def test_chunked_answers(size):
    """The chunks of an answer are joined."""
    chunk = size + b"\r\n" + b"x" * int(size, 16) + b"\r\n"

    reply, _ = await send([Step(CHUNKED + 3 * chunk + b"0\r\n\r\n")])

    assert reply.body == b"x" * 3 * int(size, 16)


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("spare", [-1, 0, 1])
async def test_bodies_are_bounded(spare, is_chunked):
    """A body as large as allowed is read, one byte more is refused, chunked or not."""
    body = b"x" * (1010 - spare)
    data = CHUNKED + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n" if is_chunked else answer(body)
    options = {"max_body_bytes": 1010}

    if spare >= 0:
        reply, _ = await send([Step(data)], options=options)
        assert len(reply.body) == 1010 - spare
    else:
        with pytest.raises(BadResponse) as raised:
            await send([Step(data)], options=options)
        assert str(raised.value) == "Sentry's answer is larger than 1010 bytes"


async def test_compressed_bodies():
    """A compressed body is decompressed, and bounded by its decompressed size."""
    body = b"[" + b" " * 1000 + b"]"

    reply, _ = await send([Step(compressed(body))], options={"max_body_bytes": len(body)})

    assert reply.body == body


async def test_decompression_bombs():
    """A small body that decompresses to a large one is left when the limit is reached, not when it is decompressed."""
    bomb = compressed(bytes(256 * MEBIBYTE))
    tracemalloc.start()
    try:
        with pytest.raises(BadResponse) as raised:
            await send([Step(bomb)], options={"max_body_bytes": MEBIBYTE})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert str(raised.value) == f"Sentry's answer is larger than {MEBIBYTE} bytes"
    assert peak < 64 * MEBIBYTE


async def test_broken_compression():
    """A body that cannot be decompressed is an answer that cannot be read."""
    with pytest.raises(BadResponse):
        await send([Step(answer(b"no gzip at all", headers=["Content-Encoding: gzip"]))])


async def test_long_links_are_read():
    """`Link` holds the query twice; sixteen kilobytes of it are accepted."""
    link = f'Link: <{"https://sentry.io/?" + "i" * 16_000}>; rel="next"; results="true"; cursor="0:1:0"'

    reply, _ = await send([Step(answer(headers=[link]))])

    assert reply.headers["cursor-next"] == "0:1:0"


async def test_headers_are_bounded():
    """A header above the limit is not read to its end."""
    with pytest.raises(BadResponse) as raised:
        await send([Step(answer(headers=[f"X-Other: {'x' * (MAX_HEADER_BYTES + 1)}"]))])

    assert str(raised.value) == "Sentry's answer is not valid HTTP"


@pytest.mark.parametrize("data", [b"", answer(b"[", length=100)])
@pytest.mark.parametrize(
    ("attempt_s", "left_s", "kind"), [(0.02, 60.0, UpstreamTimeout), (30.0, 0.02, DeadlineExceeded)]
)
async def test_silent_servers(data, attempt_s, left_s, kind):
    """A silent server is left when the attempt's time or the call's deadline is over, whichever is first."""
    async with Scripted([Step(data, "hang")]) as server, open_transport(attempt_timeout_s=attempt_s) as transport:
        with pytest.raises(kind):
            await transport(a_call(host=server.url, deadline=EPOCH_S + left_s))
        await asyncio.wait_for(server.is_left.wait(), 5)

    assert len(server.requests) == 1
