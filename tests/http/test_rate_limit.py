"""Price of an operation and budget of its caller, over HTTP."""

import asyncio

import pytest
import pytest_asyncio

from dexter_graphql.server.caller_budgets import CallerBudgets
from support.keys import bearer, keys_site
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 100
BUDGET = "rateLimit { calls values limit remaining windowSeconds resetAt }"
QUERY = '{{ {} organization(slug: "acme") {{ teams(first: {}) {{ nodes {{ slug }} }} }} }}'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def budgeted():
    """A server whose callers have a budget, and which knows the organizations; all tests spend of it."""
    async with running_site(caller_calls=LIMIT, caller_window_s=86_400) as site:
        await site.data(QUERY.format("", 1))
        yield site


async def remaining(site):
    """What is left of the caller's budget."""
    return (await site.data(f"{{ {BUDGET} }}"))["rateLimit"]["remaining"]


async def test_operation_reads_its_price_and_the_budget(budgeted):
    """Calls and values of the operation are charged before it is executed, and what it has not spent returns."""
    before = await remaining(budgeted)

    data = await budgeted.data(QUERY.format(BUDGET, 3))

    rate_limit = data["rateLimit"]
    assert rate_limit.pop("resetAt").endswith("T00:00:00Z")
    assert rate_limit == {
        "calls": 2, "values": 15, "limit": LIMIT, "remaining": before - 2, "windowSeconds": 86_400,
    }  # fmt: skip
    assert await remaining(budgeted) == before - 1  # the organization was known


async def test_extensions_name_price_and_budget(budgeted):
    """With `explain` the answer says what the operation has cost at most and what is left, unspent calls included."""
    before = await remaining(budgeted)

    _, _, body = await budgeted.post(QUERY.format("", 4), extensions={"dexter": {"explain": "summary"}})
    _, _, estimate = await budgeted.post(QUERY.format("", 5), extensions={"dexter": {"explain": "estimate"}})

    explained, estimated = (each["extensions"]["dexter"]["rateLimit"] for each in (body, estimate))
    assert explained.pop("resetAt") == estimated.pop("resetAt")
    assert explained == {"calls": 2, "values": 10, "limit": LIMIT, "remaining": before - 1}
    assert estimated == {"calls": 2, "values": 12, "limit": LIMIT, "remaining": before - 1}


async def test_operation_above_the_budget_is_refused(budgeted):
    """The error names the most expensive field and when to retry; nothing is executed, and cheaper operations are."""
    before, calls = await remaining(budgeted), len(budgeted.upstream.requests)
    issues = "issues(first: 97) { nodes { hashes { nodes { hash } } } }"
    query = f'{{ organization(slug: "acme") {{ {issues} }} }}'

    status, _, body = await budgeted.post(query)

    [error] = body["errors"]
    extensions = error["extensions"]
    assert (status, extensions["code"], extensions["field"]) == (200, "QUOTA_EXCEEDED", "Issue.hashes")
    accepted = {"accept": "application/graphql-response+json"}
    refused_status, headers, refused = await budgeted.post(query, headers=accepted)
    wait_s = refused["errors"][0]["extensions"]["retryAfterSeconds"]
    assert (refused_status, headers["retry-after"]) == (429, str(int(wait_s) + 1))
    assert extensions["retryable"]
    assert 0 < extensions["retryAfterSeconds"] <= 86_400
    assert f"may need 99 calls to Sentry, and of the {LIMIT} that you have" in error["message"]
    assert "`Issue.hashes` needs 97 of the calls; request fewer rows" in error["message"]
    assert len(budgeted.upstream.requests) == calls
    assert await remaining(budgeted) == before
    await budgeted.data(query.replace("97", "3"))


async def test_answers_of_the_cache_cost_nothing(budgeted):
    """Equal requests whose answer is cached are not charged, even when nothing is left."""
    for _ in range(2):
        await budgeted.data(QUERY.format("", 6))
    before = await remaining(budgeted)

    for _ in range(3):
        await budgeted.data(QUERY.format("", 6))

    assert await remaining(budgeted) == before


async def test_requests_of_one_execution_are_charged_once(budgeted):
    """Of equal requests at the same time, the one that is executed is charged."""
    before = await remaining(budgeted)

    await asyncio.gather(*(budgeted.data(QUERY.format("", 7)) for _ in range(10)))

    assert await remaining(budgeted) == before - 1


async def test_budget_of_one_caller_refuses_no_other(tmp_path, monkeypatch):
    """A request that joins the execution of a caller whose budget is spent is executed for its own caller."""
    real_charge, has_begun, has_joined = CallerBudgets.charge, asyncio.Event(), asyncio.Event()

    async def charge(budgets, caller, price, calls):
        if caller != "key:poor":
            return await real_charge(budgets, caller, price, calls)
        has_begun.set()
        await has_joined.wait()
        return None

    monkeypatch.setattr(CallerBudgets, "charge", charge)
    async with keys_site(tmp_path / "keys.json", caller_calls=LIMIT) as (site, keys):
        poor, rich = [bearer((await keys.create(name))[0]) for name in ("poor", "rich")]
        refused = asyncio.ensure_future(site.post(QUERY.format("", 2), headers=poor))
        await has_begun.wait()
        answered = asyncio.ensure_future(site.post(QUERY.format("", 2), headers=rich))
        await asyncio.sleep(0.05)
        has_joined.set()
        bodies = [(await request)[2] for request in (refused, answered)]

    assert [error["extensions"]["code"] for error in bodies[0]["errors"]] == ["QUOTA_EXCEEDED"]
    assert len(bodies[1]["data"]["organization"]["teams"]["nodes"]) == 2


async def test_without_a_limit_there_is_a_price(site):
    """A server without budgets says what an operation costs."""
    data = await site.data(f"{{ {BUDGET} }}")

    nothing = dict.fromkeys(("limit", "remaining", "windowSeconds", "resetAt"))
    assert data == {"rateLimit": {"calls": 0, "values": 7} | nothing}


async def test_answer_with_too_many_values_is_refused():
    """The error names the list that has most of them, and nothing is executed."""
    async with running_site(max_values=1000) as site:
        query = '{ organization(slug: "acme") { slug projects(first: 60) { nodes { issues { nodes { id } } } } } }'

        _, _, body = await site.post(query)

    [error] = body["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("QUERY_TOO_COMPLEX", "Project.issues")
    assert "may have 2523 objects and values, and 1000 are allowed" in error["message"]
