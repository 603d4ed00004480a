"""Which code, path and advice each refusal and illness of Sentry has, while the branches beside it stand."""

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
"""Refused at once: the fault, the code, and what differs from the common extensions."""
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
"""Failures that may pass: repeated four times."""
ERROR_ID = "0" * 32


def located(told):
    """Path and extensions of each error."""
    return [(error["path"], error["extensions"]) for error in told.errors]


def extensions(code, status, route=TEAMS, **more):
    """What the extensions of an error are."""
    upstream = {"endpoint": f"GET {route}", "status": status} | more.pop("upstream", {})
    return {"code": code, "retryable": False, "upstream": upstream, "requestId": "request"} | more


@pytest.mark.parametrize("name", REFUSALS)
async def test_refusal_costs_its_branch_and_is_not_asked_again(patient, name):
    """A refused branch is null with its code and advice; the other branches stand, and one call was made for it."""
    fault, code, more = REFUSALS[name]

    told = await patient.ask(fault, route=TEAMS)

    assert told.data == patient.without("teams")
    assert located(told) == [(["organization", "teams"], extensions(code, fault.status, **more))]
    assert told.routes.count(TEAMS) == 1


async def test_rejected_credential_ends_the_operation(patient):
    """After a 401 the operation makes no further call, and what was not answered before it is null."""
    told = await patient.ask(Fault(status=401, body={"detail": "Invalid token"}), route=TEAMS)

    again = await patient.asker.ask("{ organizations { nodes { slug } } }")

    assert told.data["organization"]["teams"] is None
    assert {error["extensions"]["code"] for error in told.errors} == {"UNAUTHENTICATED"}
    assert told.routes.count(TEAMS) == 1
    assert ([error["extensions"]["code"] for error in again.errors], again.calls) == (["UNAUTHENTICATED"], [])


@pytest.mark.parametrize("name", FAILURES)
async def test_lasting_failure_costs_its_branch(patient, name):
    """After four more attempts the branch is null and may be asked for later; the other branches stand."""
    fault, code, more = FAILURES[name]

    told = await patient.ask(fault, route=TEAMS)

    assert told.data == patient.without("teams")
    assert located(told) == [(["organization", "teams"], extensions(code, fault.status, retryable=True, **more))]
    assert told.routes.count(TEAMS) == 5


@pytest.mark.parametrize("name", BRANCHES)
async def test_each_branch_fails_alone(patient, name):
    """No branch takes another one with it; a 500 with an `errorId` is repeated once, and the error has the id."""
    told = await patient.ask(internal_error(), route=BRANCHES[name])

    more = {"retryable": True, "upstream": {"errorId": ERROR_ID}}
    expected = extensions("UPSTREAM_UNAVAILABLE", 500, BRANCHES[name], **more)
    assert told.routes.count(BRANCHES[name]) == 2
    assert told.data == patient.without(name)
    assert located(told) == [(["organization", name], expected)]


async def test_failure_below_rows_costs_a_field_of_each(patient):
    """The newest events are asked for together, so the field of each row is null, and all else of the rows stands."""
    told = await patient.ask(internal_error(), route=EVENTS)

    rows = [node | {"latestEvent": None} for node in patient.whole["issues"]["nodes"]]
    more = {"retryable": True, "upstream": {"errorId": ERROR_ID}}
    expected = extensions("UPSTREAM_UNAVAILABLE", 500, EVENTS, **more)
    paths = [["organization", "issues", "nodes", row, "latestEvent"] for row in range(3)]
    assert told.data == {"organization": patient.whole | {"issues": {"nodes": rows}}}
    assert located(told) == [(path, expected) for path in paths]


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_refused_search_is_replaced_by_single_lookups(patient, status):
    """Who may not search may still read the events of an issue one by one; nothing is missing then."""
    told = await patient.ask(Fault(status=status, body={"detail": "No"}), route=EVENTS)

    assert (told.data, told.errors) == (patient.without(), [])
    assert told.routes.count("/organizations/{organization}/issues/{issue}/events/{event_id}/") == 3


@pytest.mark.parametrize(
    ("field", "route"),
    [
        ('project(slug: "no-such-project") { slug }', "/projects/{organization}/{project}/"),
        ('team(slug: "painters") { slug }', "/teams/{organization}/{team}/"),
        ('release(version: "web@1.0.0") { version }', "/organizations/{organization}/releases/{version}/"),
    ],
)
async def test_lookup_that_finds_nothing_is_null_without_an_error(patient, field, route):
    """Absence is an answer where one thing is looked for by name."""
    patient.asker.server.faults.add(Fault(status=404, body={"detail": "Not here"}, route=route, times=None))

    told = await patient.asker.organization(field)

    assert list(told.data.values()) == [None]
    assert route in told.routes


async def test_words_of_sentry_that_repeat_the_token_are_not_passed_on(patient):
    """A proxy that echoes the credential does not make us publish it."""
    token = patient.asker.server.token

    told = await patient.ask(Fault(status=401, body={"detail": f"Invalid token {token}"}), route=TEAMS)

    assert {error["extensions"]["code"] for error in told.errors} == {"UNAUTHENTICATED"}
