"""Process of the benchmark that runs one server and reports its CPU time and memory over a control socket."""

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

from benchmarks.memory import Memory, read_memory, reset_peak
from benchmarks.upstream import Exchange, Upstream


class ServerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The server of a process. `source` is the URL of the upstream, or the file with the answer for `static`."""

    kind: str
    source: str = ""
    is_cached: bool = False


class ControlRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the parent. `is_profiling` starts cProfile; `profile` stops it and names the file for the profile.

    `ends_collecting` runs the garbage collector a last time and disables it. `resets_peak` measures the peak of memory
    from then on.
    """

    ends_collecting: bool = False
    resets_peak: bool = False
    is_profiling: bool = False
    profile: str | None = None


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Status of the process: its port, CPU time so far, memory, and calls by route since the previous request."""

    port: int
    cpu_s: float
    counts: dict[str, int]
    memory: Memory


class Server(uvicorn.Server):
    """A server with an event that is set when start-up has succeeded or failed."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_started = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.is_started.set()


async def main(spec: ServerSpec, control: socket.socket) -> None:
    """Serve until the parent closes the socket."""
    counts: Counter[str] = Counter()
    serving = _upstream(counts) if spec.kind == "upstream" else _app(spec)
    reader, writer = await asyncio.open_connection(sock=control)
    profile = cProfile.Profile()
    async with serving as port:
        while True:
            status = ProcessStatus(port=port, cpu_s=time.process_time(), counts=dict(counts), memory=read_memory())
            counts.clear()
            writer.write(msgspec.json.encode(status) + b"\n")
            line = await reader.readline()
            if not line:
                break
            request = msgspec.json.decode(line, type=ControlRequest)
            if request.ends_collecting:
                gc.collect()
                gc.disable()
            if request.resets_peak:
                reset_peak()
            if request.is_profiling:
                profile.enable()
            if request.profile:
                profile.disable()
                profile.dump_stats(request.profile)
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
async def _app(spec: ServerSpec) -> AsyncIterator[int]:
    listener = _listener()
    server = Server(_configure(spec))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.is_started.wait()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _configure(spec: ServerSpec) -> uvicorn.Config:
    # Imported only where needed, because memory and the cost of garbage collection grow with the objects that exist.
    if spec.kind == "dexter":
        from benchmarks.dexter import configure_dexter  # noqa: PLC0415

        return configure_dexter(is_cached=spec.is_cached)
    app = _create_app(spec)
    return uvicorn.Config(app, loop="none", http="httptools", log_config=None, access_log=False, server_header=False)


def _create_app(spec: ServerSpec) -> Any:
    match spec.kind:
        case "static":
            from benchmarks.static import create_static  # noqa: PLC0415

            return create_static(spec.source)
        case "floor":
            from benchmarks.floor import create_floor  # noqa: PLC0415

            return create_floor(spec.source)
        case _:
            from benchmarks.plain import create_plain  # noqa: PLC0415

            return create_plain(spec.source, keeps_documents=spec.kind == "plain")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(msgspec.json.decode(sys.argv[1], type=ServerSpec), socket.socket(fileno=int(sys.argv[2]))))
