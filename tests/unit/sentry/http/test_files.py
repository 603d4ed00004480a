"""Files on real sockets: forms that are sent while they arrive, and what an error says about their outcome."""

import asyncio

import pytest

from dexter_graphql.sentry.call import FileForm
from dexter_graphql.sentry.errors import DeadlineExceeded, Forbidden, TruncatedResponse, UpstreamTimeout
from support.transport import open_transport
from support.upstream import EPOCH_S, Scripted, Step, a_call, answer

FIELDS = (("name", "~/a é.js"), ("header", "X-A:b"), ("header", "X-B:c"))
FORBIDDEN = answer(b'{"detail":"No."}', status="403 Forbidden")


async def chunks_of(*chunks, then=None):
    """The content of a file as it arrives; it may never end."""
    for chunk in chunks:
        yield chunk
    if then is not None:
        await then.wait()


def a_form(*chunks, size_bytes=None, then=None, duration_s=5.0):
    """A form with a file of these chunks."""
    size_bytes = sum(map(len, chunks)) if size_bytes is None else size_bytes
    return FileForm(FIELDS, size_bytes, chunks_of(*chunks, then=then), duration_s)


async def test_form_has_a_known_size():
    """Fields come first, repeated ones in order; the length is that of the whole form, which is not sent in pieces."""
    async with Scripted([Step(answer(b"{}"))]) as server, open_transport() as transport:
        reply = await transport.upload(a_call(host=server.url, method="POST"), a_form(b"one\r\n", b"--two"))

    [head], [body] = server.requests, server.bodies
    boundary = body.partition(b"\r\n")[0]
    parts = body.split(boundary)
    assert reply.status == 200
    assert b"Transfer-Encoding" not in head
    assert b"Content-Type: multipart/form-data; boundary=" + boundary[2:] in head
    assert parts[1:4] == [
        b'\r\nContent-Disposition: form-data; name="name"\r\n\r\n~/a \xc3\xa9.js\r\n',
        b'\r\nContent-Disposition: form-data; name="header"\r\n\r\nX-A:b\r\n',
        b'\r\nContent-Disposition: form-data; name="header"\r\n\r\nX-B:c\r\n',
    ]
    assert parts[4].endswith(b"\r\n\r\none\r\n--two\r\n")
    assert parts[5] == b"--\r\n"


async def test_refusal_before_the_last_byte():
    """A server that refuses a file before it has arrived ends the upload; what was not sent is not waited for."""
    never = asyncio.Event()

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FORBIDDEN)
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server, open_transport() as transport:
        call = a_call(host=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", method="POST")
        with pytest.raises(Forbidden) as raised:
            await transport.upload(call, a_form(b"a", size_bytes=100, then=never))
        assert "0 connections in use" in repr(transport)

    assert raised.value.outcome is None


async def test_answer_that_does_not_come():
    """From its last byte on, the attempt timeout limits the upload, which may have been stored."""
    options = {"attempt_timeout_s": 0.05}
    async with Scripted([Step(then="hang")]) as server, open_transport(**options) as transport:
        with pytest.raises(UpstreamTimeout, match="may or may not"):
            await transport.upload(a_call(host=server.url, method="POST", is_idempotent=False), a_form(b"a"))


async def test_form_that_is_not_taken():
    """A server that takes no part of a form for the time of an attempt ends the upload."""
    has_ended, is_closed = asyncio.Event(), asyncio.Event()

    async def stall(_reader, writer):
        writer.transport.pause_reading()
        await has_ended.wait()
        writer.transport.abort()
        is_closed.set()

    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    async with server, open_transport(attempt_timeout_s=0.05) as transport:
        call = a_call(host=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", method="POST")
        with pytest.raises(UpstreamTimeout):
            await transport.upload(call, a_form(*[bytes(1024 * 1024)] * 20))
        has_ended.set()
        await is_closed.wait()
        await asyncio.sleep(0.01)


async def test_content_may_take_longer_than_an_attempt():
    """While the content arrives, its own time alone limits the upload, also after the deadline of the call."""

    async def slow_chunks():
        yield b"a"
        await asyncio.sleep(0.25)
        yield b"b"

    options = {"attempt_timeout_s": 0.2}
    async with Scripted([Step(answer())]) as server, open_transport(**options) as transport:
        call = a_call(host=server.url, method="POST", deadline=EPOCH_S + 0.1)
        reply = await transport.upload(call, FileForm((), 2, slow_chunks(), 5.0))

    assert reply.status == 200


async def test_content_that_does_not_arrive():
    """An upload ends at the end of its own time, and its outcome is not known."""
    async with Scripted([Step(answer())]) as server, open_transport() as transport:
        form = a_form(b"a", size_bytes=100, then=asyncio.Event(), duration_s=0.02)
        with pytest.raises(DeadlineExceeded, match="took too long to arrive"):
            await transport.upload(a_call(host=server.url, method="POST"), form)


async def test_download_without_a_size():
    """The size of a file that is sent encoded or in pieces is not known."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = head.encode() + b"3\r\nabc\r\n0\r\n\r\n"
    async with (
        Scripted([Step(data)]) as server,
        open_transport() as transport,
        transport.download(a_call(host=server.url)) as content,
    ):
        received = b"".join([chunk async for chunk in content.chunks])

    assert (content.size_bytes, content.media_type, received) == (None, "text/plain", b"abc")
    assert b"Accept-Encoding: identity\r\n" in server.requests[0]


async def test_download_that_is_cut():
    """A file that ends too early is an error inside of its chunks."""
    step = Step(answer(b"abc", length=9), then="close")
    async with Scripted([step]) as server, open_transport() as transport:
        async with transport.download(a_call(host=server.url)) as content:
            with pytest.raises(TruncatedResponse):
                _ = [chunk async for chunk in content.chunks]
        assert "0 connections in use" in repr(transport)

    assert content.size_bytes == 9


async def test_download_that_stalls():
    """A file of which no byte comes for the time of an attempt is an error."""
    step = Step(answer(b"abc", length=9), then="hang")
    async with (
        Scripted([step]) as server,
        open_transport(attempt_timeout_s=0.05) as transport,
        transport.download(a_call(host=server.url)) as content,
    ):
        with pytest.raises(UpstreamTimeout):
            _ = [chunk async for chunk in content.chunks]
