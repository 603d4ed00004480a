"""Introspection, alone and beside other fields."""

import pytest
from graphql import get_introspection_query

from support.small import agreed, small

SDL = """
  "A thing." interface Thing { id: ID! }
  type Item implements Thing @d(a: 1) { id: ID!, old: Int @deprecated(reason: "x"), at(n: Int = 3, in: In = {x: 1}): E }
  input In @oneOf { x: Int, y: [String!] }
  enum E { A B @deprecated }
  union U = Item
  scalar S @specifiedBy(url: "https://example.com")
  directive @d(a: Int!) repeatable on OBJECT
  type Query { item: Item, thing: Thing, u: U, s: S, e: E }
  type Mutation { m: Int }
"""


@pytest.fixture
def schema():
    """A schema with every kind of type."""
    return small(SDL, item={"id": "1", "old": 2}, thing=None, s="x", e="A")


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(input_value_deprecation=True, specified_by_url=True, directive_is_repeatable=True),
        "{ __schema { queryType { name } mutationType { name } subscriptionType { name } description } }",
        '{ __type(name: "Item") { name kind fields { name } deprecated: fields(includeDeprecated: true) { name } } }',
        '{ __type(name: "Nothing") { name } }',
        '{ item { id } __type(name: "Item") { interfaces { name } fields { type { name } } } old: item { old } }',
        "{ __typename x: __typename __schema { __typename types { name } } }",
        "mutation { __typename m }",
        "{ thing { __typename } u { __typename } }",
    ],
)
async def test_schema_is_described(schema, text):
    """As by graphql-core, in the order of the document."""
    await agreed(schema, text)


@pytest.mark.parametrize("name", ["Thing", "E", "In", "Query", "__Type", "Int", ""])
async def test_type_is_named_by_a_variable(schema, name):
    """Every kind of type, and none."""
    text = "query ($n: String!) { __type(name: $n) { __typename possibleTypes { name } enumValues { name } } }"

    await agreed(schema, text, {"n": name})
