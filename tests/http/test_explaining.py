"""What an answer tells of the calls that it took, for whoever asks."""

import pytest

from dexter_graphql.sandbox.faults import internal_error

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = '{ organization(slug: "acme") { teams(first: 2) { nodes { slug } } } }'
TEAMS = "GET /organizations/{organization}/teams/"


def calls_to_organizations(site):
    """The calls to an organization's endpoints; those of the server's start, which may still arrive, are to others."""
    return [request.line for request in site.upstream.requests if "{organization}" in (request.route or "")]


async def explained(site, explain, query=QUERY):
    """What stands under `extensions.dexter`."""
    _, _, body = await site.post(query, extensions={"dexter": {"explain": explain}})
    assert "errors" not in body
    return body["extensions"]["dexter"]


async def test_summary_counts(site):
    """Calls, hits and waits; a second time the same costs nothing."""
    await site.data(QUERY)
    query = QUERY.replace("first: 2", "first: 3")

    cold, warm = await explained(site, "summary", query), await explained(site, "summary", query)

    assert cold == {
        "upstreamCalls": 1,
        "cacheHits": 0,
        "sharedFlights": 0,
        "retries": 0,
        "waitedMs": 0.0,
        "rateLimit": {"calls": 2, "values": 8},
    }
    assert warm == cold | {"upstreamCalls": 0, "cacheHits": 1}


async def test_calls_are_told_one_by_one(site):
    """Endpoint, origin and time of each; never an address, a parameter or a caller."""
    told = await explained(site, "calls", QUERY.replace("first: 2", "first: 4"))

    [call] = told["calls"]
    assert (call["endpoint"], call["origin"], call.keys()) == (TEAMS, "wire", {"endpoint", "origin", "ms"})


async def test_failed_calls_are_listed(site):
    """A call that failed is listed with its code instead of an origin, and its retries count."""
    site.upstream.faults.add(internal_error(), route=TEAMS.removeprefix("GET "), times=2)
    query = QUERY.replace("first: 2", "first: 6")

    _, _, body = await site.post(query, extensions={"dexter": {"explain": "calls"}})

    summary = body["extensions"]["dexter"]
    [call] = summary["calls"]
    assert (call["endpoint"], call["error"], call["retries"]) == (TEAMS, "UPSTREAM_UNAVAILABLE", 1)
    assert (summary["upstreamCalls"], summary["retries"], "origin" in call) == (2, 1, False)


async def test_nobody_is_told_who_does_not_ask(site):
    """Without asking there are no extensions, unless something was stale."""
    _, _, body = await site.post(QUERY, extensions={"other": {"explain": "calls"}})

    assert body.keys() == {"data"}


@pytest.mark.parametrize("dexter", [7, "calls", [], {"explain": "all"}, {"explain": 1}, {"explain": None}])
async def test_other_questions_are_refused(site, dexter):
    """A word that means nothing gives 400."""
    status, _, body = await site.post(QUERY, extensions={"dexter": dexter})

    assert (status, body["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("document", "calls", "values"),
    [
        (QUERY, 2, 6),
        ('mutation { resolveIssues(input: { issues: { ids: ["a"] } }) { unmatched } }', 3, 21),
        ('subscription { issueChanged(organization: { slug: "acme" }) { position } }', 2, 2),
    ],
)
async def test_estimate_executes_nothing(site, document, calls, values):
    """An estimate says how many calls and values an operation of any kind costs at most, and makes no call."""
    await site.data(QUERY)  # whereby the server learns that the sandbox has all endpoints
    before = calls_to_organizations(site)

    status, _, body = await site.post(document, extensions={"dexter": {"explain": "estimate"}})

    estimate = {"estimatedCalls": calls, "estimatedValues": values, "callBudget": 100}
    price = {"rateLimit": {"calls": calls, "values": values}}
    assert (status, body) == (200, {"data": None, "extensions": {"dexter": estimate | price}})
    assert calls_to_organizations(site) == before


async def test_estimate_needs_a_valid_operation(site):
    """An invalid document and invalid variables have errors instead of an estimate."""
    extensions = {"dexter": {"explain": "estimate"}}
    invalid = await site.post("{ nothing }", extensions=extensions)
    query = "query ($slug: String!) { organization(slug: $slug) { slug } }"
    incomplete = await site.post(query, variables={"slug": None}, extensions=extensions)

    codes = [body["errors"][0]["extensions"]["code"] for _, _, body in (invalid, incomplete)]
    assert codes == ["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]
