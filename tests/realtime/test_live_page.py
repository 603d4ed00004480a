"""docs/live.md: each document in it is valid and gives items, and each command in it works."""

import asyncio
import re
import shlex
from contextlib import aclosing
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog
from click.testing import CliRunner
from graphql import GraphQLObjectType, NoUnusedFragmentsRule, parse, specified_rules, validate

from dexter_graphql.cli import commands
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.telemetry.logs import configure_logs
from support.command import PATIENCE_S
from support.live_changes import issue_editor, open_issues
from support.server import running_site
from support.transports import EventStream

PAGE = (Path(__file__).parents[2] / "docs/live.md").read_text()
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
SELECTIONS = re.findall(r"`(\w+ \{[^`]*\})`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
WITHOUT_OPERATION = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]
RELEASE = """mutation ($version: String!) { createRelease(input: {
  organization: { slug: "acme" }, version: $version, projects: [{ slug: "web" }] }) { release { version } } }"""


@pytest.fixture(autouse=True)
def _quiet_server():
    """Commands print to the output of this process, where the server would log."""
    before = structlog.get_config()
    configure_logs("error", "text")
    yield
    structlog.configure(**before)


@pytest.fixture
async def site():
    """A running Dexter over a sandbox of its own."""
    async with running_site() as running:
        yield running


async def change_everything(site, done):
    """Change objects of every class in the sandbox, again and again, until the task is done."""
    for number in count():
        if done.done():
            return
        issue = open_issues(site, number + 1)[-1]
        editor = issue_editor(site)
        editor.add_comment(issue, "Look at this")
        editor.resolve(issue, Resolution())
        for act in (site.upstream.simulation.open_issue, site.upstream.simulation.fix_issue):
            act()
        site.upstream.simulation.add_event()
        await site.data(RELEASE, version=f"web@9.9.{number}")
        await site.upstream.webhooks.drain()
        await asyncio.wait({done}, timeout=0.1)


async def first_answer(site, document):
    """The first answer of a document, for which everything is changed meanwhile."""
    async with aclosing(EventStream(site).ask(document, {"org": "acme"})) as answers:
        coming = asyncio.ensure_future(asyncio.wait_for(anext(answers), PATIENCE_S))
        await change_everything(site, coming)
        return await coming


async def command_result(site, command):
    """The result of a command of the page, while everything is changed."""
    arguments = shlex.split(command)[1:]
    arguments += ["--count", "1"] * (arguments[0] == "tail" and "--count" not in arguments)
    settings = {
        "DEXTER_WEBHOOK_SECRETS": f"acme={site.upstream.webhooks.secret()}",
        "DEXTER_URL": site.url,
        "DEXTER_ADMIN_LISTEN": urlsplit(site.admin_url).netloc,
        "SENTRY_URL": site.upstream.url,
        "SENTRY_AUTH_TOKEN": site.upstream.token,
    }
    running = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, commands, arguments, env=settings))
    await change_everything(site, running)
    return await running


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: re.findall(r"\w+", text)[1])
async def test_each_document_gives_answers(site, document):
    """What a reader copies gives items without errors."""
    answer = await first_answer(site, document)

    assert "errors" not in answer
    assert all(answer["data"].values())


def accepting_types(schema, selection):
    """The types that accept a selection."""
    text = selection.replace("…", "__typename")
    types = [name for name, of in schema.type_map.items() if isinstance(of, GraphQLObjectType)]
    fragments = {name: parse(f"fragment Part on {name} {{ {text} }}") for name in types}
    return [name for name, part in fragments.items() if validate(schema, part, WITHOUT_OPERATION) == []]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_each_selection_in_the_text_is_valid(graph, selection):
    """A selection in a sentence is one that some type of the schema accepts."""
    assert accepting_types(graph.schema, selection)


def test_members_of_a_union_need_a_type(graph):
    """A field that both types of a union have is not selected on the union: no type accepts it."""
    assert accepting_types(graph.schema, "assignee { name }") == []


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("dexter ")])
async def test_each_command_works(site, command):
    """A command that a reader copies prints something and exits with 0."""
    result = await command_result(site, command)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout


async def test_calls_give_events(site):
    """A call with curl gives a first event of the stream, without an error."""
    for command in (command for command in COMMANDS if command.startswith("curl ")):
        assert b'"errors"' not in await first_event(shlex.split(command.replace("http://127.0.0.1:8000", site.url)))


async def first_event(arguments):
    """The first event with data that a process prints."""
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (line := await process.stdout.readline()).startswith(b"data: {"):
                assert line, "the stream has ended"
            return line
    finally:
        process.kill()
        await process.wait()


def test_the_page_has_documents_and_commands():
    """The patterns of this module find what the page has."""
    assert len(DOCUMENTS) >= 8
    assert SELECTIONS
    assert {command.split()[0] for command in COMMANDS} <= {"dexter", "curl"}
    assert "dexter tail acme" in COMMANDS
