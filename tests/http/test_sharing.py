"""Equal questions in the same moment over HTTP: one call, one execution, and an answer for each."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest

from dexter_graphql.loaders import teams
from dexter_graphql.sandbox import Fault
from support.command import PATIENCE_S
from support.server import running_site

CLIENTS = 64
LATENCY_S = 0.8
ORGANIZATION = "GET /organizations/{organization}/"
TEAMS = "/organizations/{organization}/teams/"
QUERY = 'query Teams($count: Int!) { organization(slug: "acme") { teams(first: $count) { nodes { slug } } } }'
EVENT_STREAM = {"accept": "text/event-stream"}


@asynccontextmanager
async def slow_site(latency_s=LATENCY_S, **settings):
    """A running Dexter that has not asked Sentry for teams, which take their time."""
    async with running_site(**settings) as site:
        await site.post('{ organization(slug: "acme") { slug } }')
        site.upstream.faults.add(Fault("delay", delay_s=latency_s, route=TEAMS, times=None))
        yield site


@pytest.fixture
async def site():
    """As it is for everybody."""
    async with slow_site() as running:
        yield running


def calls(site, route=TEAMS):
    """Calls that arrived at Sentry."""
    return site.upstream.requests.count("GET", route)


async def count(site, metric):
    """A counter without labels."""
    async with site.session.get(f"{site.admin_url}/metrics") as answer:
        found = re.search(rf"^{metric} (\S+)$", await answer.text(), re.MULTILINE)
    return float(found[1]) if found else 0


def joined(site):
    """Operations that were answered by another's execution."""
    return count(site, "dexter_joined_operations_total")


async def asked(site, number=0, **more):
    """Body of one answer; requests differ in nothing but their id unless it is said."""
    headers = {"x-request-id": f"request-{number}"} | more.pop("headers", {})
    more = {"variables": {"count": 2}, "query": QUERY} | more
    return (await site.post(headers=headers, **more))[2]


async def begun(site, *requests):
    """Requests as tasks, begun one after the other, all of them waiting for Sentry."""
    tasks = []
    for request in requests:
        tasks.append(asyncio.ensure_future(request))
        await asyncio.sleep(LATENCY_S / 8)
    assert await count(site, "dexter_flights") == 1
    return tasks


async def test_many_cold_clients_cost_one_call_and_one_execution(site):
    """All of them wait for the same call, so that none waits longer than Sentry takes."""
    operations = 'dexter_operations_total{kind="query"}'
    before = await count(site, operations)

    answers = await asyncio.gather(*(asked(site, number) for number in range(CLIENTS)))

    assert {str(answer) for answer in answers} == {
        "{'data': {'organization': {'teams': {'nodes': [{'slug': 'web'}, {'slug': 'platform'}]}}}}"
    }
    assert (calls(site), await joined(site)) == (1, CLIENTS - 1)
    assert await count(site, operations) - before == CLIENTS


@pytest.mark.parametrize(
    "other",
    [
        {"variables": {"count": 3}},
        {"query": QUERY + " "},
        {"query": QUERY + " query B { __typename }", "operationName": "Teams"},
        {"headers": {"x-dexter-priority": "background"}},
        {"extensions": {"dexter": {"explain": "summary"}}},
        {"query": QUERY.replace("organization(", "viewer { subject } organization(")},
    ],
    ids=["variables", "document", "operation", "hurry", "explanation", "viewer"],
)
async def test_different_operations_are_executed_apart(site, other):
    """Whatever the answer depends on keeps operations apart."""
    await asyncio.gather(asked(site), asked(site, **other))

    assert await joined(site) == 0


@pytest.mark.parametrize(
    "query", ["{ viewer { subject } %s }", "{ %s }"], ids=["viewer is never shared", "two tokens share nothing"]
)
async def test_tokens_are_executed_apart(query):
    """What belongs to who asks, and what one token may see, is not given to another."""
    teams_of = 'organization(slug: "acme") { teams(first: 2) { nodes { slug isMember } } }'
    async with slow_site(mode="passthrough") as site:
        tokens = site.upstream.world.tokens
        one, other = [{"authorization": f"Bearer {token.text}"} for token in (tokens.admin, tokens.reader)]

        own = teams_of if "viewer" in query else teams_of.replace(" isMember", "")
        await asyncio.gather(*(asked(site, query=query % own, headers=who) for who in (one, other)))
        assert await joined(site) == 0
        again = query % own + " "  # other bytes, so that no whole answer is given again
        await asyncio.gather(*(asked(site, query=again, headers=one) for _ in range(2)))
        assert await joined(site) == (0 if "viewer" in query else 1)


@pytest.mark.parametrize("leaves", [0, 1])
@pytest.mark.parametrize("headers", [{}, EVENT_STREAM], ids=["plain", "stream"])
async def test_client_that_hangs_up_harms_nobody(site, leaves, headers):
    """The first one may leave as well as the second; the other is answered, and Sentry is asked once."""

    async def whole(number):
        body = {"query": QUERY, "variables": {"count": 2}}
        more = headers | {"x-request-id": f"request-{number}"}
        async with site.session.post(site.graphql, json=body, headers=more) as answer:
            return await answer.text()

    tasks = await begun(site, whole(0), whole(1))

    tasks[leaves].cancel()
    answer = await tasks[1 - leaves]

    assert '"slug":"web"' in answer
    assert calls(site) == 1
    assert await joined(site) == (0 if leaves == 1 else 1)


async def test_execution_ends_when_the_last_stream_left(site):
    """It does not wait for Sentry, which would never answer."""
    site.upstream.faults.clear()
    site.upstream.faults.add(Fault("hang", route=TEAMS, times=None))
    tasks = await begun(site, *(site.post(QUERY, variables={"count": 2}, headers=EVENT_STREAM) for _ in range(2)))
    assert await count(site, "dexter_shareable_executions") == 1

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    async with asyncio.timeout(PATIENCE_S):
        while await count(site, "dexter_shareable_executions"):
            pass


async def test_change_in_between_separates(site):
    """A question after a change does not join one from before it."""
    [before] = await begun(site, asked(site))

    site.dexter.client.invalidate(["anything"])
    after = asyncio.ensure_future(asked(site))

    assert await before == await after
    assert await joined(site) == 0


async def test_write_between_two_equal_reads_separates(site):
    """The second reader sees what was written, while the first one still waits for Sentry."""
    read = '{ organization(slug: "acme") { teams(first: 1) { nodes { slug } } issue(shortId: "WEB-1") { status } } }'
    write = (
        'mutation { resolveIssues(input: { issues: { shortIds: {organization: {slug: "acme"}, values: ["WEB-1"]}}}) '
    )
    [early] = await begun(site, asked(site, query=read, variables=None))

    written = await asked(site, query=write + "{ unmatched } }", variables=None)
    late = await asked(site, query=read, variables=None)

    assert "errors" not in written
    assert late["data"]["organization"]["issue"] == {"status": "RESOLVED"}
    assert "errors" not in await early
    assert await joined(site) == 0


async def test_each_error_names_its_own_request(site):
    """An error reaches all who waited, each of them with their own id; nobody after them."""
    site.upstream.faults.clear()
    site.upstream.faults.add(Fault("delay", delay_s=0.2, route=ORGANIZATION, times=None))
    site.upstream.faults.add(Fault(status=403, body={"detail": "No"}, delay_s=0.3, route=TEAMS, times=None))

    answers = await asyncio.gather(*(asked(site, number) for number in range(3)))

    assert [answer["errors"][0]["extensions"]["requestId"] for answer in answers] == [
        "request-0",
        "request-1",
        "request-2",
    ]
    assert {answer["errors"][0]["extensions"]["code"] for answer in answers} == {"FORBIDDEN"}
    assert await joined(site) == 2
    site.upstream.faults.clear()
    assert "errors" not in await asked(site)


async def test_own_mistake_is_found_under_each_id(site, monkeypatch, capsys):
    """The log leads from every id that a client was shown to the traceback."""

    async def broken(*_arguments, **_more):
        await asyncio.sleep(0.2)
        raise RuntimeError

    monkeypatch.setattr(teams, "fetch_list", broken)

    answers = await asyncio.gather(*(asked(site, number) for number in range(2)))

    assert [answer["errors"][0]["extensions"]["requestId"] for answer in answers] == ["request-0", "request-1"]
    written = "".join(capsys.readouterr())
    assert written.count("Traceback") == 1
    assert "logged_under=request-0 request_id=request-1" in written


async def test_whoever_came_later_keeps_their_own_deadline():
    """When the time of the first is over, those who came after it are answered in theirs."""
    async with slow_site(latency_s=1.2, deadline_s=0.8) as site:
        [early] = await begun(site, asked(site))
        await asyncio.sleep(0.4)
        late = asyncio.ensure_future(asked(site, 1))
        site.upstream.faults.clear()

        early, late = await early, await late

    assert early["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert "errors" not in late


async def test_explanation_says_that_it_is_of_one_execution(site):
    """Whoever is told of calls knows that others were answered by them, too."""
    explained = {"extensions": {"dexter": {"explain": "summary"}}}

    together = await asyncio.gather(*(asked(site, **explained) for _ in range(2)))
    alone = await asked(site, **explained)

    assert [answer["extensions"]["dexter"].get("shared") for answer in (*together, alone)] == [True, True, None]
    assert [answer["extensions"]["dexter"]["upstreamCalls"] for answer in together] == [1, 1]


STREAM = 'subscription ($after: String) { issueChanged(organization: { slug: "acme" }, after: $after) { position } }'


@asynccontextmanager
async def streaming(site, query=STREAM, token="", **variables):
    """An open event stream."""
    headers = EVENT_STREAM | ({"authorization": f"Bearer {token}"} if token else {})
    body = {"query": query, "variables": variables}
    async with site.session.post(site.graphql, json=body, headers=headers) as answer:
        assert answer.content_type == "text/event-stream"
        yield answer


async def open_streams(site, streams):
    """Open subscriptions and the streams that are computed for them, once that many are open."""
    async with asyncio.timeout(PATIENCE_S):
        while await count(site, "dexter_streams") != streams:  # noqa: ASYNC110  # the server signals nothing else
            await asyncio.sleep(0.01)
    return await count(site, "dexter_computed_streams")


async def test_equal_streams_are_computed_once(site):
    """Streams with equal documents and variables share a computation; other variables have one of their own."""
    other = STREAM.replace("position", "position gap { missed }")
    async with streaming(site), streaming(site, after=None), streaming(site, other):
        computed = await open_streams(site, 3)
    assert computed == 2


async def test_streams_of_two_tokens_share_nothing():
    """Each upstream credential has a computation of its own."""
    async with running_site(mode="passthrough") as site:
        tokens = site.upstream.world.tokens
        admin, reader = tokens.admin.text, tokens.reader.text
        async with streaming(site, token=admin), streaming(site, token=admin), streaming(site, token=reader):
            computed = await open_streams(site, 3)
    assert computed == 2
