"""Upstreams for tests of the Sentry client: scripted bytes on a real socket, and a transport in memory."""

import asyncio
import socket
import ssl
import struct
from dataclasses import dataclass, field

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_entry import CacheEntry, MemoryBudget
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Call, Reply, Upstream

EPOCH_S = 1_800_000_000.0


class MovedClock(Clock):
    """Stands still until it is moved or somebody sleeps; both of its times move together."""

    def __init__(self, time=EPOCH_S):
        self._time = time

    def time(self):
        return self._time

    def monotonic(self):
        return self._time - EPOCH_S

    def move(self, seconds):
        self._time += seconds

    async def sleep(self, seconds):
        self.move(max(0.0, seconds))
        await asyncio.sleep(0)


def a_call(**changes):
    """A read of the issues of organization acme, with these members replaced."""
    members = {
        "endpoint": "issues.list",
        "title": "GET /organizations/{organization}/issues/",
        "method": "GET",
        "host": "https://sentry.io",
        "path": "/api/0/organizations/acme/issues/",
        "upstream": Upstream("alice", "sntryu_secret"),
        "deadline": EPOCH_S + 60,
        "tags": ("issues/acme",),
    }
    return Call(**members | changes)


def a_reply(body=b"{}", *, status=200, headers=None, **members):
    """A reply as the transport returns it."""
    return Reply(status=status, headers=headers or {}, body=body, fetched_at=EPOCH_S, **members)


def a_cache_entry(*, limit_bytes=100_000, max_age=60.0):
    """A cache entry that is fresh for this long on a clock that stands still."""
    clock = MovedClock()
    tag_versions = TagVersions(clock)
    budget = MemoryBudget(limit_bytes, clock, tag_versions)
    return CacheEntry(budget, 0, fresh_until=max_age, tags=(), snapshot=tag_versions.snapshot(()))


def raised(error):
    """Raise an error in an expression."""
    raise error


class FakeTransport:
    """A transport in memory: `answer` maps a call to a reply or raises; `calls` are the calls made."""

    def __init__(self, answer=lambda _: a_reply()):
        self.answer = answer
        self.calls = []
        self.is_closed = False

    async def __call__(self, call):
        self.calls.append(call)
        answer = self.answer(call)
        return await answer if asyncio.iscoroutine(answer) else answer

    async def close(self):
        self.is_closed = True


def answer(body=b"{}", *, status="200 OK", headers=(), length=None):
    """The bytes of a response; `length` is a wrong Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Step:
    """The bytes sent after a request, and what happens to the connection: `keep`, `close`, `reset` or `hang`."""

    data: bytes = b""
    then: str = "keep"


@dataclass
class Scripted:
    """A server on the loopback that plays one step for each request, and repeats the last one."""

    steps: list[Step]
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    """Heads of the requests, request line first."""
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    is_left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client closes its connection."""

    @property
    def url(self):
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}" if self.tls is None else f"https://localhost:{port}"

    @property
    def lines(self):
        """Request lines in order of arrival."""
        return [head.partition(b"\r\n")[0].decode() for head in self.requests]

    async def say(self, data):
        """Send unsolicited bytes on the newest connection."""
        self._newest.write(data)
        await self._newest.drain()
        await asyncio.sleep(0.02)

    async def __aenter__(self):
        self._tasks = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        self._newest = writer
        try:
            while await self._play(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            self.is_left.set()
        finally:
            writer.close()

    async def _play(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        self.bodies.append(await reader.readexactly(_length(head)))
        step = self.steps[min(len(self.requests), len(self.steps)) - 1]
        writer.write(step.data)
        await writer.drain()
        if step.then == "hang":
            await reader.readexactly(1)
        if step.then == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        return step.then == "keep"


def _length(head):
    lines = head.decode().lower().split("\r\n")
    return next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
