"""A document of which any part is invalid executes nothing: neither a call to Sentry nor an earlier mutation."""

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from dexter_graphql.graph.schema import build_graph
from support.documents import Document
from support.engines import engines_of
from support.known_values import Unquoted, print_literal, variable_value
from support.recorded_engines import run_recorded_engines

SCHEMA = build_graph().schema
MATCHING = '{organization: {slug: "acme"}, filter: {search: "is:unresolved"}}'
VALID = f"first: resolveIssues(input: {{issues: {{matching: {MATCHING}}}}}) {{ __typename }}"
PLACEHOLDERS = {"Int": 1, "Float": 1.5, "Boolean": True, "DateTime": "2026-01-01T00:00:00Z", "BigInt": 1}


def placeholder(kind):
    """A valid value of an input type."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        return [placeholder(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return Unquoted(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        fields = list(kind.fields.items())
        chosen = fields[:1] if kind.is_one_of else [item for item in fields if is_required_input_field(item[1])]
        return {name: placeholder(field.type) for name, field in chosen}
    return PLACEHOLDERS.get(kind.name, "x")


def invalid_values(kind):
    """Values of a @oneOf type that are not valid, by name."""
    names = list(kind.fields)
    first, second = (placeholder(kind.fields[name].type) for name in (names[0], names[-1]))
    return {
        "no member": {},
        "two members": {names[0]: first, names[-1]: second},
        "null": {names[0]: None},
        "a member and null": {names[0]: first, names[-1]: None},
    }


def positions(kind, value_of, depth=4):
    """Values of an input type in which one @oneOf type is replaced, at each position."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        yield from ([value] for value in positions(kind.of_type, value_of, depth))
    elif isinstance(kind, GraphQLInputObjectType) and depth:
        if kind.is_one_of:
            yield from value_of(kind)
        base = {} if kind.is_one_of else placeholder(kind)
        for name, field in kind.fields.items():
            for value in positions(field.type, value_of, depth - 1):
                yield base | {name: value}


def cases():
    """Root fields with an argument that has an invalid @oneOf value somewhere."""
    seen = []
    for root in (SCHEMA.query_type, SCHEMA.mutation_type):
        for name, field in root.fields.items():
            for argument, of in field.args.items():
                values = [*positions(of.type, lambda kind: invalid_values(kind).values())]
                # Most bulk mutations have no @oneOf type besides their selection.
                if values not in seen:
                    yield from ((root, name, argument, value) for value in values)
                seen.append(values)


def document(root, name, argument, value, *, by_variable):
    """The field after a valid one; the value is a literal or a variable."""
    field = root.fields[name]
    arguments = {
        other: placeholder(of.type)
        for other, of in field.args.items()
        if str(of.type).endswith("!") and other != argument
    }
    head = f"($v: {str(field.args[argument].type).rstrip('!')}!)" if by_variable else ""
    given = {**arguments, argument: Unquoted("$v") if by_variable else value}
    pairs = ", ".join(f"{key}: {print_literal(item)}" for key, item in given.items())
    is_mutation = root is SCHEMA.mutation_type
    kind, first = ("mutation", VALID) if is_mutation else ("query", 'first: organization(slug: "acme") { name }')
    text = f"{kind} Asked{head} {{ {first} second: {name}({pairs}) {{ __typename }} }}"
    return Document(text, {"v": variable_value(value)} if by_variable else None)


CASES = [*cases()]


@pytest.fixture
async def pair(graph):
    """Both engines over a sandbox, and what they did."""
    async with run_recorded_engines(graph) as sides:
        yield sides.pair(engines_of(graph))


def test_cases_cover_the_one_of_types():
    """Every @oneOf type that a root field takes is tried, in queries and in mutations."""
    covered = {
        str(kind) for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLInputObjectType) and kind.is_one_of
    }

    assert {"IssueSelection", "ResolutionInput"} <= covered
    assert len(CASES) > 20


@pytest.mark.parametrize("by_variable", [False, True])
async def test_invalid_one_of_executes_nothing(pair, by_variable):
    """As a literal and as a variable, at each position, on both engines."""
    for case in CASES:
        outcome = await pair.agreed(document(*case, by_variable=by_variable))

        assert outcome.is_request_error, case
        assert not outcome.calls, case
        assert set(outcome.codes) <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}, case


async def test_valid_mutation_before_is_executed_alone(pair):
    """The first mutation of these documents does call Sentry when the second is valid."""
    text = f"mutation {{ {VALID} second: __typename }}"

    outcome = await pair.agreed(Document(text, None))

    assert outcome.writes


@pytest.mark.parametrize(
    "text",
    [
        "($s: FilterSelection) {{ {valid} second: resolveIssues(input: {{issues: {{matching: $s}}}}) {{ isDryRun }} }}",
        "($s: [ID!]) {{ {valid} second: resolveIssues(input: {{issues: {{ids: $s}}}}) {{ isDryRun }} }}",
    ],
)
async def test_nullable_variable_in_one_of_executes_nothing(pair, text):
    """Whether it has a value or not."""
    for variables in ({}, {"s": None}, {"s": ["x"]}):
        outcome = await pair.agreed(Document(f"mutation {text.format(valid=VALID)}", variables))

        assert outcome.is_request_error
        assert (outcome.calls, set(outcome.codes)) == ({}, {"GRAPHQL_VALIDATION_FAILED"})


@pytest.mark.parametrize(
    ("head", "second"),
    [
        ("$n: Boolean = true", "second: resolveIssues(input: {issues: {ids: []}, dryRun: $n}) { isDryRun }"),
        ("$n: Boolean = true", "second: __typename @include(if: $n)"),
        ("$n: Boolean = false", "second: __typename @skip(if: $n)"),
        ('$n: ID = "x"', "second: resolveIssues(input: {issues: {ids: [$n]}}) { isDryRun }"),
    ],
)
async def test_null_for_a_default_executes_nothing(pair, head, second):
    """A variable with a default that is given null where null is not allowed is the client's mistake."""
    document = Document(f"mutation ({head}) {{ {VALID} {second} }}", {"n": None})

    outcome = await pair.agreed(document)

    assert outcome.is_request_error
    assert (outcome.calls, outcome.codes) == ({}, ("BAD_USER_INPUT",))
