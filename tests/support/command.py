"""The `dexter` command as a child process without inherited settings."""

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager, contextmanager

PATIENCE_S = 20.0
"""Longest wait for output or exit of a process."""
INHERITED_SETTINGS = ("DEXTER_", "SENTRY_", "FORCE_COLOR", "CLICOLOR")


def command_environment(**settings):
    """The environment without inherited Dexter and Sentry variables, plus the given ones.

    Continuous integration often sets `CI` or `FORCE_COLOR`, which make some tools colour what the tests search in.
    """
    bare = {name: text for name, text in os.environ.items() if not name.startswith(INHERITED_SETTINGS)}
    return bare | {"NO_COLOR": "1", "DEXTER_ADMIN_LISTEN": "127.0.0.1:0"} | settings


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
    """A running `dexter …` process in which warnings are errors."""

    def __init__(self, process, patience_s=PATIENCE_S):
        self.process, self.printed, self._patience_s = process, "", patience_s

    async def until(self, pattern):
        """Wait for a pattern in standard output; returns its match."""
        async with asyncio.timeout(self._patience_s):
            while (match := re.search(pattern, self.printed)) is None:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"ended after:\n{self.printed}\n{(await self.process.stderr.read()).decode()}"
                self.printed += line
        return match

    async def end(self, name=signal.SIGTERM):
        """Send a signal; returns exit code and standard error."""
        self.process.send_signal(name)
        return await self.wait_for_exit()

    async def wait_for_exit(self):
        """Wait until the process exits; returns exit code and standard error."""
        async with asyncio.timeout(self._patience_s):
            out, err = await self.process.communicate()
        self.printed += out.decode()
        return self.process.returncode, err.decode()


@asynccontextmanager
async def run_dexter(*arguments, **settings):
    """`dexter` with these arguments and environment variables; killed at the end of the block."""
    with default_interrupt():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-W", "error", "-m", "dexter_graphql", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=command_environment(**settings),
        )
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
