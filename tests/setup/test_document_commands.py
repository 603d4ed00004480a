"""Every command of the documents: run as written where that is cheap, otherwise parsed by its program."""

import asyncio
import json
import re
import shlex
import sys
from importlib import import_module
from itertools import groupby

import click
import pytest

from dexter_graphql.cli import commands
from support.checkout import ROOT, clean_environment, run, start_command
from support.server import running_site

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"\s+# .*$", re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def blocks(document, language):
    """Bodies of the fenced blocks of one language."""
    return [body for name, body in FENCE.findall(document.read_text()) if name == language]


def shell_commands(document):
    """The commands of a document as lists of words; quoted ones may span lines."""
    for body in blocks(document, "sh"):
        script = COMMENT.sub("", body.replace("\\\n", " "))
        lexer = shlex.shlex(script, posix=True, punctuation_chars="\n")
        lexer.whitespace, lexer.whitespace_split = " \t", True
        for is_end, words in groupby(lexer, lambda token: token.startswith("\n")):
            if not is_end:
                yield list(words)


def check_dexter(words):
    """The subcommand exists and has these options."""
    commands.get_command(click.Context(commands), words[1]).make_context(words[1], words[2:])


def check_make(words):
    """The targets exist."""
    assert {word for word in words[1:] if "=" not in word} <= TARGETS


def check_module(words):
    """`python -m MODULE` has these options."""
    module = words[2] if "." in words[2] else f"{words[2]}.__main__"
    import_module(module).main.make_context(module, words[3:])


CHECKS = {
    "make": check_make,
    "dexter": check_dexter,
    ".venv/bin/dexter": check_dexter,
    ".venv/bin/python": check_module,
}
RUN_ELSEWHERE = {
    "curl": "test_readme.py and the sandbox below",
    "docker": "test_dockerfile.py",
    "export": "test_readme.py",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_commands_exist(document):
    """Every command is one that its program accepts, or one that another test runs."""
    for words in shell_commands(document):
        if words[0] not in RUN_ELSEWHERE:
            CHECKS[words[0]](words)


async def test_sandbox_is_controlled_as_documented():
    """The sandbox starts with the documented options and takes the documented requests."""
    starting, controlling = blocks(ROOT / "docs" / "sandbox.md", "sh")
    [[_, *options]] = [shlex.split(starting.replace("\\\n", " "))]
    options[options.index("--port") + 1] = "0"
    async with start_command(sys.executable, "-m", "dexter_graphql", *options, cwd=ROOT) as sandbox:
        url = (await sandbox.until(r"Sandbox   (\S+)"))[1]
        script = controlling.replace("curl ", "curl --silent --show-error --fail-with-body --write-out '\\n' ")
        printed = await run("bash", "-ec", script, cwd=ROOT, env=clean_environment(SANDBOX=url))

    assert printed.splitlines() == ['{"id":1}', '{"id":2}', "[]", ""]


async def test_documented_stream_can_be_resumed():
    """The subscription of the page on live streams gives changes, and continues after a position."""
    [document] = blocks(ROOT / "docs" / "live.md", "graphql")
    async with running_site() as site:
        first = await first_item(site, document, org="acme")
        second = await first_item(site, document, org="acme", after=first["position"])

    assert len({first["position"], second["position"]}) == 2
    for item in (first, second):
        assert (item["gap"], item["change"]["issue"]["shortId"].partition("-")[0]) == (None, "WEB")


async def first_item(site, document, **variables):
    """The first item of a subscription, while issues are opened in the sandbox."""
    opening = asyncio.create_task(open_issues(site))
    body = {"query": document, "variables": variables}
    try:
        async with (
            asyncio.timeout(20),
            site.session.post(site.graphql, json=body, headers={"accept": "text/event-stream"}) as stream,
        ):
            data = await stream.content.readuntil(b"}\n\n")
    finally:
        opening.cancel()
    return json.loads(data.rpartition(b"data: ")[2])["data"]["issueChanged"]


async def open_issues(site):
    """Open issues in the sandbox, many per second."""
    while True:
        site.upstream.simulation.open_issue()
        await asyncio.sleep(0.02)
