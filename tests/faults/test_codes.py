"""Code, path and extensions of the error for each failure of Sentry; sibling branches are unaffected."""

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import brownout, concurrency_limit, html_page, internal_error, store_limit
from dexter_graphql.sandbox.faults import window_limit as window
from dexter_graphql.sentry.catalogue import teams
from support.sandbox import NOON

TEAMS = "/organizations/{organization}/teams/"
EVENTS = "/organizations/{organization}/events/"
BRANCHES = {
    "projects": "/organizations/{organization}/projects/",
    "issues": "/organizations/{organization}/issues/",
    "teams": TEAMS,
    "usage": "/organizations/{organization}/stats_v2/",
}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api", error="insufficient_scope", scope="team:read org:read"'}
REFUSALS = {
    "403": (
        Fault(status=403, body={"detail": "You may not"}),
        "FORBIDDEN",
        {"requiredScopes": list(teams.LIST.scopes)},
    ),
    "403-with-scopes": (
        Fault(status=403, body={"detail": "You may not"}, headers=CHALLENGE),
        "FORBIDDEN",
        {"requiredScopes": ["team:read", "org:read"]},
    ),
    "404": (Fault(status=404, body={"detail": "Not here"}), "NOT_FOUND", {}),
    "409": (Fault(status=409, body={"detail": "It exists"}), "CONFLICT", {}),
    "410": (brownout(), "UPSTREAM_GONE", {"retryable": True}),
    "410-with-successor": (
        brownout(replacement="/api/0/organizations/{organization}/groups/"),
        "UPSTREAM_GONE",
        {"retryable": True, "replacement": "/api/0/organizations/{organization}/groups/"},
    ),
    "429-of-a-window-that-ends-too-late": (
        window(40, 60, int(NOON.timestamp()) + 60),
        "RATE_LIMITED",
        {"retryable": True, "retryAfterSeconds": 60.0},
    ),
    "429-of-the-store": (store_limit(), "RATE_LIMITED", {"retryable": True, "retryAfterSeconds": 30.0}),
}
"""Failures without retries: fault, code, and differences from the common extensions."""
FAILURES = {
    "500": (Fault(status=500), "UPSTREAM_UNAVAILABLE", {}),
    "502": (html_page(502), "UPSTREAM_UNAVAILABLE", {}),
    "503": (Fault(status=503), "UPSTREAM_UNAVAILABLE", {}),
    "504": (Fault(status=504), "UPSTREAM_UNAVAILABLE", {}),
    "page-with-200": (html_page(200), "UPSTREAM_UNAVAILABLE", {}),
    "429-of-concurrency": (
        concurrency_limit(5, int(NOON.timestamp()) + 1),
        "RATE_LIMITED",
        {"retryAfterSeconds": 1.0},
    ),
}
"""Temporary failures, which are retried four times."""
ERROR_ID = "0" * 32


def located(answer):
    """Path and extensions of each error."""
    return [(error["path"], error["extensions"]) for error in answer.errors]


def extensions(code, status, route=TEAMS, **more):
    """Expected extensions of an error."""
    upstream = {"endpoint": f"GET {route}", "status": status} | more.pop("upstream", {})
    return {"code": code, "retryable": False, "upstream": upstream, "requestId": "request"} | more


@pytest.mark.parametrize("name", REFUSALS)
async def test_refusal_costs_its_branch_and_is_not_asked_again(patient, name):
    """A rejected branch is null with its code after one call; the other branches are unaffected."""
    fault, code, more = REFUSALS[name]

    answer = await patient.ask(fault, route=TEAMS)

    assert answer.data == patient.without("teams")
    assert located(answer) == [(["organization", "teams"], extensions(code, fault.status, **more))]
    assert answer.routes.count(TEAMS) == 1


async def test_rejected_credential_ends_the_operation(patient):
    """After a 401 the operation makes no further call; fields without an answer are null."""
    answer = await patient.ask(Fault(status=401, body={"detail": "Invalid token"}), route=TEAMS)

    again = await patient.asker.ask("{ organizations { nodes { slug } } }")

    assert answer.data["organization"]["teams"] is None
    assert {error["extensions"]["code"] for error in answer.errors} == {"UNAUTHENTICATED"}
    assert answer.routes.count(TEAMS) == 1
    assert ([error["extensions"]["code"] for error in again.errors], again.calls) == (["UNAUTHENTICATED"], [])


@pytest.mark.parametrize("name", FAILURES)
async def test_lasting_failure_costs_its_branch(patient, name):
    """After four retries the branch is null with a retryable error; the other branches are unaffected."""
    fault, code, more = FAILURES[name]

    answer = await patient.ask(fault, route=TEAMS)

    assert answer.data == patient.without("teams")
    assert located(answer) == [(["organization", "teams"], extensions(code, fault.status, retryable=True, **more))]
    assert answer.routes.count(TEAMS) == 5


@pytest.mark.parametrize("name", BRANCHES)
async def test_each_branch_fails_alone(patient, name):
    """Each branch fails alone; a 500 with an `errorId` is retried once, and the error has the id."""
    answer = await patient.ask(internal_error(), route=BRANCHES[name])

    more = {"retryable": True, "upstream": {"errorId": ERROR_ID}}
    expected = extensions("UPSTREAM_UNAVAILABLE", 500, BRANCHES[name], **more)
    assert answer.routes.count(BRANCHES[name]) == 2
    assert answer.data == patient.without(name)
    assert located(answer) == [(["organization", name], expected)]


async def test_failure_below_rows_costs_a_field_of_each(patient):
    """Latest events are fetched together: the field of each row is null, the rest of the rows is unaffected."""
    answer = await patient.ask(internal_error(), route=EVENTS)

    rows = [node | {"latestEvent": None} for node in patient.expected["issues"]["nodes"]]
    more = {"retryable": True, "upstream": {"errorId": ERROR_ID}}
    expected = extensions("UPSTREAM_UNAVAILABLE", 500, EVENTS, **more)
    paths = [["organization", "issues", "nodes", row, "latestEvent"] for row in range(3)]
    assert answer.data == {"organization": patient.expected | {"issues": {"nodes": rows}}}
    assert located(answer) == [(path, expected) for path in paths]


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_refused_search_is_replaced_by_single_lookups(patient, status):
    """When Discover is forbidden, events are fetched one by one and nothing is missing."""
    answer = await patient.ask(Fault(status=status, body={"detail": "No"}), route=EVENTS)

    assert (answer.data, answer.errors) == (patient.without(), [])
    assert answer.routes.count("/organizations/{organization}/issues/{issue}/events/{event_id}/") == 3


@pytest.mark.parametrize(
    ("field", "route"),
    [
        ('project(slug: "no-such-project") { slug }', "/projects/{organization}/{project}/"),
        ('team(slug: "painters") { slug }', "/teams/{organization}/{team}/"),
        ('release(version: "web@1.0.0") { version }', "/organizations/{organization}/releases/{version}/"),
    ],
)
async def test_lookup_that_finds_nothing_is_null_without_an_error(patient, field, route):
    """A lookup by name without a result is null without an error."""
    patient.asker.server.faults.add(Fault(status=404, body={"detail": "Not here"}, route=route, times=None))

    answer = await patient.asker.organization(field)

    assert list(answer.data.values()) == [None]
    assert route in answer.routes


async def test_words_of_sentry_that_repeat_the_token_are_not_passed_on(patient):
    """A token that a proxy echoes does not appear in errors."""
    token = patient.asker.server.token

    answer = await patient.ask(Fault(status=401, body={"detail": f"Invalid token {token}"}), route=TEAMS)

    assert {error["extensions"]["code"] for error in answer.errors} == {"UNAUTHENTICATED"}
