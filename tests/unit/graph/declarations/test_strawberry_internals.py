"""Strawberry's undocumented names: a clear failure here when a release moves one of them."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import pytest
import strawberry
from graphql import GraphQLSchema, specified_scalar_types

import dexter_graphql
from dexter_graphql.graph.declarations.strawberry_internals import (
    ArgumentConverter,
    definition_of,
    enum_class,
    graphql_schema,
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
    """An input object that contains itself, with defaults of each kind."""

    first_coat: Colour
    note: strawberry.Maybe[str | None]
    gloss: float | None = strawberry.UNSET
    coats: int = 2
    tags: list[str] = strawberry.field(default_factory=list)
    mixed_with: list[Annotated["Paint", strawberry.lazy(__name__)] | None] | None = None
    thinner: str | None


@strawberry.type
class Query:
    """A root field with each kind of argument."""

    @strawberry.field
    def house(self, paint: Paint, room_note: strawberry.Maybe[str] = None, rooms: int = 1) -> Colour:
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


@pytest.fixture(scope="module")
def converter(schema):
    """The conversions of the schema."""
    return ArgumentConverter(schema)


@pytest.fixture(scope="module")
def arguments(schema, converter):
    """The arguments of the root field."""
    return converter.by_name(definition_of(graphql_schema(schema).query_type.fields["house"]))


def test_arguments_have_their_names(arguments):
    """Those of the schema and those of the function."""
    names = [(name, argument.python_name) for name, argument in arguments.items()]

    assert names == [("paint", "paint"), ("roomNote", "room_note"), ("rooms", "rooms")], MOVED + "from_argument"


PAINT = {"firstCoat": Colour.RED}


def paint(**changes):
    """A Paint of the first coat alone, with these members changed."""
    return Paint(**{"first_coat": Colour.RED, "note": None, "thinner": None} | changes)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("paint", PAINT, paint()),
        ("paint", PAINT | {"note": None}, paint(note=strawberry.Some(None))),
        ("paint", PAINT | {"coats": 3, "tags": ["a"]}, paint(coats=3, tags=["a"])),
        ("paint", PAINT | {"mixedWith": [PAINT, None]}, paint(mixed_with=[paint(), None])),
        ("roomNote", "x", strawberry.Some("x")),
        ("rooms", 2, 2),
    ],
)
def test_prepared_conversions_are_strawberry_s(converter, arguments, name, value, expected):
    """Input objects, lists and wrapped values become those of Python; scalars and enums are left as they are."""
    type_ = arguments[name].type
    conversion = converter.conversion(type_)

    assert converter.convert_slowly(type_, value) == expected, MOVED + "convert_argument"
    assert (value if conversion is None else conversion(value)) == expected


def test_lists_are_copied(converter, arguments):
    """The default value of an argument is the same object for every request."""
    value = PAINT | {"tags": ["a"]}

    assert converter.conversion(arguments["paint"].type)(value).tags is not value["tags"]


def test_internals_are_used_in_one_module():
    """What a release may move stands in one place."""
    package = Path(dexter_graphql.__file__).parent
    users = {path.name for path in package.rglob("*.py") if any(name in path.read_text() for name in INTERNAL_NAMES)}

    assert users == {"strawberry_internals.py"}


def test_dependency_is_bounded_to_a_minor_version():
    """A release that may move the names is not installed by itself."""
    pyproject = (Path(dexter_graphql.__file__).parent.parent / "pyproject.toml").read_text()

    assert '"strawberry-graphql>=0.341,<0.342"' in pyproject
