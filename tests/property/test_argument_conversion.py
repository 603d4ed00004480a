"""Prepared coercions and conversions of arguments are equal to those of graphql-core and of Strawberry."""

from datetime import UTC, datetime

import pytest
from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    NameNode,
    ObjectFieldNode,
    ObjectValueNode,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities import coerce_input_value, value_to_literal
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.engine.arguments import ArgumentValues
from dexter_graphql.graph.declarations.arguments import arguments_of
from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.strawberry_internals import ArgumentConverter

MAX_DEPTH = 3
SCALARS = {
    "String": st.text(max_size=5),
    "ID": st.text(max_size=5),
    "Int": st.integers(-(2**31), 2**31 - 1),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
    "BigInt": st.integers(),
    "JSON": st.none() | st.integers() | st.text(max_size=5),
    "DateTime": st.just(datetime(2026, 3, 4, tzinfo=UTC).isoformat()),
}


def inputs(graphql_type, depth=0):
    """Values of an input type, as variables hold them."""
    if isinstance(graphql_type, GraphQLNonNull):
        return present(graphql_type.of_type, depth)
    return st.none() | present(graphql_type, depth)


def present(graphql_type, depth):
    """Values of an input type that are not null."""
    if isinstance(graphql_type, GraphQLList):
        return st.lists(inputs(graphql_type.of_type, depth), max_size=2)
    if isinstance(graphql_type, GraphQLEnumType):
        return st.sampled_from(sorted(graphql_type.values))
    if not isinstance(graphql_type, GraphQLInputObjectType):
        return SCALARS[graphql_type.name]
    fields = {name: inputs(field.type, depth + 1) for name, field in graphql_type.fields.items()}
    required = {name for name, field in graphql_type.fields.items() if isinstance(field.type, GraphQLNonNull)}
    if graphql_type.is_one_of:
        options = {name: present(field.type, depth + 1) for name, field in graphql_type.fields.items()}
        return st.sampled_from(sorted(options)).flatmap(lambda name: st.fixed_dictionaries({name: options[name]}))
    return st.fixed_dictionaries(
        {name: fields[name] for name in required},
        optional={name: values for name, values in fields.items() if name not in required and depth < MAX_DEPTH},
    )


def result(convert, *arguments):
    """The converted value, or the kind of exception that was raised."""
    try:
        return convert(*arguments)
    except Exception as error:  # noqa: BLE001  # both conversions must raise the same
        return type(error)


@pytest.fixture(scope="module")
def converter(graph):
    """The conversions of the schema."""
    return ArgumentConverter(graph.strawberry)


@pytest.fixture(scope="module")
def fields(graph):
    """The declared fields that take arguments."""
    found = [
        field
        for graphql_type in graph.schema.type_map.values()
        for field in getattr(graphql_type, "fields", {}).values()
        if getattr(field, "args", None) and BOUND in field.extensions
    ]
    assert len(found) > 50
    return found


@given(data=st.data())
def test_prepared_conversion_is_strawberry_s(data, converter, fields):
    """For any field, with every combination of absent and null members."""
    graphql_field = data.draw(st.sampled_from(fields))
    declared = graphql_field.extensions[BOUND].field
    by_name = converter.by_name(declared)
    values = {
        name: coerce_input_value(data.draw(inputs(argument.type)), argument.type)
        for name, argument in graphql_field.args.items()
        if data.draw(st.booleans())
    }

    def convert_slowly(values):
        return {
            by_name[name].python_name: converter.convert_slowly(by_name[name].type, value)
            for name, value in values.items()
        }

    assert result(arguments_of(declared, converter), values) == result(convert_slowly, values)


@given(data=st.data())
def test_literal_with_variables_is_coerced_like_by_graphql_core(data, fields):
    """For any input object of any argument, whichever of its members are variables and whichever of these are given."""
    objects = [
        (field, name, get_nullable_type(argument.type))
        for field in fields
        for name, argument in field.args.items()
        if isinstance(get_nullable_type(argument.type), GraphQLInputObjectType)
    ]
    field, name, type_ = data.draw(st.sampled_from(objects))
    members = data.draw(present(type_, MAX_DEPTH - 1))
    varying = {member for member in type_.fields if data.draw(st.booleans())}
    values = {
        member: coerce_input_value(value, type_.fields[member].type)
        for member, value in members.items()
        if member in varying
    }
    literal = ObjectValueNode(fields=tuple(_member_nodes(members, varying, type_)))
    argument = ArgumentNode(name=NameNode(value=name), value=literal)
    node = FieldNode(name=NameNode(value="field"), arguments=(argument,))
    part = GraphQLField(field.type, {name: field.args[name]})
    prepared, variables = ArgumentValues(part, node), VariableValues({}, values)

    expected = result(lambda: get_argument_values(part, node, variables)[name])

    for _ in range(2):
        assert result(lambda: prepared.coerce(variables)[name]) == expected


def _member_nodes(members, varying, type_):
    for member in sorted(members.keys() | varying):
        name = NameNode(value=member)
        constant = None if member in varying else value_to_literal(members[member], type_.fields[member].type)
        yield ObjectFieldNode(name=name, value=VariableNode(name=name) if constant is None else constant)
