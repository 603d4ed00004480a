"""The objects that a mutation names."""

import pytest
from graphql import GraphQLInputObjectType, OperationDefinitionNode, get_named_type, parse

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.server.audit.targets import MAX_VALUES, NAMES, root_fields_of


def fields(text, **variables):
    """Root fields of the first operation of a document."""
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return root_fields_of(OperationEntry(document, operation), variables)


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        (
            'mutation { resolveIssues(input: { issues: { ids: ["1", "2"] } }) { userErrors { code } } }',
            {},
            {"resolveIssues": {"issues.ids": ["1", "2"]}},
        ),
        (
            "mutation ($input: I!) { a: updateIssue(input: $input) { issue { id } } }",
            {"input": {"issue": {"shortId": "WEB-1"}, "text": "secret", "organization": {"slug": "acme"}}},
            {"updateIssue": {"issue.shortId": ["WEB-1"], "organization.slug": ["acme"]}},
        ),
        (
            'mutation ($id: ID = "7") { ...F } fragment F on Mutation { ... { deleteX(input: { id: $id }) { id } } }',
            {},
            {"deleteX": {"id": ["7"]}},
        ),
        (
            'mutation { x(input: { issues: { shortIds: { values: ["WEB-1"] }, search: "is:new" } }) { a } }',
            {},
            {"x": {"issues.shortIds.values": ["WEB-1"], "issues.search": ["is:new"]}},
        ),
        ("mutation ($id: ID) { x(input: { id: $id }) { a } y { b } }", {}, {"x": {}, "y": {}}),
        ('mutation { a: x(id: "1") { a } b: x(id: "2") { a } }', {}, {"x": {"id": ["1", "2"]}}),
    ],
)
def test_values_that_name_objects_have_their_paths(text, variables, expected):
    """Literals, variables and defaults count; texts and other values are not written."""
    assert fields(text, **variables) == expected


def test_long_lists_are_cut():
    """A mutation may name a thousand issues."""
    ids = [str(number) for number in range(1000)]

    values = fields("mutation ($ids: [ID!]!) { x(input: { ids: $ids }) { a } }", ids=ids)["x"]["ids"]

    assert values == [*ids[:MAX_VALUES], "…"]


def names_below(kind, seen):
    """Names of all members below an input."""
    if isinstance(kind, GraphQLInputObjectType) and kind.name not in seen:
        seen.add(kind.name)
        for name, member in kind.fields.items():
            yield name
            yield from names_below(get_named_type(member.type), seen)


def test_every_mutation_names_its_objects(graph):
    """No mutation of the schema would leave the audit log without a word on what it changed."""
    mutations = graph.schema.mutation_type.fields
    members = {
        name: {*names_below(get_named_type(argument.type), set())}
        for name, field in mutations.items()
        for argument in field.args.values()
    }

    assert len(members) > 40
    assert {name for name, found in members.items() if NAMES.isdisjoint(found)} == set()
