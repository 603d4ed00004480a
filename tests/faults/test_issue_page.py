"""Failures on the issue page and in issue lists affect only the part that fails."""

import pytest

from dexter_graphql.operations.library import load_library
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import internal_error

ISSUES = "/organizations/{organization}/issues/"
ISSUE = ISSUES + "{issue}/"
BRANCHES = {"tags": ISSUE + "tags/", "comments": ISSUE + "notes/", "event": ISSUE + "events/{event_id}/"}
PAGE = next(document for document in load_library() if document.file == "03_issue_page.graphql")
ROW = """{ organization(slug: "acme") { issues(first: 3, range: { last: "24h" }) {
    edges { inRange { eventCount } node { shortId title level isUnhandled eventCount
        project { slug } assignee { __typename ... on User { name } ... on Team { slug } } } } } } }"""
NOBODY = {"type": "user", "id": "1", "name": "Nobody", "email": "nobody@example.com"}


def located(answer):
    """Path and code of each error."""
    return [(error["path"], error["extensions"]["code"]) for error in answer.errors]


@pytest.mark.parametrize("branch", BRANCHES)
async def test_page_loses_the_part_that_fails(asker, branch):
    """Tags, comments and the event are separate calls; the issue is complete without them."""
    await asker.organization("slug")
    asker.server.faults.add(internal_error(), route=BRANCHES[branch], times=None)

    sick = await asker.ask(PAGE.text, **PAGE.variables)
    asker.server.faults.clear()
    asker.services.clock.slept.append(3600)
    well = await asker.ask(PAGE.text, **PAGE.variables)

    assert located(sick) == [(["organization", "issue", branch], "UPSTREAM_UNAVAILABLE")]
    assert well.errors == []
    assert well["organization"]["issue"][branch]
    assert sick["organization"]["issue"] == well["organization"]["issue"] | {branch: None}


async def test_page_is_null_when_its_issue_fails(asker):
    """When the issue fails, there is one error and no call for its fields."""
    await asker.organization("slug")
    asker.server.faults.add(Fault(status=403, body={"detail": "No"}, route=ISSUE, times=None))

    answer = await asker.ask(PAGE.text, **PAGE.variables)

    assert answer.data == {"organization": {"issue": None}}
    assert located(answer) == [(["organization", "issue"], "FORBIDDEN")]
    assert answer.routes == [ISSUE]


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"isUnhandled": "perhaps"}, ["isUnhandled"]),
        ({"project": []}, ["project"]),
        ({"assignedTo": "somebody"}, ["assignee"]),
        ({"assignedTo": NOBODY | {"name": [7]}}, ["assignee", "name"]),
    ],
    ids=str,
)
async def test_value_of_another_kind_costs_its_field_of_a_row(asker, changes, lost):
    """The rest of the row, its counts in the range and other rows are unaffected."""
    rows, expected = await rows_of(asker)
    rows[1] |= changes
    asker.server.faults.add(Fault(status=200, body=rows, route=ISSUES, times=None))

    answer = await asker.ask(ROW)

    parent = expected[1]["node"]
    if len(lost) > 1:
        parent["assignee"] = {"__typename": "User"}
    for name in lost[:-1]:
        parent = parent[name]
    parent[lost[-1]] = None
    path = ["organization", "issues", "edges", 1, "node", *lost]
    assert located(answer) == [(path, "UPSTREAM_BAD_RESPONSE")]
    assert answer["organization"]["issues"]["edges"] == expected


async def test_count_of_another_kind_is_null(asker):
    """A count that cannot be read is null with an error; the counts beside it stand."""
    rows, expected = await rows_of(asker)
    rows[1]["lifetime"] = rows[1]["lifetime"] | {"count": {}}
    asker.server.faults.add(Fault(status=200, body=rows, route=ISSUES, times=None))

    told = await asker.ask(ROW)

    expected[1]["node"]["eventCount"] = None
    path = ["organization", "issues", "edges", 1, "node", "eventCount"]
    assert located(told) == [(path, "UPSTREAM_BAD_RESPONSE")]
    assert told["organization"]["issues"]["edges"] == expected


@pytest.mark.parametrize("row", [None, "row", 7, []], ids=str)
async def test_row_that_is_no_object_costs_itself(asker, row):
    """Other rows and their counts are unaffected."""
    rows, expected = await rows_of(asker)
    asker.server.faults.add(Fault(status=200, body=[rows[0], row, rows[2]], route=ISSUES, times=None))

    answer = await asker.ask(ROW)

    edges = answer["organization"]["issues"]["edges"]
    assert {code for _, code in located(answer)} == {"UPSTREAM_BAD_RESPONSE"}
    assert all(path[:4] == ["organization", "issues", "edges", 1] for path, _ in located(answer))
    assert [edges[0], edges[2]] == [expected[0], expected[2]]
    assert edges[1]["node"] is None


async def rows_of(asker):
    """Three rows as Sentry lists them, and their edges in the graph."""
    shown = [find(asker, number) for number in (1, 5, 4)]
    rows = [
        {
            "id": issue.id,
            "shortId": issue.short_id,
            "title": issue.title,
            "level": issue.level,
            "isUnhandled": issue.is_unhandled,
            "count": "7",
            "lifetime": {"count": "12"},
            "filtered": None,
            "project": {"id": issue.project.id, "slug": issue.project.slug},
            "assignedTo": None,
        }
        for issue in shown
    ]
    edges = [
        {
            "inRange": {"eventCount": 7},
            "node": {
                "shortId": issue.short_id,
                "title": issue.title,
                "level": issue.level.upper(),
                "isUnhandled": issue.is_unhandled,
                "eventCount": 12,
                "project": {"slug": issue.project.slug},
                "assignee": None,
            },
        }
        for issue in shown
    ]
    await asker.organization("slug")
    return rows, edges


def find(asker, number):
    """The issue of project web with that number."""
    return next(issue for issue in asker.acme.issues.values() if issue.project.slug == "web" and issue.number == number)
