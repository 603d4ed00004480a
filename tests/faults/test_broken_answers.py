"""Malformed answers of Sentry: only the smallest part of the document that needs them fails."""

import msgspec
import pytest

from dexter_graphql.sandbox import Fault

TEAMS = "/organizations/{organization}/teams/"
JSON = {"Content-Type": "application/json"}
UNREADABLE = {
    "not-json": "{]",
    "nothing": "",
    "object": {"surprise": True},
    "text": '"teams"',
    "null": "null",
}
NODES = "nodes { slug name memberCount ownRole ownRoleRaw }"
FIELDS = f'{{ organization(slug: "acme") {{ teams(first: 3) {{ {NODES} }} slug }} }}'


def rows(**changes):
    """Three teams as Sentry lists them, with changes to the second."""
    found = [
        {"id": str(n), "slug": f"t{n}", "name": f"Team {n}", "memberCount": n, "teamRole": "admin"} for n in (1, 2, 3)
    ]
    found[1] |= changes
    return [{name: value for name, value in row.items() if value is not ...} for row in found]


def node(n, **changes):
    """The same team in the answer of the graph."""
    return {"slug": f"t{n}", "name": f"Team {n}", "memberCount": n, "ownRole": "ADMIN", "ownRoleRaw": "admin"} | changes


@pytest.fixture
def listed(patient):
    """The teams in the answer when Sentry's list has these rows, and paths and extensions of the errors."""

    async def ask(body):
        patient.asker.server.faults.add(Fault(status=200, body=body, headers=JSON, route=TEAMS, times=None))
        answer = await patient.asker.ask(FIELDS)
        errors = [(error["path"], error["extensions"]) for error in answer.errors]
        assert answer["organization"]["slug"] == "acme"
        return answer["organization"]["teams"]["nodes"], errors

    return ask


def invalid(*path):
    """The only error of an answer, below the list of teams."""
    extensions = {"code": "UPSTREAM_BAD_RESPONSE", "retryable": False, "requestId": "request"}
    return [(["organization", "teams", "nodes", *path], extensions)]


@pytest.mark.parametrize("name", UNREADABLE)
async def test_unreadable_answer_costs_its_branch(patient, name):
    """A body that is not a list of objects is a non-retryable error of its branch, after a single call."""
    answer = await patient.ask(Fault(status=200, body=UNREADABLE[name], headers=JSON), route=TEAMS)

    assert answer.data == patient.without("teams")
    [error] = answer.errors
    assert (error["path"], error["extensions"]["code"]) == (["organization", "teams"], "UPSTREAM_BAD_RESPONSE")
    assert error["extensions"]["retryable"] is False
    assert error["extensions"]["upstream"]["endpoint"] == f"GET {TEAMS}"
    assert answer.routes.count(TEAMS) == 1


async def test_published_rows_are_complete(listed):
    """Rows in the published format have no errors."""
    assert await listed(rows()) == ([node(1), node(2), node(3)], [])


async def test_null_row_costs_itself(listed):
    """A row that is not an object is null; other rows are unaffected."""
    found = rows()
    found[1] = None

    assert await listed(found) == ([node(1), None, node(3)], invalid(1))


@pytest.mark.parametrize(
    ("wire", "value", "field"),
    [("name", [], "name"), ("memberCount", "many", "memberCount"), ("memberCount", {}, "memberCount")],
)
async def test_value_of_another_kind_costs_its_field(listed, wire, value, field):
    """Only the field that reads the value is null; the rest of the row and other rows are unaffected."""
    nodes, errors = await listed(rows(**{wire: value}))

    assert (nodes, errors) == ([node(1), node(2, **{field: None}), node(3)], invalid(1, field))


@pytest.mark.parametrize(
    ("wire", "value", "field", "converted"), [("name", 5, "name", "5"), ("memberCount", "4", "memberCount", 4)]
)
async def test_numbers_and_text_are_converted(listed, wire, value, field, converted):
    """A number where text is expected, or the reverse, is converted without an error."""
    assert await listed(rows(**{wire: value})) == ([node(1), node(2, **{field: converted}), node(3)], [])


async def test_bytes_that_are_no_text_cost_their_field(listed):
    """A value that is not UTF-8 affects only its field."""
    body = msgspec.json.encode(rows()).replace(b"Team 2", b"Team \xff")

    assert await listed(body) == ([node(1), node(2, name=None), node(3)], invalid(1, "name"))


async def test_newer_word_is_unknown_with_the_word_beside(listed):
    """An unknown enum value is not an error; the raw field has it."""
    nodes, errors = await listed(rows(teamRole="overlord"))

    assert (nodes, errors) == ([node(1), node(2, ownRole="UNKNOWN", ownRoleRaw="overlord"), node(3)], [])


async def test_missing_member_of_a_field_that_may_not_be_null_costs_the_row(listed):
    """Null propagates to the nearest nullable parent, which is the row."""
    nodes, errors = await listed(rows(slug=...))

    assert (nodes, errors) == ([node(1), None, node(3)], invalid(1, "slug"))
