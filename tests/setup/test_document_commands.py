"""Every command of the documents: run as written where that is cheap, otherwise parsed by its program."""

import asyncio
import json
import re
import shlex
import sys
from contextlib import aclosing
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby

import click
import pytest

from dexter_graphql.cli import commands
from dexter_graphql.sandbox.issue_editor import find_assignee
from dexter_graphql.sandbox.status_updates import Resolution
from support.checkout import ROOT, clean_environment, run, start_command
from support.deployment import SERVICES
from support.live_changes import (
    calls_besides_checks,
    current_position,
    issue_editor,
    open_issues,
    subscribed,
)
from support.server import running_site
from support.transports import EventStream

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


def check_docker(words):
    """Commands of Compose name its file and services of it, and what a service executes is checked in turn."""
    if words[1] != "compose":
        return
    assert words[2:4] == ["--file", "deploy/compose.yaml"]
    action, *rest = words[4:]
    services = [word.partition(":")[0] for word in rest if not word.startswith("-")]
    if action == "exec":
        assert rest[0] in SERVICES
        check_dexter(rest[1:])
    elif action == "cp":
        assert services[0] in SERVICES
    else:
        assert set(services) <= SERVICES.keys()


def check_make(words):
    """The targets exist."""
    assert {word for word in words[1:] if "=" not in word} <= TARGETS


def check_module(words):
    """`python -m MODULE` has these options."""
    is_package = find_spec(words[2]).submodule_search_locations is not None
    module = f"{words[2]}.__main__" if is_package else words[2]
    import_module(module).main.make_context(module, words[3:])


CHECKS = {
    "docker": check_docker,
    "make": check_make,
    "dexter": check_dexter,
    ".venv/bin/dexter": check_dexter,
    ".venv/bin/python": check_module,
}
RUN_ELSEWHERE = {
    "curl": "test_readme.py, test_rest.py and the sandbox below",
    "export": "test_readme.py",
}


def name_of_operation(document):
    """Name of the operation in a document."""
    return re.search(r"\w+ (\w+)", document)[1]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_commands_exist(document):
    """Every command is one that its program accepts, or one that another test runs."""
    for words in shell_commands(document):
        if words[0] not in RUN_ELSEWHERE:
            CHECKS[words[0]](words)


async def test_sandbox_is_controlled_as_documented():
    """The sandbox starts with the documented options and takes the documented requests."""
    starting, sending, controlling = blocks(ROOT / "docs" / "sandbox.md", "sh")
    [[_, *options]] = [shlex.split(starting.replace("\\\n", " "))]
    options[options.index("--port") + 1] = "0"
    async with start_command(sys.executable, "-m", "dexter_graphql", *options, cwd=ROOT) as sandbox:
        url = (await sandbox.until(r"Sandbox   (\S+)"))[1]
        sent, controlled = [
            await run(
                "bash",
                "-ec",
                script.replace("curl ", "curl --silent --show-error --fail-with-body --write-out '\\n' "),
                cwd=ROOT,
                env=clean_environment(SANDBOX=url),
            )
            for script in (sending, controlling)
        ]

    assert [json.loads(line)["isCut"] for line in sent.splitlines() if "isCut" in line][-1]
    assert controlled.splitlines() == ['{"id":1}', '{"id":2}', "[]", ""]


async def test_documented_stream_can_be_resumed():
    """The subscription of the page on live streams gives changes, and continues after a position."""
    document = blocks(ROOT / "docs" / "live.md", "graphql")[0]
    async with running_site() as site:
        items, position = [], await current_position(site)
        for issue in open_issues(site, 2):
            issue_editor(site).resolve(issue, Resolution())
            variables = {"org": "acme", "after": position}
            async with aclosing(EventStream(site).ask(document, variables)) as answers:
                item = (await asyncio.wait_for(anext(answers), 10))["data"]["issueChanged"]
            position = item["position"]
            items.append((item["gap"], item["change"]["kind"], item["change"]["issue"]["shortId"] == issue.short_id))

    assert items == [(None, "RESOLVED", True)] * 2


CREATE_RELEASE = """mutation ($version: String!) { createRelease(input: {
  organization: { slug: "acme" }, version: $version, projects: [{ slug: "web" }] }) { release { version } } }"""


@pytest.mark.parametrize(
    "document",
    [text for text in blocks(ROOT / "docs" / "live.md", "graphql") if text.startswith("subscription")],
    ids=name_of_operation,
)
async def test_documented_streams_run(document):
    """Every subscription of the page sends an item without an error when something happens that it follows."""
    async with running_site() as site, aclosing(EventStream(site).ask(document, {"org": "acme"})) as answers:
        coming = asyncio.ensure_future(anext(answers))
        for issue in open_issues(site, 100):
            issue_editor(site).add_comment(issue, "seen")
            site.upstream.simulation.add_event(issue)
            site.upstream.simulation.open_issue()
            site.upstream.simulation.fire_metric_alert()
            site.upstream.simulation.fix_issue()
            await site.data(CREATE_RELEASE, version=f"web@{issue.id}")
            issue_editor(site).resolve(issue, Resolution())
            await asyncio.wait({coming}, timeout=0.2)
            if coming.done():
                break
        answer = await asyncio.wait_for(coming, 10)

    assert "errors" not in answer
    [item] = answer["data"].values()
    assert (item["position"] != "", item["gap"], item["change"] is None) == (True, None, False)


async def test_documented_fields_of_webhooks_cost_no_call():
    """The fields that the page on live streams names as free are valid, and need no call whoever is assigned."""
    text = (ROOT / "docs" / "live.md").read_text()
    sentence = re.search(r"Fields that the webhook contains cost no call: (.*?`)\.", text, re.DOTALL)[1]
    selection = " ".join(re.findall(r"`([^`]+)`", sentence))
    async with running_site() as site:
        position, organization = await current_position(site), site.upstream.world.find_organization("acme")
        user, team, issues = site.upstream.world.users[0], organization.teams[0], open_issues(site, 3)
        for issue, assignee in zip(issues, (f"user:{user.id}", f"team:{team.id}"), strict=False):
            issue.assignee = find_assignee(organization, assignee)
        for issue in issues:
            issue_editor(site).resolve(issue, Resolution())
        await site.upstream.webhooks.drain()
        start = len(site.upstream.requests)
        async with subscribed(site, f"change {{ issue {{ {selection} }} }}", after=position) as reader:
            items = [(await reader.item())["change"]["issue"] for _ in issues]

        assert calls_besides_checks(site, start) == []
    assert [item["title"] for item in items] == [issue.title for issue in issues]
    assert [item["assignee"] for item in items[:2]] == [{"name": user.name}, {"slug": team.slug}]
