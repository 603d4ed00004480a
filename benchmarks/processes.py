"""Starts the processes of the benchmark, each with an environment of its own, and asks them about themselves."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from benchmarks.child import Question, Spec, Told

ROOT = Path(__file__).parents[1]
FOREIGN = ("DEXTER_", "SENTRY_", "REDIS_", "COVERAGE_")
"""Beginnings of variables that would change what is measured: settings, and the measuring of coverage."""
JUST_TELL = Question()
START_S = 60.0
END_S = 10.0


class BenchmarkError(Exception):
    """The benchmark cannot be run, or what it measured means nothing."""


class Process:
    """A running process of the benchmark."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: Told) -> None:
        self.port = told.port
        self._reader = reader
        self._writer = writer

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, question: Question = JUST_TELL) -> Told:
        """How the process is now; counts begin anew with each question."""
        self._writer.write(msgspec.json.encode(question) + b"\n")
        return await _told(self._reader)


@asynccontextmanager
async def running(spec: Spec, settings: Mapping[str, str]) -> AsyncIterator[Process]:
    """The process that serves `spec` with these settings in its environment, until the block ends."""
    ours, theirs = socket.socketpair()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.child", msgspec.json.encode(spec).decode(), str(theirs.fileno())),
        cwd=ROOT,
        env={**kept, **settings},
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        yield Process(reader, writer, await _told(reader))
    finally:
        # A process ends when nobody is left to ask it.
        writer.close()
        try:
            await asyncio.wait_for(child.wait(), END_S)
        except TimeoutError:
            child.kill()
            await child.wait()


async def _told(reader: asyncio.StreamReader) -> Told:
    line = await asyncio.wait_for(reader.readline(), START_S)
    if not line:
        raise BenchmarkError("a process of the benchmark ended; its last words are above")
    return msgspec.json.decode(line, type=Told)
