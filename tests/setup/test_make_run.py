"""`make run` in a clean copy of the project: what the README promises to a newcomer."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import sys
from contextlib import suppress

import pytest

from support.checkout import ROOT, clean_copy, clean_environment, fetch_page, free_port, run, start_command

FIRST_START_S = 300.0
"""Longest first start: it makes a virtual environment and fills it, from the network when there is no cache."""
LATER_START_S = 10.0
MAKE = shutil.which("make")


async def answer_of(command):
    """The decoded answer to a printed curl command."""
    words = shlex.split(command.replace("\\\n", ""))
    return json.loads(await run(*words, "--silent", "--show-error", cwd="/"))


async def interrupted(command):
    """How a command ended after Ctrl-C, which a terminal sends to all processes of the group."""
    os.killpg(command.process.pid, signal.SIGINT)
    return (await command.wait_for_exit())[0]


async def is_context_free(port):
    """Whether nobody listens there any more."""
    with suppress(ConnectionRefusedError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return False
    return True


async def test_first_and_second_start(folder):
    """`make run` sets up, serves and prints a query that works; the next one starts at once; signals end both."""
    copy, port = clean_copy(folder / "copy"), free_port()
    command = (MAKE, "run", f"PORT={port}")

    async with start_command(*command, cwd=copy, patience_s=FIRST_START_S) as first:
        printed = await first.until(r"(curl http://127\.0\.0\.1:\d+/graphql .*\\\n.*'\n)")
        answer = await answer_of(printed[1])
        page, files = await fetch_page(f"http://127.0.0.1:{port}")
        codes = [await interrupted(first)]
    async with start_command(*command, cwd=copy, patience_s=LATER_START_S) as second:
        address = (await second.until(r"GraphQL   (http://\S+)"))[1]
        codes.append((await second.end(signal.SIGTERM))[0])

    assert list(answer) == ["data"], answer
    nodes = answer["data"]["organization"]["issues"]["nodes"]
    assert len(nodes) == 3
    assert all(re.fullmatch(r"[A-Z]+-\w+", node["shortId"]) for node in nodes)
    assert address == f"http://127.0.0.1:{port}/graphql"
    assert len(files) == 7
    assert set(files.values()) == {(200, True)}
    assert 'class="notice"' not in page
    assert codes == [-signal.SIGINT, -signal.SIGTERM]
    assert await is_context_free(port)


async def test_help_lists_the_targets():
    """`make` and `make help` say the same: each target that users have, and what it does."""
    printed = [await run(MAKE, *target, cwd=ROOT) for target in ([], ["help"])]

    targets = [line.split()[0] for line in printed[0].splitlines()]
    assert printed[0] == printed[1]
    assert targets[:7] == ["help", "install", "console", "run", "example", "tools", "test"]
    assert targets[7:11] == ["test-long", "drills", "bench", "bench-live"]
    assert targets[11:] == ["check", "parity", "schema", "lock", "audit", "clean"]
    assert all(len(line.split()) > 2 for line in printed[0].splitlines())


async def test_other_files_of_graphiql_are_refused(folder):
    """What the registry gives is held against the hashes of the page; the page keeps what it had."""
    copy = clean_copy(folder / "copy")
    manifest = copy / "dexter_graphql" / "console" / "assets.json"
    manifest.write_text(manifest.read_text().replace("sha384-1", "sha384-2"))

    with pytest.raises(AssertionError, match=r"ended with 1:\n\n.* is not the file that assets.json names"):
        await run("node", "web/build.mjs", cwd=copy)

    assert not (copy / "dexter_graphql" / "console" / "build").exists()


class TestWithoutNode:
    """A machine without Node.js."""

    async def test_console_is_left_to_the_network(self, folder):
        """`make console` says what will happen, makes nothing, and is no failure."""
        copy = clean_copy(folder / "copy")
        (folder / "bin").mkdir()

        printed = await run(MAKE, "console", cwd=copy, env=clean_environment(PATH=str(folder / "bin")))

        assert printed == "Node.js is not there: GraphiQL will be loaded from the network\n"
        assert not (copy / "dexter_graphql" / "console" / "build").exists()

    async def test_page_is_held_against_hashes(self, folder):
        """The page says where GraphiQL comes from; a browser takes only the files that it was written for."""
        copy = clean_copy(folder / "copy")
        serve = ("-m", "dexter_graphql", "serve", "--sandbox", "--port", "0")
        async with start_command(sys.executable, *serve, cwd=copy) as command:
            page, files = await fetch_page((await command.until(r"GraphQL   (http://\S+)/graphql"))[1])

        manifest = json.loads((copy / "dexter_graphql" / "console" / "assets.json").read_text())
        expected = [
            (f"{manifest['network']}/{one['package']}@{one['version']}/{one['file']}", one["integrity"])
            for one in manifest["assets"]
        ]
        assert re.findall(r'"(https://[^"]+)" integrity="([^"]+)"', page) == expected
        assert re.findall(r'<p class="notice">(.*?\.)', page) == [
            "GraphiQL is loaded from the network, because it was not built here."
        ]
        assert files == {"/console/assets/console.css": (200, True), "/console/assets/console.js": (200, True)}
