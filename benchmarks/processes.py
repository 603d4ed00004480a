"""Child processes of the benchmark and the control protocol with them."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from benchmarks.child import ControlRequest, ProcessStatus, ServerSpec

ROOT = Path(__file__).parents[1]
FOREIGN = ("DEXTER_", "SENTRY_", "REDIS_", "COVERAGE_")
"""Prefixes of variables that would change the measurement: settings and coverage."""
READ_STATUS = ControlRequest()
START_S = 60.0
END_S = 10.0


class BenchmarkError(Exception):
    """The benchmark cannot run, or its results are invalid."""


class Process:
    """A running process of the benchmark."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: ProcessStatus) -> None:
        self.port = status.port
        self.start_mib = status.memory.now_mib
        self._reader = reader
        self._writer = writer

    @property
    def url(self) -> str:
        """Base URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, request: ControlRequest = READ_STATUS) -> ProcessStatus:
        """Send a request; returns the status. Each request resets the counts of calls."""
        self._writer.write(msgspec.json.encode(request) + b"\n")
        return await _read_status(self._reader)


@asynccontextmanager
async def start_process(spec: ServerSpec, settings: Mapping[str, str]) -> AsyncIterator[Process]:
    """A process that runs the server of `spec` with these environment variables, until the block ends."""
    parent_end, child_end = socket.socketpair()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.child", msgspec.json.encode(spec).decode(), str(child_end.fileno())),
        cwd=ROOT,
        env={**inherited, **settings},
        pass_fds=[child_end.fileno()],
    )
    child_end.close()
    reader, writer = await asyncio.open_connection(sock=parent_end)
    try:
        yield Process(reader, writer, await _read_status(reader))
    finally:
        # The process ends when its control socket is closed.
        writer.close()
        try:
            await asyncio.wait_for(child.wait(), END_S)
        except TimeoutError:
            child.kill()
            await child.wait()


async def _read_status(reader: asyncio.StreamReader) -> ProcessStatus:
    line = await asyncio.wait_for(reader.readline(), START_S)
    if not line:
        raise BenchmarkError("a process of the benchmark ended; its output is above")
    return msgspec.json.decode(line, type=ProcessStatus)
