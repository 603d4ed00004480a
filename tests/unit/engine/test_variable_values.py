"""Null in variables that may be given null and stand where it is not allowed."""

import pytest
from graphql import ValidationContext, build_schema, get_operation_ast, parse

from dexter_graphql.engine import operation_entry
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.variable_values import coerce_variables

SCHEMA = build_schema("type Query { list(first: Int! = 1, after: String): Int, other(limit: Int! = 1): Int }")
DOCUMENT = """query ($first: Int = 5, $after: String, $limit: Int = 2) {
  list(first: $first, after: $after) ...Other } fragment Other on Query { other(limit: $limit) }"""


@pytest.fixture
def entry():
    """An operation whose variables have defaults where null is not allowed."""
    document = parse(DOCUMENT)
    return OperationEntry(document, get_operation_ast(document))


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({}, []),
        ({"after": None}, []),
        ({"first": 1, "after": None, "limit": 1}, []),
        ({"first": None}, ["first"]),
        ({"limit": None, "after": None}, ["limit"]),
        ({"first": None, "limit": None}, ["first", "limit"]),
    ],
)
def test_null_is_refused_where_it_is_not_allowed(entry, values, refused):
    """Each use of null where it is not allowed is an error, also when the operation is executed again."""
    for _ in range(2):
        result = coerce_variables(SCHEMA, entry, values)

        errors = result if isinstance(result, list) else []
        expected = [f"Variable '${name}' must not be null where 'Int!' is expected" for name in refused]
        assert [error.message for error in errors] == expected


def test_operation_is_visited_once(entry, monkeypatch):
    """The uses of variables are looked up once for an operation, not once for each execution or item of a stream."""
    visits = []

    def build_context(*arguments):
        visits.append(arguments)
        return ValidationContext(*arguments)

    monkeypatch.setattr(operation_entry, "ValidationContext", build_context)

    for after in (None, "a", None):
        coerce_variables(SCHEMA, entry, {"after": after})

    assert len(visits) == 1
