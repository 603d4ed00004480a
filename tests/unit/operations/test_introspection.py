"""Introspection: what tools ask for is answered, what multiplies is refused."""

from itertools import product

import pytest
from graphql import get_introspection_query, parse

from dexter_graphql.errors import ErrorCode
from dexter_graphql.operations.limits import DocumentLimits, Limits

OPTIONS = (
    *("descriptions", "specified_by_url", "directive_is_repeatable", "schema_description"),
    *("input_value_deprecation", "one_of"),
)


def refused(document, **limits):
    """Messages about a document."""
    checker = DocumentLimits(Limits(**limits))
    assert not checker.check_text(document)
    return [error.message for error in checker.check_tree(parse(document))]


@pytest.mark.parametrize("values", [*product([False, True], repeat=len(OPTIONS))])
def test_introspection_query_is_accepted(values):
    """graphql-core's own, with all of its options; GraphQL.js, GraphiQL and most other tools send the same."""
    assert refused(get_introspection_query(**dict(zip(OPTIONS, values, strict=True)))) == []


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { queryType { name } mutationType { name } } __typename }",
        '{ __type(name: "Issue") { fields { name type { kind ofType { name } } } } }',
        '{ a: __type(name: "A") { name } b: __type(name: "B") { name fields { name } } }',
        "{ __schema { queryType { fields { name } } mutationType { fields { name } } types { name } } }",
        "{ __schema { directives { args { name } } types { fields { args { name } } inputFields { name } } } }",
        "{ organization { __typename a: name } }",
    ],
)
def test_each_list_once_is_accepted(document):
    """Objects may be repeated, and a list may be below several of them."""
    assert refused(document) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ __schema { a: types { name } } }", "'types' may not have an alias in introspection"),
        ("{ __schema { queryType { a: name } } }", "'name' may not have an alias in introspection"),
        ("{ __schema { ...F } } fragment F on __Schema { a: types { name } }", "'types' may not have an alias in"),
        ("{ __schema { types { name } types { kind } } }", "'types' may be selected once below '__schema' in"),
        ("{ __schema { types { name } ... { types { kind } } } }", "'types' may be selected once below '__schema'"),
        ("{ __schema { types { fields { type { fields { name } } } } } }", "'fields' may not be selected below"),
        ("{ __schema { types { ...T } } } fragment T on __Type { interfaces { possibleTypes { interfaces { id } } } }",
         "'interfaces' may not be selected below 'interfaces'"),
        ("{ __schema { queryType { name } } a: __schema { types { name } } }", "'__schema' may be selected once in"),
        ("{ __schema { description } ... { __schema { types { name } } } }", "'__schema' may be selected once in"),
        ('{ x: __type(name: "A") { a: fields { name } } }', "'fields' may not have an alias in introspection"),
    ],
)  # fmt: skip
def test_what_multiplies_is_refused(document, message):
    """Aliases, lists beside or below themselves, and a second schema, with fragments as without."""
    [refusal] = refused(document)

    assert refusal.startswith(message)


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { queryType { name } } }",
        '{ x: __type(name: "A") { name } }',
        "{ ...F } fragment F on Query { __schema { description } }",
    ],
)
def test_introspection_can_be_turned_off(document):
    """The error says so, and has the code of a document that is not valid here."""
    [error] = DocumentLimits(Limits(has_introspection=False)).check_tree(parse(document))

    assert error.message == "Introspection is turned off on this server"
    assert error.extensions == {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED}


def test_typename_is_no_introspection():
    """Clients add it everywhere; it is answered when introspection is off."""
    assert refused("{ __typename }", has_introspection=False) == []
