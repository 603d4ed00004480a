"""How large a document may be, to the last field."""

import time

import pytest
from graphql import build_schema, get_introspection_query, parse, validate

from dexter_graphql.errors import ErrorCode
from dexter_graphql.operations.limits import Limits, Measure, Ruler, limit_rule

SCHEMA = build_schema("type Query { a: Query, b: Int } type Mutation { a: Query }")
WIDE = Limits(1000, 1000, 1000, 10_000)


def refused(document, **limits):
    """Messages of the limit rule for a document."""
    found = {name: getattr(WIDE, name) for name in ("max_depth", "max_aliases", "max_root_fields", "max_fields")}
    errors = validate(SCHEMA, parse(document, no_location=True), [limit_rule(Limits(**found | limits))])
    assert {error.extensions["code"] for error in errors} <= {ErrorCode.QUERY_TOO_COMPLEX}
    return [error.message for error in errors]


def nested(depth):
    """A document that many fields deep."""
    return "{ a " * (depth - 1) + "{ b }" + "}" * (depth - 1)


DOCUMENTS = {
    "max_depth": nested,
    "max_aliases": lambda n: "{" + " ".join(f"x{i}: b" for i in range(n)) + " b }",
    "max_root_fields": lambda n: "{" + "b " * n + "}",
    "max_fields": lambda n: "{ a {" + "b " * (n - 1) + "} }",
}
SPREAD = {
    "max_depth": lambda n: f"{{ a {{ ...F }} }} fragment F on Query {nested(n - 1)}",
    "max_aliases": lambda n: (
        "{ x: a { ...F } } fragment F on Query {" + " ".join(f"x{i}: b" for i in range(n - 1)) + "}"
    ),
    "max_root_fields": lambda n: "{ ...F ... { ...F } } fragment F on Query {" + "b " * (n // 2) + "}",
    "max_fields": lambda n: "{ ...F ... on Query { ...F } } fragment F on Query {" + "b " * (n // 2) + "}",
}


@pytest.mark.parametrize("limit", [2, 6, 20])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_limit_is_the_last_that_is_taken(name, limit):
    """One below and the limit itself are taken; one above is refused, with both numbers."""
    below, at, above = (refused(DOCUMENTS[name](limit + step), **{name: limit}) for step in (-1, 0, 1))

    assert (below, at) == ([], [])
    assert len(above) == 1
    assert f"has {limit + 1} " in above[0]
    assert f"{limit} are allowed" in above[0]


@pytest.mark.parametrize("name", SPREAD)
def test_fragments_count_as_if_written_out(name):
    """A fragment counts wherever it is spread, and each time."""
    assert refused(SPREAD[name](6), **{name: 6}) == []
    assert len(refused(SPREAD[name](8), **{name: 6})) == 1


def test_every_operation_is_measured():
    """A document with one operation that is too large is refused, and each limit is named."""
    found = refused("query A { b } query B { x: a { y: b } b }", max_depth=1, max_aliases=1, max_root_fields=1)

    assert found == [
        "The operation has 2 fields deep; 1 are allowed",
        "The operation has 2 aliases; 1 are allowed",
        "The operation has 2 fields at its root; 1 are allowed",
    ]


@pytest.mark.parametrize("width", [2, 10])
def test_fragment_bomb_is_refused_quickly(width):
    """A document that would be larger than the world when written out is measured in the time of its text."""
    count = 40
    parts = [f"fragment F{n} on Query {{ {f'...F{n + 1} ' * width} }}" for n in range(count)]
    bomb = "{ ...F0 } " + " ".join(parts) + f" fragment F{count} on Query {{ b }}"
    begin = time.perf_counter()

    found = refused(bomb, max_fields=2000)

    assert time.perf_counter() - begin < 2
    assert f"The operation has {width**count} fields with its fragments written out; 2000 are allowed" in found


@pytest.mark.parametrize(
    "document",
    [
        "{ ...A } fragment A on Query { b ...A }",
        "{ ...A } fragment A on Query { a { ...B } } fragment B on Query { a { ...A } }",
        "{ ...A ...A } fragment A on Query { ...A ...A }",
    ],
)
def test_fragment_in_itself_ends(document):
    """Measuring ends; another rule refuses such a document."""
    assert refused(document) == []


def test_missing_fragment_counts_nothing():
    """Another rule refuses it; this one must not fall over it."""
    assert refused("{ b ...Missing }", max_fields=1) == []


def test_fragment_is_measured_once():
    """The second spread is looked up."""
    document = parse("{ ...F a { ...F } } fragment F on Query { x: b }")
    ruler = Ruler({"F": document.definitions[1]})

    assert ruler.measured(document.definitions[0].selection_set) == Measure(2, 3, 2, 2)
    assert ruler._known == {"F": Measure(1, 1, 1, 1)}


def test_leaf_measures_nothing():
    """What selects nothing has no size."""
    assert Ruler({}).measured(None) == Measure()


def test_introspection_is_within_the_defaults():
    """Tools that ask for the schema are not refused."""
    document = parse(get_introspection_query(descriptions=True, input_value_deprecation=True, schema_description=True))

    assert validate(SCHEMA, document, [limit_rule(Limits())]) == []
