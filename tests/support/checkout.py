"""Clean copies of the project, and processes that run in them."""

import asyncio
import os
import re
import shutil
import signal
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from support.command import Command, command_environment, default_interrupt

ROOT = Path(__file__).parents[2]
CONSOLE_BUILD = ROOT / "dexter_graphql" / "console" / "build"
LINK = re.compile(r'<(?:script src|link rel="stylesheet" href)="(?P<address>[^"]+)"')


def clean_copy(target, *, with_console=False):
    """A copy of the project without ignored files, optionally with the built GraphiQL files."""
    ignored = [line.strip("/").rpartition("/")[2] for line in (ROOT / ".gitignore").read_text().split()]
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".git", *ignored))
    if with_console:
        assert CONSOLE_BUILD.is_dir(), "GraphiQL is not built; `make console` builds it"
        shutil.copytree(CONSOLE_BUILD, target / CONSOLE_BUILD.relative_to(ROOT))
    return target


def built_example():
    """The folder of the example front end; fails when it is not built from its present files."""
    folder = ROOT / "examples" / "triage"
    sources = [folder / "codegen.ts", *(folder / "src").glob("*.*"), *(folder.parent / "resume").glob("*.mjs")]
    built = folder / "dist" / "index.html"
    is_current = built.exists() and built.stat().st_mtime >= max(path.stat().st_mtime for path in sources)
    assert is_current, f"{folder.name} is not built from its present files; `make {built.relative_to(ROOT)}` builds it"
    return folder


def clean_environment(**settings):
    """The environment without Dexter's settings, variables of make and the tests' virtual environment.

    pip does not compile what it installs, because most modules are never imported.
    """
    foreign = ("MAKE", "MFLAGS", "VIRTUAL_ENV", "COV_", "PYTEST_")
    variables = {name: text for name, text in command_environment(**settings).items() if not name.startswith(foreign)}
    return {"PIP_NO_COMPILE": "1"} | variables


def free_port():
    """A free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def run(*command, cwd, env=None):
    """Standard output of a command; fails with its whole output when its exit code is not 0."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env=clean_environment() if env is None else env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{out.decode()}\n{err.decode()}"
    return out.decode()


@asynccontextmanager
async def start_command(*command, cwd, env=None, patience_s=20.0):
    """A running command in its own process group, which is killed at the end of the block."""
    with default_interrupt():
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=cwd,
            env=clean_environment() if env is None else env,
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


async def fetch_page(address):
    """The GraphiQL page of a server, and status and non-emptiness of each file that the server itself serves."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address}/graphql", headers={"accept": "text/html"}) as response:
            page = await response.text()
        statuses = {}
        for link in filter(lambda link: link.startswith("/"), re.findall(LINK, page)):
            async with session.get(address + link) as response:
                statuses[link.partition("?")[0]] = (response.status, len(await response.read()) > 0)
    return page, statuses
