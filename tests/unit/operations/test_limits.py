"""Limits of documents: accepted at the limit, refused above it."""

from dataclasses import replace

import pytest
from graphql import parse

from dexter_graphql.errors import ErrorCode
from dexter_graphql.operations import limits as module
from dexter_graphql.operations.limits import DocumentLimits, Limits, Measurement, SelectionSize

WIDE = Limits(max_tokens=100_000, max_depth=1000, max_aliases=1000, max_root_fields=1000, max_fields=10_000)


def refused(document, code=ErrorCode.QUERY_TOO_COMPLEX, **limits):
    """Messages about the tree of a document."""
    errors = DocumentLimits(replace(WIDE, **limits)).check_tree(parse(document, no_location=True))
    assert {error.extensions["code"] for error in errors} <= {code}
    return [error.message for error in errors]


def refused_text(document, **limits):
    """Messages about the text of a document."""
    errors = DocumentLimits(replace(WIDE, **limits)).check_text(document)
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
def test_limit_is_accepted_and_one_more_is_refused(name, limit):
    """The message has both numbers."""
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
    messages = refused("query A { b } query B { x: a { y: b } b }", max_depth=1, max_aliases=1, max_root_fields=1)

    assert messages == [
        "The operation has 2 fields deep; 1 are allowed",
        "The operation has 2 aliases; 1 are allowed",
        "The operation has 2 fields at its root; 1 are allowed",
    ]


@pytest.mark.parametrize("width", [2, 10])
def test_fragment_bomb_is_measured_without_writing_it_out(width):
    """Each fragment is measured once, however often it is spread."""
    count = 40
    parts = [f"fragment F{n} on Query {{ {f'...F{n + 1} ' * width} }}" for n in range(count)]
    bomb = "{ ...F0 } " + " ".join(parts) + f" fragment F{count} on Query {{ b }}"

    messages = refused(bomb, max_fields=2000)

    assert f"The operation has {width**count} fields with its fragments written out; 2000 are allowed" in messages


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("{ ...A } fragment A on Query { b ...A }", "A"),
        ("{ ...A } fragment A on Query { a { ...B } } fragment B on Query { a { ...A } }", "A"),
        ("{ ...A ...A } fragment A on Query { ...A ...A }", "A"),
        ("{ b } fragment A on Query { ... { b ...A } }", "A"),
    ],
)
def test_fragment_in_itself_is_refused(document, name):
    """It is refused before the other rules, also when nothing spreads it."""
    messages = refused(document, ErrorCode.GRAPHQL_VALIDATION_FAILED)

    assert messages == [f"Cannot spread fragment '{name}' within itself"]


def test_missing_fragment_counts_nothing():
    """Validation refuses it; measuring must not fail on it."""
    assert refused("{ b ...Missing }", max_fields=1) == []


def test_fragment_is_measured_once():
    """The second spread uses the result of the first."""
    document = parse("{ ...F a { ...F } } fragment F on Query { x: b }")
    measurement = Measurement({"F": document.definitions[1]})

    assert measurement.measure(document.definitions[0].selection_set) == SelectionSize(2, 3, 2, 2)
    assert measurement._known == {"F": SelectionSize(1, 1, 1, 1)}


def test_leaf_has_no_size():
    """A field without a selection set has nothing below it."""
    assert Measurement({}).measure(None) == SelectionSize()


TEXTS = {
    "tokens": (lambda n: "{" + " b" * (n - 2) + "}", {"max_tokens": 20}, "more than 20 tokens"),
    "nesting": (lambda n: "{" * n + "}" * n, {}, "21 brackets inside of each other; 20 are allowed"),
    "name": (lambda n: "{ " + "a" * n + ": b }", {}, "21 characters in a name; 20 are allowed"),
    "number": (lambda n: "{ b(n: " + "1" * n + ") }", {}, "21 characters in a number; 20 are allowed"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_at_the_limit_is_accepted(kind, monkeypatch):
    """The limit itself is accepted, and one more is refused, with both numbers."""
    for name in ("MAX_NESTING", "MAX_NAME_LENGTH", "MAX_NUMBER_LENGTH"):
        monkeypatch.setattr(module, name, 20)
    write, limits, message = TEXTS[kind]

    assert refused_text(write(20), **limits) == []
    [refusal] = refused_text(write(21), **limits)
    assert refusal == f"The document has {message}"


def test_number_of_definitions_is_bounded():
    """Operations and fragments count alike, used or not."""
    definitions = [f"query Q{n} {{ b }}" for n in range(module.MAX_DEFINITIONS - 1)]
    at_the_limit = " ".join([*definitions, "fragment F on Query { b }"])

    assert refused(at_the_limit) == []
    assert refused(at_the_limit + " query More { b }") == [
        "The document has 251 operations and fragments; 250 are allowed"
    ]
