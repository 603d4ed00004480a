"""Strawberry's undocumented names: a clear failure here when a release moves one of them."""

from enum import Enum
from pathlib import Path

import pytest
import strawberry
from graphql import GraphQLSchema, specified_scalar_types

import dexter_graphql
from dexter_graphql.graph.declarations.strawberry_internals import (
    ArgumentConverter,
    definition_of,
    enum_class,
    graphql_schema,
    is_maybe,
)

MOVED = "Strawberry moved a name that strawberry_internals.py uses: "
INTERNAL_NAMES = (
    "DEFINITION_BACKREF",
    "schema_converter",
    "convert_arguments",
    "strawberry-definition",
    "StrawberryMaybe",
)


@strawberry.enum
class Colour(Enum):
    """An enum."""

    RED = "red"


@strawberry.input
class Paint:
    """An input object."""

    first_coat: Colour
    note: strawberry.Maybe[str | None]


@strawberry.type
class Query:
    """A root field with each kind of argument."""

    @strawberry.field
    def house(self, paint: Paint, note: strawberry.Maybe[str] = None, rooms: int = 1) -> Colour:
        """The colour of its first coat."""
        return paint.first_coat


@pytest.fixture(scope="module")
def schema():
    """A schema that Strawberry made."""
    return strawberry.Schema(query=Query)


def test_schema_of_graphql_core(schema):
    """The engine executes it."""
    assert isinstance(graphql_schema(schema), GraphQLSchema), MOVED + "Schema._schema"


def test_definitions_are_found_on_types_and_fields(schema):
    """Declarations are attached to them."""
    query = graphql_schema(schema).query_type

    assert definition_of(query).origin is Query, MOVED + "DEFINITION_BACKREF of a type"
    assert definition_of(query.fields["house"]).python_name == "house", MOVED + "DEFINITION_BACKREF of a field"
    assert definition_of(specified_scalar_types["Int"]) is None


def test_classes_of_enums(schema):
    """Enums are written from their members; GraphQL's own have no class."""
    types = graphql_schema(schema).type_map

    assert enum_class(types["Colour"]) is Colour, MOVED + "wrapped_cls of an enum's definition"
    assert enum_class(types["__TypeKind"]) is None


def test_arguments_are_converted(schema):
    """Input objects and enums become those of Python, under the names of the function's parameters."""
    converter = ArgumentConverter(schema)
    arguments = converter.by_name(definition_of(graphql_schema(schema).query_type.fields["house"]))
    values = {"paint": {"firstCoat": Colour.RED, "note": None}, "note": "x", "rooms": 2}

    converted = converter.convert(values, list(arguments.values()))

    assert list(arguments) == ["paint", "note", "rooms"], MOVED + "name_converter.from_argument"
    assert [is_maybe(argument) for argument in arguments.values()] == [False, True, False], MOVED + "StrawberryMaybe"
    assert converted == {
        "paint": Paint(first_coat=Colour.RED, note=strawberry.Some(None)),
        "note": strawberry.Some("x"),
        "rooms": 2,
    }, MOVED + "convert_arguments"


def test_internals_are_used_in_one_module():
    """What a release may move stands in one place."""
    package = Path(dexter_graphql.__file__).parent
    users = {path.name for path in package.rglob("*.py") if any(name in path.read_text() for name in INTERNAL_NAMES)}

    assert users == {"strawberry_internals.py"}


def test_dependency_is_bounded_to_a_minor_version():
    """A release that may move the names is not installed by itself."""
    pyproject = (Path(dexter_graphql.__file__).parent.parent / "pyproject.toml").read_text()

    assert '"strawberry-graphql>=0.341,<0.342"' in pyproject
