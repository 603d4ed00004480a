"""What a write that Sentry did not take leaves behind: an error at its place, no news, and no old answer."""

import asyncio

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.sandbox.faults import Fault, internal_error
from support.graph import GraphClient
from support.sandbox import StillClock, running_sandbox

ISSUE = "/organizations/{organization}/issues/{issue}/"
COMMENTS = "/organizations/{organization}/issues/{issue}/notes/"
COMMENT = 'mutation ($id: ID!) { addIssueComment(input: { issue: $id, text: "Seen" }) { comment { text } } }'
RESOLVE = "mutation ($id: ID!) { resolveIssues(input: { issues: { ids: [$id] } }) { results { issue { status } } } }"
STATUS = "query ($id: ID!) { node(id: $id) { ... on Issue { status } } }"


@pytest.fixture
async def asker(graph, skipping):
    """The graph over a sandbox that may be changed."""
    async with running_sandbox(StillClock()) as server:
        asker = GraphClient(graph, server, skipping)
        assert (await asker.ask('{ organization(slug: "acme") { slug } }')).errors == []
        yield asker
        await asker.client.close()


@pytest.fixture
def issue(asker):
    """An open issue."""
    return next(one for one in asker.acme.issues.values() if one.is_error and one.status == "unresolved")


def id_of(issue):
    """Global id of an issue of acme."""
    return encode_id("Issue", "100000", issue.id)


async def test_failed_write_is_an_error_at_its_place(asker, issue):
    """A mutation that Sentry did not answer is null, and the same write may be sent again: it was, four times."""
    asker.server.faults.add(Fault(status=500), method="PUT", route=ISSUE, times=None)

    told = await asker.ask(RESOLVE, id=id_of(issue))

    [error] = told.errors
    assert told.data == {"resolveIssues": None}
    assert (error["path"], error["extensions"]) == (
        ["resolveIssues"],
        {
            "code": "UPSTREAM_UNAVAILABLE",
            "retryable": True,
            "upstream": {"endpoint": f"PUT {ISSUE}", "status": 500},
            "writeOutcome": "UNKNOWN",
            "requestId": "request",
        },
    )
    assert [call.method for call in told.calls if call.route == ISSUE].count("PUT") == 5
    assert issue.status == "unresolved"


async def test_lost_write_that_cannot_be_repeated(asker, issue):
    """When the answer to a new comment is lost, the error says that it may exist, and advises against a repeat."""
    asker.server.faults.add(Fault("reset"), method="POST", route=COMMENTS, times=None)

    told = await asker.ask(COMMENT, id=id_of(issue))

    [error] = told.errors
    assert error["message"] == "Sentry cannot be reached. Sentry may or may not have applied this change"
    assert (error["extensions"]["code"], error["extensions"]["writeOutcome"]) == ("UPSTREAM_UNAVAILABLE", "UNKNOWN")
    assert error["extensions"]["retryable"] is False
    assert [call.method for call in told.calls if call.route == COMMENTS] == ["POST"]


async def test_failed_write_is_not_announced(asker, issue):
    """The first thing that a follower hears is the write that succeeded."""
    news = await asker.services.changes.subscribe(Topic("acme", Stream.ISSUES), None)
    other = next(one for one in asker.acme.issues.values() if one is not issue and one.status == "unresolved")
    number = asker.server.faults.add(internal_error(), method="PUT", route=ISSUE, times=None)

    failed = await asker.ask(RESOLVE, id=id_of(issue))
    asker.server.faults.remove(number)
    succeeded = await asker.ask(RESOLVE, id=id_of(other))
    heard = await asyncio.wait_for(anext(news), 10)
    await news.aclose()

    assert (len(failed.errors), succeeded.errors) == (1, [])
    assert heard.change.subject == other.id


async def test_read_after_a_failed_write_asks_again(asker, issue):
    """Sentry may have written before it failed, so what was kept is no longer believed."""
    read = await asker.ask(STATUS, id=id_of(issue))
    again = await asker.ask(STATUS, id=id_of(issue))
    asker.server.faults.add(internal_error(), method="PUT", route=ISSUE, times=None)

    await asker.ask(RESOLVE, id=id_of(issue))
    after = await asker.ask(STATUS, id=id_of(issue))

    assert (len(read.calls), len(again.calls), len(after.calls)) == (1, 0, 1)
    assert after.data == read.data == {"node": {"status": "UNRESOLVED"}}
