"""The schema as a whole: described throughout, sorted, and what it says of calls is what it makes."""

import pkgutil
from importlib import import_module

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    parse,
    print_ast,
)

from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.kind_field import SentryCalls
from dexter_graphql.graph.schema import build_graph
from dexter_graphql.sentry import catalogue
from dexter_graphql.sentry.endpoint import Endpoint

BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}


def endpoints():
    """Every declared endpoint."""
    for module_info in pkgutil.iter_modules(catalogue.__path__):
        module = import_module(f"{catalogue.__name__}.{module_info.name}")
        yield from (value for value in vars(module).values() if isinstance(value, Endpoint))


@pytest.fixture(scope="module")
def own_types(graph):
    """Types of the schema that are ours."""
    return [
        defined
        for name, defined in graph.schema.type_map.items()
        if name not in BUILT_IN and not is_introspection_type(defined)
    ]


def test_everything_is_described(own_types):
    """Types, fields, arguments, input fields and enum values all say what they mean, in sentences."""
    described = {defined.name: defined.description for defined in own_types}
    for defined in own_types:
        if isinstance(defined, (GraphQLObjectType, GraphQLInterfaceType)):
            described |= {f"{defined.name}.{name}": field.description for name, field in defined.fields.items()}
            described |= {
                f"{defined.name}.{name}({argument})": value.description
                for name, field in defined.fields.items()
                for argument, value in field.args.items()
            }
        elif isinstance(defined, GraphQLInputObjectType):
            described |= {f"{defined.name}.{name}": field.description for name, field in defined.fields.items()}
        elif isinstance(defined, GraphQLEnumType):
            described |= {f"{defined.name}.{name}": value.description for name, value in defined.values.items()}

    assert [
        coordinate for coordinate, text in described.items() if not (text or "").rstrip().endswith((".", ":", "…", "!"))
    ] == []


def test_descriptions_speak_to_users_of_the_api(own_types):
    """They contain no word of Python or of the implementation."""
    internal_words = ("dataclass", "loader", "msgspec", "resolver", "Strawberry", "None", "Raises")
    fields = [
        (f"{defined.name}.{name}", field.description or "")
        for defined in own_types
        if isinstance(defined, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType))
        for name, field in defined.fields.items()
    ]
    texts = [*fields, *((defined.name, defined.description or "") for defined in own_types)]

    assert [coordinate for coordinate, text in texts if any(word in text for word in internal_words)] == []


def test_written_schema_is_the_same_schema_sorted(graph):
    """What is written down can be read by any tool, is in alphabetical order, and has every type."""
    text = graph.sdl()

    read = build_schema(text)

    assert set(read.type_map) == set(graph.schema.type_map)
    names = [node.name.value for node in parse(text).definitions if hasattr(node, "name") and node.name]
    types = [name for name in names if name in graph.schema.type_map]
    assert types == sorted(types)
    assert print_ast(parse(text)) == print_ast(parse(build_graph.__wrapped__().sdl()))


def test_directive_names_declared_endpoints_alone(graph):
    """`@sentry(calls: …)` says method and path of endpoints that are declared."""
    declared = {endpoint.title for endpoint in endpoints()}
    called = {
        item.value
        for node in parse(graph.sdl()).definitions
        for field in getattr(node, "fields", None) or ()
        for directive in field.directives or ()
        if directive.name.value == "sentry"
        for item in directive.arguments[0].value.values
    }

    assert called
    assert called - declared == set()


def test_what_another_call_brings_may_be_null(graph):
    """A field that costs a call is nullable, so that its failure leaves the rest standing; `nodes` answers per id.

    The fields of subscriptions are the items of their streams.
    """
    costly = [
        (f"{node.name.value}.{field.name.value}", graph.schema.type_map[node.name.value].fields[field.name.value].type)
        for node in parse(graph.sdl()).definitions
        for field in getattr(node, "fields", None) or ()
        if any(directive.name.value == "sentry" for directive in field.directives or ())
        and node.name.value != "Subscription"
        and (node.name.value, field.name.value) != ("Query", "nodes")
    ]

    assert [coordinate for coordinate, kind in costly if isinstance(kind, GraphQLNonNull)] == []


def test_enums_that_sentry_may_extend_have_a_way_out(own_types):
    """An enum that Sentry's answers are read into has UNKNOWN; those that only clients send need none."""
    outputs = set()
    for defined in own_types:
        if isinstance(defined, (GraphQLObjectType, GraphQLInterfaceType)):
            for field in defined.fields.values():
                inner = field.type
                while hasattr(inner, "of_type"):
                    inner = inner.of_type
                outputs.add(inner)
    ours = {"CallerAccess", "ChangeEntity", "ChangeOrigin", "UserErrorCode"}
    closed = [
        defined.name for defined in outputs if isinstance(defined, GraphQLEnumType) and "UNKNOWN" not in defined.values
    ]

    assert set(closed) - ours - {"__TypeKind", "__DirectiveLocation"} == set()


def test_fields_that_lists_lack_name_their_calls(graph):
    """A field that is fetched for each row of a list says so as a field with a loader does."""
    fields = [
        field.extensions.get(BOUND)
        for kind in graph.schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for field in kind.fields.values()
    ]
    lacking = [
        bound
        for bound in filter(None, fields)
        if not bound.is_in("list") and graph.binder.entity(bound.typename).entity.hydrate is not None
    ]

    assert {"Project.color", "Event.sdk", "Issue.firstRelease", "Member.isOnlyOwner"} <= {b.coordinate for b in lacking}
    for bound in lacking:
        titles = {endpoint.title for endpoint in graph.binder.entity(bound.typename).entity.hydrate.uses}
        [named] = [set(directive.calls) for directive in bound.field.directives if isinstance(directive, SentryCalls)]
        assert titles <= named, bound.coordinate
