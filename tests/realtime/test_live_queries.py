"""Live queries over real sockets: `@live` on every streaming transport, and `GET /live/{document}`."""

import asyncio
import json
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest
import pytest_asyncio

from dexter_graphql.sandbox.status_updates import Resolution
from support.live_changes import WAIT_S, issue_editor, with_token
from support.server import running_site
from support.transports import EventStream, Multipart, Socket

ISSUES = """query Open($org: String!) @live { organization(slug: $org) {
  issues(filter: { status: UNRESOLVED, projects: [{ slug: "web" }] }, first: 100) { nodes { shortId } } } }"""
STREAMS = pytest.mark.parametrize("transport", [EventStream, Multipart, Socket], ids=lambda kind: kind.__name__)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site():
    """A running Dexter over a sandbox, for all tests of this module."""
    async with running_site(max_streams_per_caller=1000) as running:
        yield running


async def following(answer):
    """The next answer of a live query."""
    return await asyncio.wait_for(anext(answer), WAIT_S)


def ids_in(answer):
    """Short ids of the issues in an answer."""
    assert "errors" not in answer, answer
    return [issue["shortId"] for issue in answer["data"]["organization"]["issues"]["nodes"]]


def triage_ids(event):
    """Short ids of the issues in an event of the triage list."""
    return [edge["node"]["shortId"] for edge in event[1]["data"]["organization"]["issues"]["edges"]]


def resolve(site, short_id):
    """Resolve an issue at Sentry."""
    issues = site.upstream.world.find_organization("acme").issues.values()
    issue_editor(site).resolve(next(issue for issue in issues if issue.short_id == short_id), Resolution())


@asynccontextmanager
async def live(site, document, headers=None, **parameters):
    """The answers of a document of the library, decoded, with their ids."""
    async with site.session.get(f"{site.url}/live/{document}", params=parameters, headers=headers) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        yield events_of(response)


async def events_of(response):
    """Id and data of each event."""
    while True:
        text = (await response.content.readuntil(b"\n\n")).decode()
        lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        if "data" in lines:
            yield lines.get("id"), json.loads(lines["data"])


@STREAMS
async def test_resolved_issue_leaves_the_list(site, transport):
    """The whole answer comes at once, and again after a webhook, without the issue."""
    async with aclosing(transport(site).ask(ISSUES, {"org": "acme"})) as answers:
        first, *others = ids_in(await following(answers))
        resolve(site, first)
        after = ids_in(await following(answers))

    assert after[: len(others)] == others


RESOLVE = "mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { unmatched } }"


async def test_mutation_of_this_server(site):
    """A mutation is enough; no webhook is needed."""
    site.upstream.webhooks.set_url(None)
    query = ISSUES.replace("shortId", "id shortId")

    async with aclosing(Socket(site).ask(query, {"org": "acme"})) as answers:
        nodes = (await following(answers))["data"]["organization"]["issues"]["nodes"]
        await site.data(RESOLVE, ids=[nodes[0]["id"]])
        after = ids_in(await following(answers))

    site.upstream.webhooks.set_url(f"{site.url}/webhooks/sentry")
    assert after[: len(nodes) - 1] == [node["shortId"] for node in nodes[1:]]


async def test_one_refresh_serves_all_watchers(site):
    """A hundred watchers of one question cost as many calls as one."""
    async with AsyncExitStack() as stack:
        watchers = [EventStream(site).ask(ISSUES, {"org": "acme"}) for _ in range(100)]
        for watcher in watchers:
            await stack.enter_async_context(aclosing(watcher))
        [first, *_] = ids_in((await asyncio.gather(*map(following, watchers)))[0])
        assert b"\ndexter_live_queries 1.0\n" in site.dexter.metrics.text()
        start = len(site.upstream.requests)
        resolve(site, first)
        answers = await asyncio.gather(*map(following, watchers))

    assert all(first not in ids_in(answer) for answer in answers)
    assert [call.path for call in list(site.upstream.requests)[start:]] == ["/api/0/organizations/acme/issues/"]


async def test_other_changes_cost_nothing(site):
    """A change of another organization does not touch the answer."""
    async with aclosing(Socket(site).ask(ISSUES, {"org": "acme"})) as answers:
        await following(answers)
        start = len(site.upstream.requests)
        site.dexter.client.invalidate(["issues/globex"])
        waiting = asyncio.ensure_future(following(answers))
        await asyncio.sleep(0.05)
        calls = list(site.upstream.requests)[start:]
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert calls == []


@pytest.mark.parametrize(
    "parameters",
    [{"org": "acme", "projects": "web"}, {"variables": '{"org": "acme", "projects": [{"slug": "web"}]}'}],
    ids=["one by one", "as JSON"],
)
async def test_document_of_the_library(site, parameters):
    """`GET /live/{document}` sends the answer of a stored document again when it changes."""
    async with live(site, "triage_list", **parameters) as events:
        first, *others = triage_ids(await following(events))
        resolve(site, first)
        after = triage_ids(await following(events))

    assert after[: len(others)] == others


async def test_known_answer_is_not_sent_again(site):
    """An `EventSource` that comes back with the id of the present answer waits for the next one."""
    async with live(site, "triage_list", org="acme") as events:
        known, answer = await following(events)

    async with live(site, "triage_list", {"Last-Event-ID": known}, org="acme") as events:
        resolve(site, triage_ids((known, answer))[0])
        event_id, answer_after = await following(events)

    assert (event_id == known, answer_after == answer) == (False, False)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("nothing?org=acme", 404, "The library has these queries: most_frequent_issues, "),
        ("bulk_resolve?ids=1", 404, "The library has these queries: "),
        ("live_issues?org=acme", 404, "The library has these queries: "),
        ("chart", 400, "'org' is required"),
        ("chart?org=acme&org=globex", 400, "'org' may be given once"),
        ("chart?org=acme&more=1", 400, "'more' is not a parameter of this route"),
        ("chart?variables=1", 400, "'variables' must be one JSON object"),
        ("chart?variables={", 400, "'variables' must be one JSON object"),
        ('chart?variables={"org":1}', 400, "'org' has an invalid value"),
        ('chart?variables={"more":1}', 400, "'more' is not a variable of this query"),
        ('chart?org=acme&variables={"org":"acme"}', 400, "'org' is given twice"),
        ("chart?" + "&".join(f"a{n}=1" for n in range(101)), 400, "The query string has more than 100 parameters"),
    ],
)
async def test_bad_request(site, path, status, message):
    """A document that is no query of the library, and variables that it does not have."""
    async with site.session.get(f"{site.url}/live/{path}") as response:
        problem = await response.json(content_type=None)

    assert (response.status, response.content_type) == (status, "application/problem+json")
    assert problem["detail"].startswith(message), problem


async def test_other_methods(site):
    """Live queries are read."""
    async with site.session.post(f"{site.url}/live/chart?org=acme") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET")


async def test_json_is_answered_once(site):
    """A client that accepts JSON alone gets the answer of the query."""
    _, _, answer = await site.post(ISSUES, variables={"org": "acme"})

    assert ids_in(answer)


@pytest.mark.parametrize("operation", ["mutation", "subscription"])
async def test_directive_belongs_to_queries(site, operation):
    """Another operation with it is not valid."""
    _, _, answer = await site.post(f"{operation} A @live {{ __typename }}")

    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert any("@live" in error["message"] for error in answer["errors"])


@STREAMS
async def test_callers_of_other_rights_do_not_share(transport):
    """In `passthrough` each credential asks Sentry with its own rights, also while another one asks the same."""
    query = ISSUES.replace('projects: [{ slug: "web" }]', 'projects: [{ slug: "api" }]')
    async with running_site(mode="passthrough") as site, AsyncExitStack() as stack:
        tokens = (site.upstream.token, site.upstream.world.tokens.web_only.text, "sntryu_unknown")
        callers = [await stack.enter_async_context(with_token(site, token)) for token in tokens]
        watchers = [transport(caller).ask(query, {"org": "acme"}) for caller in callers]
        for watcher in watchers:
            await stack.enter_async_context(aclosing(watcher))
        everything, limited, unknown = await asyncio.gather(*map(following, watchers))

    assert ids_in(everything)
    codes = [[error["extensions"]["code"] for error in answer["errors"]] for answer in (limited, unknown)]
    assert codes == [["FORBIDDEN"], ["UNAUTHENTICATED"]]
