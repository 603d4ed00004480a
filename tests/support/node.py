"""Runs the Node.js scripts of the tests, and says what to do when they cannot run."""

import asyncio
import json
import os
import shutil
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "node"
PATIENCE_S = 30.0
"""Longest wait for a script, far beyond what it takes."""


def installed(folder=FOLDER):
    """The folder of the scripts; fails when Node.js or the packages are not there."""
    assert shutil.which("node"), "Node.js is not there; `make test` installs what the tests need"
    marker = folder / "node_modules" / ".package-lock.json"
    assert marker.exists(), f"{folder.name}/node_modules is not there; `make test` installs it"
    return folder


async def run(*command, stdin=None, cwd=None):
    """Exit code, standard output and standard error of `node COMMAND`, with JSON for its standard input."""
    folder = installed()
    process = await asyncio.create_subprocess_exec(
        "node",
        *map(str, command),
        cwd=cwd or folder,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate(json.dumps(stdin).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()


async def result(*command, stdin=None):
    """What a script printed, decoded; fails with the script's own message when it failed."""
    code, out, err = await run(*command, stdin=stdin)
    assert code == 0, f"node {' '.join(map(str, command))} ended with {code}: {err or out}"
    return json.loads(out)


async def result_while(happens, *command, stdin=None):
    """What a script printed that waits for something to happen; `happens` is called until it has ended."""
    running = asyncio.ensure_future(result(*command, stdin=stdin))
    while not running.done():
        happens()
        await asyncio.wait({running}, timeout=0.1)
    return running.result()
