"""Failed writes: an error at the field's path, no published change, and no stale answer."""

import asyncio

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.sandbox.faults import Fault, internal_error
from support.graph import GraphClient
from support.sandbox import StillClock, running_sandbox

ISSUE = "/organizations/{organization}/issues/{issue}/"
COMMENTS = "/organizations/{organization}/issues/{issue}/notes/"
COMMENT = 'mutation ($id: ID!) { addIssueComment(input: { issue: { id: $id }, text: "Seen" }) { comment { text } } }'
RESOLVE = "mutation ($id: ID!) { resolveIssues(input: { issues: { ids: [$id] } }) { results { issue { status } } } }"
STATUS = "query ($id: ID!) { node(id: $id) { ... on Issue { status } } }"


@pytest.fixture
async def asker(graph, skipping):
    """A client of the graph over a writable sandbox."""
    async with running_sandbox(StillClock()) as server:
        asker = GraphClient(graph, server, skipping)
        assert (await asker.ask('{ organization(slug: "acme") { slug } }')).errors == []
        yield asker
        await asker.client.close()


@pytest.fixture
def issue(asker):
    """An open issue."""
    return next(issue for issue in asker.acme.issues.values() if issue.is_error and issue.status == "unresolved")


def id_of(issue):
    """Global id of an issue of acme."""
    return encode_id("Issue", "100000", issue.id)


async def test_failed_write_is_an_error_at_its_place(asker, issue):
    """A mutation without a response is null after four retries of the idempotent write."""
    asker.server.faults.add(Fault(status=500), method="PUT", route=ISSUE, times=None)

    answer = await asker.ask(RESOLVE, id=id_of(issue))

    [error] = answer.errors
    assert answer.data == {"resolveIssues": None}
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
    assert [call.method for call in answer.calls if call.route == ISSUE].count("PUT") == 5
    assert issue.status == "unresolved"


async def test_lost_write_that_cannot_be_repeated(asker, issue):
    """When the response to a new comment is lost, the error says that it may exist and is not retryable."""
    asker.server.faults.add(Fault("reset"), method="POST", route=COMMENTS, times=None)

    answer = await asker.ask(COMMENT, id=id_of(issue))

    [error] = answer.errors
    assert error["message"] == "Sentry cannot be reached. Sentry may or may not have applied this change"
    assert (error["extensions"]["code"], error["extensions"]["writeOutcome"]) == ("UPSTREAM_UNAVAILABLE", "UNKNOWN")
    assert error["extensions"]["retryable"] is False
    assert [call.method for call in answer.calls if call.route == COMMENTS] == ["POST"]


async def test_failed_write_is_not_announced(asker, issue):
    """The first change that a subscriber receives is the successful write."""
    news = await asker.services.changes.subscribe([Topic("acme", Stream.ISSUES)], None)
    other = next(item for item in asker.acme.issues.values() if item is not issue and item.status == "unresolved")
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
