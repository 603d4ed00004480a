"""Validation: nullable variables in @oneOf input objects, and the bound of its work."""

import pytest
from graphql import build_schema, parse

from dexter_graphql.engine.validation import validation_errors
from dexter_graphql.errors import ErrorCode

SCHEMA = build_schema("""
  input Choice @oneOf { text: String, texts: [String!], inner: Choice }
  input Plain { choice: Choice!, text: String }
  type Query { must(choice: Choice!): Int, may(choice: Choice): Int, list(choices: [Choice!]!): Int, plain(in: Plain!): Int }
""")  # noqa: E501  # one line for each type
FIELDS = [
    "must(choice: {%s})",
    "may(choice: {%s})",
    "list(choices: [{%s}])",
    "list(choices: {%s})",
    "plain(in: {choice: {%s}})",
    "must(choice: {inner: {%s}})",
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("definition", "member"),
    [("$v: String", "text: $v"), ("$v: [String!]", "texts: $v"), ('$v: String = "x"', "text: $v")],
)
def test_nullable_variable_is_refused(field, definition, member):
    """At each position, with and without a default."""
    for form in ("query (%s) { %s }", "query (%s) { ...F } fragment F on Query { %s }"):
        errors = validation_errors(SCHEMA, parse(form % (definition, field % member)))

        assert [error.extensions["code"] for error in errors] == [ErrorCode.GRAPHQL_VALIDATION_FAILED]
        assert "must be non-nullable to be used for OneOf Input Object 'Choice'" in errors[0].message


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("definition", "member"), [("$v: String!", "text: $v"), ("$v: [String!]!", "texts: $v")])
def test_non_null_variable_is_accepted(field, definition, member):
    """At each position."""
    assert not validation_errors(SCHEMA, parse(f"query ({definition}) {{ {field % member} }}"))


def test_nullable_variable_elsewhere_is_accepted():
    """Items of a list in a @oneOf object, and members of other input objects, are checked by their own types."""
    text = 'query ($v: String, $c: Choice!) { plain(in: {choice: {text: "x"}, text: $v}) list(choices: [$c]) }'

    assert not validation_errors(SCHEMA, parse(text))
