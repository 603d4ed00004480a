"""Fields that are the first of several members that is there, on both engines."""

from types import SimpleNamespace

import pytest
import strawberry

from dexter_graphql.graph.declarations.binder import SchemaBinder
from dexter_graphql.graph.declarations.fields import first_of, value_type
from dexter_graphql.graph.declarations.resolvers.first_of import first_reader
from dexter_graphql.graph.declarations.wire_types import DeclarationError
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.errors import InvalidValue

ISSUES = "/organizations/{organization}/issues/"
COUNTS = '{ organization(slug: "acme") { issues(first: 6) { nodes { sentryId eventCount lastSeenAt } } } }'
ROWS = {
    "object": {"lifetime": {"count": "7", "lastSeen": "2026-03-01T10:00:00Z"}, "count": "3"},
    "no object": {"lifetime": None, "count": "3", "lastSeen": "2026-03-02T10:00:00Z"},
    "object without member": {"lifetime": {}, "count": "3"},
    "nothing": {},
}
EXPECTED = [(7, "2026-03-01T10:00:00Z"), (3, "2026-03-02T10:00:00Z"), (None, None), (None, None)]


async def ask(asker, rows):
    """Counts and times of issues in an answer of Sentry, and the paths of the errors."""
    await asker.ask('{ organization(slug: "acme") { slug } }')
    body = [{"id": str(number), "shortId": f"WEB-{number}", "title": "x"} | row for number, row in enumerate(rows)]
    asker.server.faults.add(Fault(status=200, body=body, headers={"Content-Type": "application/json"}, route=ISSUES))
    answer = await asker.ask(COUNTS)
    nodes = answer["organization"]["issues"]["nodes"]
    return [(node["eventCount"], node["lastSeenAt"]) for node in nodes], [error["path"][-2:] for error in answer.errors]


async def test_member_of_object_wins_while_object_is_there(asker):
    """The other member is read only where the object is null or missing."""
    assert await ask(asker, ROWS.values()) == (EXPECTED, [])


async def test_invalid_value_costs_its_field(asker):
    """An invalid member of the object, or an invalid object, is an error of the fields that read it; others stay."""
    damaged = [{"lifetime": {"count": [], "lastSeen": "2026-03-01T10:00:00Z"}}, {"lifetime": 5, "count": "3"}]

    counts, paths = await ask(asker, [*damaged, *ROWS.values()])

    assert counts == [(None, "2026-03-01T10:00:00Z"), (None, None), *EXPECTED]
    assert sorted(paths) == [[0, "eventCount"], [1, "eventCount"], [1, "lastSeenAt"]]


def test_reader_passes_over_null():
    """A path whose first member is null or missing is passed over; an invalid value is a value."""
    read, invalid = first_reader([("outer", "inner"), ("other",)]), InvalidValue("no object")

    assert read(SimpleNamespace(outer=SimpleNamespace(inner=1), other=2)) == 1
    assert read(SimpleNamespace(outer=SimpleNamespace(inner=None), other=2)) is None
    assert read(SimpleNamespace(outer=None, other=2)) == 2
    assert read(SimpleNamespace(other=2)) == 2
    assert read(SimpleNamespace(outer=invalid, other=2)) is invalid
    assert read(SimpleNamespace()) is None


@pytest.mark.parametrize("paths", [("a.b.c",), ("a", "b.c.d")])
def test_deep_path_is_refused(paths):
    """A path has at most two names."""

    @value_type
    class Query:
        """Root."""

        number: int | None = first_of(*paths, description="A number.")

    with pytest.raises(DeclarationError, match=r"Query\.number must read scalars"):
        SchemaBinder(strawberry.Schema(Query))


def test_members_are_read_alike():
    """Two fields that read a member of an object as different types are refused."""

    @value_type
    class Query:
        """Root."""

        number: int | None = first_of("outer.inner", description="A number.")
        text: str | None = first_of("outer.inner", description="A text.")

    with pytest.raises(DeclarationError, match=r"read 'outer.inner' differently"):
        SchemaBinder(strawberry.Schema(Query))
