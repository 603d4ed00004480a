"""Issue views: whose are listed, what they find, and what is created."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from support.issues import LIST

VIEWS = "/organizations/{organization}/group-search-views/"
CREATE = """mutation ($input: CreateIssueViewInput!) { createIssueView(input: $input) {
  issueView { name search sort period startsAt endsAt environmentNames isStarred projects { nodes { slug } } }
  userErrors { field message code }
} }"""
ACME = {"organization": {"slug": "acme"}}


async def create(asker, **values):
    """The payload of `createIssueView` and the body that was sent; None when nothing was sent."""
    answer = await asker.ask(CREATE, input=ACME | values)
    assert answer.errors == []
    bodies = [call.body for call in answer.calls if call.method == "POST"]
    return answer["createIssueView"], next(iter(bodies), None)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("", ["Timeouts", "Everything new"]),
        ("(createdBy: OTHERS)", ["On call"]),
        ('(search: "TIMEOUT")', ["Timeouts"]),
        ('(search: "no such view")', []),
        ("(sort: LAST_VISITED)", ["Timeouts", "Everything new"]),
    ],
)
async def test_views_of_a_list(asker, arguments, names):
    """The user's views come with starred ones first, those of others when they are shared."""
    answer = await asker.organization(f"issueViews{arguments} {{ nodes {{ name }} }}")

    assert [view["name"] for view in answer["issueViews"]["nodes"]] == names
    assert answer.routes == [VIEWS]


async def test_view_finds_issues(asker):
    """The issues of a view are those of its filter, order, projects, environments and time range: one call per view."""
    answer = await asker.organization(
        "issueViews { nodes { issues(first: 1) { nodes { title } range { startsAt endsAt } } } }"
    )

    relative, absolute = answer["issueViews"]["nodes"]
    assert "timeout" in relative["issues"]["nodes"][0]["title"].lower()
    assert absolute["issues"]["range"] == {"startsAt": "2026-02-25T12:00:00Z", "endsAt": "2026-03-04T12:00:00Z"}
    first, second = (dict(query) for query in answer.queries(LIST))
    expected = {"query": "timeout", "sort": "freq", "project": "101000", "environment": "production"}
    assert expected.items() <= first.items()
    assert {"query": "is:unresolved", "sort": "new", "project": "-1"}.items() <= second.items()


async def test_view_of_others_is_found(asker):
    """A view is found by its ID among those of the user and of others; an unknown one is not."""
    answer = await asker.organization("issueViews(createdBy: OTHERS) { nodes { id } }")
    known = answer["issueViews"]["nodes"][0]["id"]
    asker.acme.issue_views.pop(0)

    found = await asker.ask("query ($id: ID!) { node(id: $id) { ... on IssueView { name isStarred } } }", id=known)

    assert found["node"] == {"name": "On call", "isStarred": False}


async def test_unreadable_view_is_not_another(asker):
    """An unknown view is null; where the ID of another one cannot be read, it may be that, which is an error."""
    view = "query ($id: ID!) { node(id: $id) { ... on IssueView { name } } }"
    unknown = encode_id("IssueView", "100000", "7")

    absent = await asker.ask(view, id=unknown)
    asker.client.invalidate(["issue-views/acme", "issue-views/100000"])
    asker.server.faults.add(Fault(route=VIEWS, status=200, body=[{"id": None, "name": "x"}], times=1))
    unreadable = await asker.ask(view, id=encode_id("IssueView", "100000", "8"))

    assert (absent["node"], absent.errors) == (None, [])
    assert unreadable["node"] is None
    assert [error["extensions"]["code"] for error in unreadable.errors] == ["UPSTREAM_BAD_RESPONSE"]


async def test_created_with_everything(asker):
    """All members are sent as Sentry calls them, and the created view needs no further call."""
    payload, body = await create(
        asker,
        name="Slow",
        search="timeout",
        sort="USERS",
        projects=[{"slug": "web"}],
        environments=[{"name": "production"}],
        range={"between": {"startsAt": "2026-03-01T00:00:00Z", "endsAt": "2026-03-02T00:00:00+02:00"}},
        isStarred=True,
    )

    assert body["timeFilters"] == {
        "start": "2026-03-01T00:00:00+00:00",
        "end": "2026-03-01T22:00:00+00:00",
        "utc": True,
    }
    assert payload == {
        "issueView": {
            "name": "Slow",
            "search": "timeout",
            "sort": "user",
            "period": None,
            "startsAt": "2026-03-01T00:00:00Z",
            "endsAt": "2026-03-01T22:00:00Z",
            "environmentNames": ["production"],
            "isStarred": True,
            "projects": {"nodes": [{"slug": "web"}]},
        },
        "userErrors": [],
    }


@pytest.mark.parametrize(
    ("values", "members"),
    [
        ({}, {"projects": [-1]}),
        (dict.fromkeys(("search", "sort", "projects", "environments", "range")), {"projects": [-1]}),
        ({"projects": [], "environments": [], "search": ""}, {"projects": []}),
        ({"range": {"exactly": "24h"}}, {"projects": [-1], "timeFilters": {"period": "24h"}}),
    ],
)
async def test_created_with_defaults(asker, values, members):
    """What is omitted or null has its default; an empty list of projects stands for those of the user."""
    payload, body = await create(asker, name="All", **values)

    defaults = {"name": "All", "query": "", "querySort": "date", "environments": [], "starred": False}
    assert body == defaults | {"timeFilters": {"period": "14d"}} | members
    assert (payload["issueView"]["name"], payload["userErrors"]) == ("All", [])


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"name": " "}, ["name"], "BAD_USER_INPUT"),
        ({"range": {"last": "soon"}}, ["range", "last"], "BAD_USER_INPUT"),
        ({"projects": [{"slug": "nope"}]}, ["projects", "0", "slug"], "NOT_FOUND"),
        ({"environments": [{"sentryId": "1"}]}, ["environments", "0", "sentryId"], "NOT_FOUND"),
        ({"organization": {"slug": "nope"}}, ["organization", "slug"], "NOT_FOUND"),
    ],
)
async def test_mistakes_are_data(asker, values, field, code):
    """A mistake names its member of the input, and nothing is created."""
    number = len(asker.acme.issue_views)

    payload, _ = await create(asker, **({"name": "x"} | values))

    assert payload["issueView"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]
    assert len(asker.acme.issue_views) == number


@pytest.mark.parametrize("filters", [None, {}, {"period": "always"}, {"start": "2026-03-01T00:00:00Z"}])
async def test_odd_time_range_is_the_default(asker, filters):
    """A view without a usable time range finds the issues of the last 90 days."""
    asker.acme.issue_views[0].time_filters = filters

    answer = await asker.organization(
        "issueViews(first: 1) { nodes { period issues(first: 1) { range { startsAt } } } }"
    )

    [view] = answer["issueViews"]["nodes"]
    assert view == {"period": (filters or {}).get("period"), "issues": {"range": None}}


async def test_odd_created_view_is_an_error(asker):
    """An answer without an ID is an error of the mutation."""
    asker.server.faults.add(Fault(method="POST", route=VIEWS, status=201, body={"name": "x"}))

    answer = await asker.ask(CREATE, input=ACME | {"name": "x"})

    assert [error["extensions"]["code"] for error in answer.errors] == ["UPSTREAM_BAD_RESPONSE"]
