"""Copies of the project without anything that was made in it, and the processes that are started there."""

import asyncio
import os
import re
import shutil
import signal
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from support.command import Command, default_interrupt, environment

ROOT = Path(__file__).parents[2]
CONSOLE_BUILD = ROOT / "dexter_graphql" / "console" / "build"
LINK = re.compile(r'<(?:script src|link rel="stylesheet" href)="(?P<address>[^"]+)"')


def clean_copy(target, *, with_console=False):
    """The project without what .gitignore names, in a new folder; with GraphiQL's files when they are wanted."""
    made = [line.strip("/").rpartition("/")[2] for line in (ROOT / ".gitignore").read_text().split()]
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".git", *made))
    if with_console:
        assert CONSOLE_BUILD.is_dir(), "GraphiQL is not built; `make console` builds it"
        shutil.copytree(CONSOLE_BUILD, target / CONSOLE_BUILD.relative_to(ROOT))
    return target


def bare_environment(**settings):
    """The environment without our settings, those of make, and the virtual environment of whoever runs the tests.

    What pip installs is compiled when it is first imported: most of it never is.
    """
    foreign = ("MAKE", "MFLAGS", "VIRTUAL_ENV", "COV_", "PYTEST_")
    cache_entry = {name: text for name, text in environment(**settings).items() if not name.startswith(foreign)}
    return {"PIP_NO_COMPILE": "1"} | cache_entry


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def run(*command, cwd, env=None):
    """What a command printed, once it has ended with code 0; fails with all that it said otherwise."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env=bare_environment() if env is None else env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{out.decode()}\n{err.decode()}"
    return out.decode()


@asynccontextmanager
async def started(*command, cwd, env=None, patience_s=20.0):
    """A command that runs on, alone in a process group, which is killed when the block ends and it still runs."""
    with default_interrupt():
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=cwd,
            env=bare_environment() if env is None else env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    try:
        yield Command(process, patience_s)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.communicate()


async def page_of(address):
    """GraphiQL's page at a server, and the status of each of its files that the server itself has."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address}/graphql", headers={"accept": "text/html"}) as answer:
            page = await answer.text()
        statuses = {}
        for link in filter(lambda link: link.startswith("/"), re.findall(LINK, page)):
            async with session.get(address + link) as answer:
                statuses[link.partition("?")[0]] = (answer.status, len(await answer.read()) > 0)
    return page, statuses
