"""Node.js scripts of the tests as child processes."""

import asyncio
import json
import os
import shutil
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "node"
PATIENCE_S = 30.0
"""Longest wait for a script."""


def installed_scripts(folder=FOLDER):
    """The folder of the scripts; fails when Node.js or the packages are not installed."""
    assert shutil.which("node"), "Node.js is not installed; `make tools` installs it"
    marker = folder / "node_modules" / ".package-lock.json"
    assert marker.exists(), f"{folder.name}/node_modules is missing; `make test` installs it"
    return folder


async def run(*command, stdin=None, cwd=None):
    """Exit code, standard output and standard error of `node COMMAND`, with `stdin` encoded as JSON."""
    folder = installed_scripts()
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


async def run_script(*command, stdin=None):
    """The decoded output of a script; fails with the script's message when its exit code is not 0."""
    code, out, err = await run(*command, stdin=stdin)
    assert code == 0, f"node {' '.join(map(str, command))} ended with {code}: {err or out}"
    return json.loads(out)


async def run_script_while(trigger, *command, stdin=None):
    """The decoded output of a script; calls `trigger` repeatedly until the script ends."""
    task = asyncio.ensure_future(run_script(*command, stdin=stdin))
    while not task.done():
        trigger()
        await asyncio.wait({task}, timeout=0.1)
    return task.result()
