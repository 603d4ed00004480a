"""A process of the benchmark: serves one thing, and answers questions about itself over a socket of its own."""

import asyncio
import contextlib
import cProfile
import gc
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvicorn
import uvloop
from typing_extensions import override

from benchmarks.upstream import Exchange, Upstream


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What a process serves. `source` is the address of the upstream, for `static` the file with the answer."""

    kind: str
    source: str = ""
    is_cached: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent wants. `profile` names the file for what was profiled since a question with `is_profiling`.

    After one with `ends_collecting` the process collects its garbage once more, and then never again.
    """

    ends_collecting: bool = False
    is_profiling: bool = False
    profile: str | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The process as it is: its port, processor time so far, and calls by route since the question before."""

    port: int
    cpu_s: float
    counts: dict[str, int]


class Server(uvicorn.Server):
    """Says when it answers, or when it failed to begin."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.begun.set()


async def main(spec: Spec, control: socket.socket) -> None:
    """Serve until the parent closes the socket."""
    counts: Counter[str] = Counter()
    serving = _upstream(counts) if spec.kind == "upstream" else _app(spec)
    reader, writer = await asyncio.open_connection(sock=control)
    profile = cProfile.Profile()
    async with serving as port:
        while True:
            told = Told(port=port, cpu_s=time.process_time(), counts=dict(counts))
            counts.clear()
            writer.write(msgspec.json.encode(told) + b"\n")
            line = await reader.readline()
            if not line:
                break
            question = msgspec.json.decode(line, type=Question)
            if question.ends_collecting:
                gc.collect()
                gc.disable()
            if question.is_profiling:
                profile.enable()
            if question.profile:
                profile.disable()
                profile.dump_stats(question.profile)
    writer.close()


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


@asynccontextmanager
async def _upstream(counts: Counter[str]) -> AsyncIterator[int]:
    listener, upstream = _listener(), Upstream(counts)
    upstream.tick()
    server = await asyncio.get_running_loop().create_server(lambda: Exchange(upstream), sock=listener, backlog=1024)
    yield listener.getsockname()[1]
    server.close()


@asynccontextmanager
async def _app(spec: Spec) -> AsyncIterator[int]:
    listener = _listener()
    config = uvicorn.Config(
        _made(spec), loop="none", http="httptools", log_config=None, access_log=False, server_header=False
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.begun.wait()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _made(spec: Spec) -> Any:
    # No process holds what another one serves: collecting garbage costs more, the more there is that stays.
    match spec.kind:
        case "static":
            from benchmarks.static import create_static  # noqa: PLC0415

            return create_static(spec.source)
        case "plain" | "plain-default":
            from benchmarks.plain import create_plain  # noqa: PLC0415

            return create_plain(spec.source, keeps_documents=spec.kind == "plain")
        case _:
            from benchmarks.ours import create_ours  # noqa: PLC0415

            return create_ours(is_cached=spec.is_cached)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(msgspec.json.decode(sys.argv[1], type=Spec), socket.socket(fileno=int(sys.argv[2]))))
