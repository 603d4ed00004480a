"""The `dexter` command as a process of its own, without the settings of whoever runs the tests."""

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager, contextmanager

PATIENCE_S = 20.0
"""Longest wait for a process, far beyond what it takes."""


def environment(**settings):
    """The environment without our settings, and with these."""
    bare = {name: text for name, text in os.environ.items() if not name.startswith(("DEXTER_", "SENTRY_"))}
    return bare | {"DEXTER_ADMIN_LISTEN": "127.0.0.1:0"} | settings


@contextmanager
def default_interrupt():
    """Processes that are started in the block handle SIGINT as usual, whatever this process inherited."""
    inherited = signal.getsignal(signal.SIGINT)
    if inherited is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, inherited)


class Command:
    """A running `dexter …`; warnings are errors in it."""

    def __init__(self, process, patience_s=PATIENCE_S):
        self.process, self.printed, self._patience_s = process, "", patience_s

    async def until(self, pattern):
        """The match of a pattern in what was printed, as soon as it is there."""
        async with asyncio.timeout(self._patience_s):
            while (found := re.search(pattern, self.printed)) is None:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"ended after:\n{self.printed}\n{(await self.process.stderr.read()).decode()}"
                self.printed += line
        return found

    async def end(self, name=signal.SIGTERM):
        """Exit code and standard error after a signal."""
        self.process.send_signal(name)
        return await self.ended()

    async def ended(self):
        """Exit code and standard error, once it has ended by itself."""
        async with asyncio.timeout(self._patience_s):
            out, err = await self.process.communicate()
        self.printed += out.decode()
        return self.process.returncode, err.decode()


@asynccontextmanager
async def running(*arguments, **settings):
    """`dexter` with these arguments and variables; killed when the block ends and it still runs."""
    with default_interrupt():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-W", "error", "-m", "dexter_graphql", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(**settings),
        )
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
