"""`dexter tail`: lines, resuming, and errors that end it, over a real server and its sandbox."""

import asyncio
import json
from contextlib import aclosing

import pytest
import structlog
from click.testing import CliRunner
from graphql import parse, validate

from dexter_graphql.cli import commands
from dexter_graphql.cli.client import RunningServer
from dexter_graphql.cli.following import SUBSCRIPTION, ChangeFollower, StreamInterrupted, StreamRefused
from dexter_graphql.cli.running import listen
from dexter_graphql.cli.tail import ENTITIES, describe
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.telemetry.logs import configure_logs
from support.live_changes import calls_besides_checks, issue_editor, open_issues
from support.sandbox import running_sandbox
from support.server import running_site
from support.transports import EventStream


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


POSITION = """subscription { activity(organization: { slug: "acme" }, filter: { entities: [ISSUE] }) {
    position change { issue { shortId } } } }"""
ISSUES_ONLY = {"organization": "acme", "kinds": None, "entities": ["ISSUE"]}


async def current_position(site):
    """The position after the last change of an issue so far."""
    async with aclosing(EventStream(site).ask(POSITION, {})) as answers:
        coming = asyncio.ensure_future(anext(answers))
        while not coming.done():
            issue = site.upstream.simulation.open_issue()
            await site.upstream.webhooks.drain()
            await asyncio.wait({coming}, timeout=0.2)
        item = (await coming)["data"]["activity"]
        while item["change"]["issue"]["shortId"] != issue.short_id:
            item = (await anext(answers))["data"]["activity"]
        return item["position"]


async def tailed(site, *options, organization="acme"):
    """The result of `dexter tail`, which has a thread because it blocks."""
    arguments = ["tail", organization, "--url", site.url, *options]
    return await asyncio.to_thread(CliRunner().invoke, commands, arguments)


def resolve(site, *issues):
    """Resolve issues in the sandbox, which sends webhooks."""
    for issue in issues:
        issue_editor(site).resolve(issue, Resolution())


def test_subscription_is_valid(graph):
    """The schema accepts the document of the command."""
    assert validate(graph.schema, parse(SUBSCRIPTION)) == []


async def test_items_are_lines(site):
    """One line for each change of the chosen kinds, or the items as JSON; neither costs a call to Sentry."""
    after = await current_position(site)
    first, second = open_issues(site, 2)
    site.upstream.simulation.open_issue()
    resolve(site, first, second)
    await site.upstream.webhooks.drain()
    start = len(site.upstream.requests)

    lines = await tailed(site, "--after", after, "--count", "2", "--kind", "resolved")
    items = await tailed(site, "--after", after, "--count", "2", "--kind", "resolved", "--json")

    assert (lines.exit_code, items.exit_code) == (0, 0)
    decoded = [json.loads(line) for line in items.stdout.splitlines()]
    assert [item["change"]["issue"]["shortId"] for item in decoded] == [first.short_id, second.short_id]
    assert lines.stdout.splitlines() == [describe(item) for item in decoded]
    assert f"RESOLVED    {first.short_id}  {first.title}" in lines.stdout
    assert calls_besides_checks(site, start) == []


async def test_stream_resumes_after_its_last_item(site):
    """A server that stops and starts: the follower waits, and each change arrives once."""
    after = await current_position(site)
    loop, draining = asyncio.get_running_loop(), site.dexter.readiness.draining
    first, second = open_issues(site, 2)
    resolve(site, first)
    waits = []

    def wait(seconds, reason):
        waits.append((seconds, reason))
        asyncio.run_coroutine_threadsafe(restart(), loop).result()

    async def restart():
        draining.clear()
        resolve(site, second)

    follower = ChangeFollower(RunningServer(site.url), {}, ISSUES_ONLY, after)
    items = follower.follow(wait)
    received = [await asyncio.to_thread(next, items)]
    draining.set()
    received.append(await asyncio.to_thread(next, items))
    items.close()

    assert [item["change"]["issue"]["shortId"] for item in received] == [first.short_id, second.short_id]
    assert follower.after == received[-1]["position"]
    assert [reason for _, reason in waits] == ["The server ended the stream"]


async def test_position_of_another_key_is_a_gap(site):
    """A position that the server refuses is dropped: a gap, then the stream from now on."""
    follower = ChangeFollower(RunningServer(site.url), {}, ISSUES_ONLY, "bm9uZQ")
    item = await asyncio.to_thread(next, follower.follow(pytest.fail))

    assert describe(item) == "gap: an unknown number of changes were missed"
    assert follower.after is None


def test_server_that_is_not_there_is_waited_for():
    """Waits grow to a bound, and differ between clients."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    waits = []

    def wait(seconds, _reason):
        waits.append(seconds)
        if len(waits) == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(ChangeFollower(RunningServer(f"http://127.0.0.1:{port}"), {}, {}).follow(wait))

    assert all(0 <= seconds <= min(15, 2**number) for number, seconds in enumerate(waits))
    assert len(set(waits)) == 12


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b'{"errors": [{"message": "m", "extensions": {"code": "RATE_LIMITED"}}]}', StreamInterrupted),
        (b'{"errors": [{"message": "m", "extensions": {"code": "UNAUTHENTICATED"}}], "data": null}', StreamRefused),
        (b'{"data": null}', StreamRefused),
        (b'{"data"', StreamInterrupted),
        (b"[]", StreamInterrupted),
    ],
)
def test_errors_in_place_of_an_item(answer, kind):
    """Errors that may pass interrupt the stream; others end it."""
    with pytest.raises(kind):
        ChangeFollower(RunningServer("http://localhost"), {}, {})._parse(answer)


async def test_refusal_ends_the_command(site):
    """An organization that does not exist is said in one line; exit code 1."""
    result = await tailed(site, organization="nowhere")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("dexter: ")
    assert "nowhere" in result.stderr


async def test_redirect_is_not_followed():
    """The credential stays with the server that was named: a redirect is a refusal."""
    async with running_sandbox() as sandbox, running_sandbox() as other:
        sandbox.faults.add(Fault(status=307, headers={"Location": f"{other.url}/graphql"}, times=None))
        follower = ChangeFollower(RunningServer(sandbox.url), {"Authorization": "Bearer hunter2"}, {})
        with pytest.raises(StreamRefused, match="307"):
            await asyncio.to_thread(next, follower.follow(pytest.fail))

        assert list(other.requests) == []


@pytest.mark.parametrize(
    "options",
    [
        ("--url", "http://dexter.example.org", "--token", "hunter2"),
        ("--url", "https://dexter.example.org/graphql", "--token", "hunter2"),
        ("--url", "ftp://dexter.example.org"),
        ("--token", "hunter2\nX-More: 1"),
    ],
)
def test_unsafe_address_is_refused(options):
    """A token goes over https or stays on this machine; no message shows it."""
    result = CliRunner().invoke(commands, ["tail", "acme", *options])

    assert result.exception is not None
    assert str(result.exception).startswith(("DEXTER_URL: ", "DEXTER_TOKEN: "))
    assert "hunter2" not in f"{result.exception} {result.output}"


def test_titles_do_not_control_the_terminal():
    """Titles come from those who send events: control characters are blanks."""
    change = {"entity": "ISSUE", "kind": "CREATED", "action": "issue.created", "occurredAt": "2026", "actor": None}
    issue = {"shortId": "WEB-1", "title": "a\x1b]0;b\x07\u202ec\x9b1m\nd"}

    assert describe({"change": {**change, "issue": issue}}).endswith("WEB-1  a ]0;b  c 1m d")
    assert json.dumps({"title": issue["title"]}).isprintable()
    assert describe({"change": {**change, "issue": None}}).endswith("CREATED     issue.created")
    assert describe({"change": None, "gap": {"missed": 4}}) == "gap: 4 changes were missed"


CHANGE = {"entity": "OTHER", "kind": "CREATED", "action": "x.y", "occurredAt": "2026-01-01T00:00:00Z", "actor": None}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"entity": "COMMENT", "issue": {"shortId": "WEB-1"}, "comment": {"text": "Look\nhere"}},
            "COMMENT  CREATED     WEB-1  Look",
        ),
        ({"entity": "COMMENT", "kind": "DELETED", "issue": None, "comment": None}, "COMMENT  DELETED     x.y"),
        (
            {"entity": "ERROR", "event": {"level": "ERROR", "title": "Boom", "environment": "production"}},
            "ERROR    CREATED     ERROR  Boom  production",
        ),
        (
            {"entity": "ALERT", "kind": "FIRED", "alert": {"status": "CRITICAL", "alertName": "Errors", "title": "T"}},
            "ALERT    FIRED       CRITICAL  Errors  T",
        ),
        (
            {"entity": "RELEASE", "release": {"version": "web@1", "deploy": {"environment": "production"}}},
            "RELEASE  CREATED     web@1  production",
        ),
        (
            {"entity": "AUTOFIX", "autofix": {"stage": "CODING", "isCompleted": True, "issue": {"shortId": "WEB-1"}}},
            "AUTOFIX  CREATED     WEB-1  CODING completed",
        ),
        ({"entity": "OTHER", "actor": {"name": "Ada"}}, "OTHER    CREATED     x.y  by Ada"),
    ],
)
def test_each_class_of_changes_has_a_line(change, line):
    """A line names the object of a change in the way that fits its class; what is missing is left out."""
    assert describe({"change": CHANGE | change}) == f"2026-01-01T00:00:00Z  {line}"


def test_classes_are_those_of_the_schema(graph):
    """Each class of changes can be chosen, and has a line."""
    values = set(graph.schema.type_map["ChangeEntity"].values)

    assert {entity.upper() for entity in ENTITIES} == values
    assert all(describe({"change": {**EMPTY, "entity": value}}) for value in values)


EMPTY = CHANGE | dict.fromkeys(("issue", "comment", "event", "alert", "release", "autofix"))


async def test_all_classes_are_followed(site):
    """A comment and an error are lines beside the change of an issue; one class can be chosen."""
    after = await current_position(site)
    (issue,) = open_issues(site)
    resolve(site, issue)
    issue_editor(site).add_comment(issue, "Look at this")
    site.upstream.simulation.add_event(issue)
    await site.upstream.webhooks.drain()

    options = ("--after", after, "--entity", "comment", "--entity", "error", "--entity", "issue")
    # The event of the issue that was opened for the position comes after it.
    lines = (await tailed(site, *options, "--count", "4")).stdout.splitlines()
    comments = (await tailed(site, "--after", after, "--entity", "comment", "--count", "1")).stdout

    assert [line.split()[1] for line in lines] == ["ERROR", "ISSUE", "COMMENT", "ERROR"]
    assert f"{issue.short_id}  Look at this" in comments
