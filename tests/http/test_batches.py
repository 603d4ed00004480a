"""Batches: several operations in one request."""

import pytest
import pytest_asyncio

from dexter_graphql.operations.trusted import hash_of
from dexter_graphql.server.executor import RequestExecutor
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLUG = {"query": '{ organization(slug: "acme") { slug } }'}
ANSWER = {"data": {"organization": {"slug": "acme"}}}
WRITE = "mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { results { issue { status } } } }"
ISSUE = "SXNzdWU6OjEwMDAwMDoxMDAwMDA5"
ISSUES = {"query": '{ organization(slug: "acme") { issues(first: 7) { nodes { id } } } }'}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server that takes batches of at most five operations."""
    async with running_site(max_batch=5) as running:
        yield running


async def send(site, body, **headers):
    """Status and body of the answer to a POST."""
    async with site.session.post(site.graphql, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def codes_of(answers):
    """The code of the first error of each answer; None for those without errors."""
    return [answer["errors"][0]["extensions"]["code"] if "errors" in answer else None for answer in answers]


async def test_each_operation_has_its_answer(site):
    """Answers stand in the order of the request, whatever becomes of the others."""
    items = [SLUG, {"query": "{ nothing }"}, 7, {"query": ""}, {"query": WRITE, "variables": {"ids": [ISSUE]}}]

    status, answers = await send(site, items)

    invalid, odd = "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
    assert (status, answers[0], codes_of(answers)) == (200, ANSWER, [None, invalid, odd, odd, None])
    assert answers[4]["data"]["resolveIssues"]["results"] == [{"issue": {"status": "RESOLVED"}}]
    assert len({answer["errors"][0]["extensions"]["requestId"] for answer in answers[1:4]}) == 3


async def test_stored_documents_may_be_part_of_a_batch(site):
    """An item may register a document, and another one name it by its hash."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(SLUG["query"])}}

    _, answers = await send(site, [SLUG | {"extensions": extensions}, {"extensions": extensions}])

    assert answers == [ANSWER, ANSWER]


async def test_equal_operations_share_calls(site):
    """Operations of a batch run at the same time and share what they need."""
    before = len(site.upstream.requests)

    await send(site, [ISSUES] * 5)

    assert len(site.upstream.requests) - before <= 2


@pytest.mark.parametrize(("count", "code"), [(0, "QUERY_TOO_COMPLEX"), (6, "QUERY_TOO_COMPLEX")])
async def test_number_of_operations_is_limited(site, count, code):
    """An empty batch and one that is too long are refused as a whole."""
    status, body = await send(site, [SLUG] * count)

    assert (status, codes_of([body])) == (400, [code])


async def test_subscriptions_need_a_request_of_their_own(site):
    """A subscription in a batch is an error of its item."""
    subscription = {"query": 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'}

    status, answers = await send(site, [subscription, SLUG])

    assert (status, codes_of(answers), answers[1]) == (200, ["BAD_USER_INPUT", None], ANSWER)


@pytest.mark.parametrize("accept", ["application/graphql-response+json", "text/event-stream"])
async def test_answer_is_one_json_array(site, accept):
    """The answer is JSON in the accepted type, also for a client that accepts streams alone."""
    status, answers = await send(site, [SLUG], accept=accept)

    assert (status, answers) == (200, [ANSWER])


async def test_broken_array_is_refused(site):
    """An array that is not JSON is refused like any other body."""
    headers = {"content-type": "application/json"}
    async with site.session.post(site.graphql, data=b' [{"query"', headers=headers) as answer:
        assert (answer.status, codes_of([await answer.json()])) == (400, ["BAD_USER_INPUT"])


async def test_batches_are_off_by_default():
    """Without the setting an array is refused with a reason, and executes nothing."""
    async with running_site() as site:
        status, body = await send(site, [SLUG])

    assert (status, codes_of([body])) == (400, ["BAD_USER_INPUT"])
    assert "turned off" in body["errors"][0]["message"]


async def test_failure_of_one_operation_is_its_own(site, monkeypatch):
    """What nothing foresaw in one operation is its answer; the others have theirs."""
    execute = RequestExecutor.execute

    async def fail_at_times(self, execution):
        if execution.prepared.name == "Broken":
            raise ZeroDivisionError("secret detail")
        return await execute(self, execution)

    monkeypatch.setattr(RequestExecutor, "execute", fail_at_times)

    _, answers = await send(site, [{"query": "query Broken { __typename }"}, SLUG])

    assert (codes_of(answers), answers[1]) == (["INTERNAL", None], ANSWER)
    assert "secret" not in str(answers)
