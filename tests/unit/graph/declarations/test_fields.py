"""Declarations: what each kind of field contains, and how it appears in the schema."""

from typing import NamedTuple

import pytest

from dexter_graphql.graph.declarations.fields import (
    ENTITY,
    ID,
    BatchDeclaration,
    CallDeclaration,
    ComputedDeclaration,
    Embedded,
    LinkDeclaration,
    PlainDeclaration,
    TaggedJSON,
    batch,
    call,
    computed,
    entity,
    link,
    plain,
    record_typename,
    value_type,
)
from dexter_graphql.graph.declarations.kind_field import KIND, description_of
from dexter_graphql.graph.declarations.wire_types import DeclarationError, attr_of
from dexter_graphql.loaders.base import bulk
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.projection import Record
from support.client_endpoints import ANY


def endpoint(path):
    """A declared read."""
    return Endpoint(name=path.strip("/"), method="GET", path=path, scopes=("org:read",), restriction=ANY)


ONE, OTHER = endpoint("/one/"), endpoint("/other/")


@bulk(target="Thing", uses=(OTHER, ONE, ONE))
async def things(_keys, _lookup):
    """A loader that is never asked."""
    return {}


def declared(field):
    """The declaration of a field."""
    return field.metadata[KIND]


def calls(field):
    """Calls that the field says it may make."""
    return [call for directive in field.directives for call in directive.calls]


@pytest.mark.parametrize(
    ("wire", "attr"),
    [
        ("shortId", "shortId"),
        ("event.type", "event_type"),
        ("count()", "count__"),
        ("from", "from_"),
        ("class", "class_"),
        ("parents", "parents_"),
        ("typename", "typename_"),
        ("representation", "representation_"),
        ("members", "members_"),
    ],
)
def test_every_wire_name_has_an_attribute(wire, attr):
    """Words of Python, and names that records have for themselves, get an underscore."""
    assert attr_of(wire) == attr
    assert attr.isidentifier()


def test_plain_keeps_what_was_said():
    """Nothing said means what the field's own type says."""
    assert declared(plain(description="x")) == PlainDeclaration(None, None, None, None)
    assert declared(plain("w", type=int, convert=str, representations=["list"], description="x")) == PlainDeclaration(
        "w", int, str, frozenset({"list"})
    )


def test_plain_says_no_call():
    """Reading a member costs none of its own; name, description and deprecation show in the schema."""
    field = plain(name="else", description="What it is.", deprecation_reason="Old.")

    assert (field.graphql_name, field.description, field.deprecation_reason) == ("else", "What it is.", "Old.")
    assert calls(field) == []


def test_computed_reads_members_by_any_name():
    """Names that are no keyword arguments are given as a map."""

    def function(row, *, first: int = 1) -> str:
        """Made of members."""

    field = computed({"event.type": str}, metadata=dict)(function)

    assert declared(field) == ComputedDeclaration({"event.type": str, "metadata": dict}, None, function)
    assert field.description == "Made of members."
    assert [argument.python_name for argument in field.arguments] == ["first"]


def test_link_says_the_calls_of_its_loaders():
    """The endpoints of all loaders, sorted and without duplicates."""
    embedded = [Embedded(name, ("id",), things, tag=name.lower()) for name in ("User", "Team")]

    field = link("owner", *embedded, tag_member="type", description="x")

    assert declared(field) == LinkDeclaration("owner", tuple(embedded), "type", None)
    assert calls(field) == [ONE.title, OTHER.title]


@pytest.mark.parametrize(
    ("members", "wires"),
    [
        (("id", "event.type"), {"id": "id", "event_type": "event.type"}),
        ({"slug": "projectSlug"}, {"slug": "projectSlug"}),
    ],
)
def test_embedded_members_have_wire_names(members, wires):
    """A list means the same names, a map other ones."""
    assert Embedded("Project", members, things).wires == wires


@pytest.mark.parametrize(("given", "reads"), [(None, {"id": ID}), ({}, {}), ({"slug": str}, {"slug": str})])
def test_batch_with_a_key_reads_the_id_by_default(given, reads):
    """Most keys are ids."""

    def key(row):
        return row

    field = batch(things, key=key, reads=given, representations=["detail"], description="x")

    assert declared(field) == BatchDeclaration(things, key, reads, frozenset({"detail"}))
    assert calls(field) == [ONE.title, OTHER.title]


def test_batch_without_a_key_reads_what_the_entity_s_key_reads():
    """Which the binder knows."""
    assert declared(batch(things, description="x")) == BatchDeclaration(things, None, {}, None)


def test_call_says_what_it_uses():
    """And the entity that it loads."""

    async def function(row, load_context, *, slug: str) -> str:
        """Asks."""

    field = call(uses=[OTHER, ONE], reads={"id": ID}, target="Thing", name="thing")(function)

    assert declared(field) == CallDeclaration((OTHER, ONE), {"id": ID}, "Thing", function)
    assert (calls(field), field.graphql_name, field.description) == ([ONE.title, OTHER.title], "thing", "Asks.")


def test_description_given_beats_the_docstring():
    """A batch may be described without a function and with one."""

    def function(*, first: int) -> int:
        """Of the function."""

    assert batch(things, key=str, description="Given.")(function).description == "Given."
    assert description_of(lambda: None) is None


class ThingKey(NamedTuple):
    """A thing of an organization."""

    organization: OrganizationRef
    id: str


def test_entity_is_a_type_of_the_graph():
    """Its docstring describes it; representations, key and loaders are kept for the binder."""

    @entity(key=ThingKey, load=things, representations=["list", "odd"], name="Other")
    class Thing:
        """What it is."""

        title: str = plain(description="x")

    definition = Thing.__strawberry_definition__
    declaration = getattr(Thing, ENTITY)

    assert (definition.name, definition.description, definition.is_interface) == ("Other", "What it is.", False)
    assert declaration.representations == frozenset({"list", "odd"})
    assert (declaration.key.key_class, declaration.key.wires) == (ThingKey, ("id",))
    assert (declaration.load, declaration.hydrate, declaration.typename) == (things, things, "Other")


@pytest.mark.parametrize("identity", [{"key": ThingKey}, {"load": things}])
def test_key_and_loader_are_declared_together(identity):
    """Objects with a global ID can be looked up by it."""
    with pytest.raises(DeclarationError, match="needs both 'key' and 'load', or neither"):
        entity(**identity)


def test_types_of_an_interface_share_its_identity():
    """The key is declared once, and ids carry the name of the interface."""

    @entity(key=ThingKey, load=things, representations=(), always_reads={"kind": str}, is_interface=True)
    class Thing:
        """What it is."""

        title: str = plain(description="x")

    @entity(representations=["list"], always_reads={"size": int})
    class Special(Thing):
        """A kind of thing."""

    declaration = getattr(Special, ENTITY)

    assert (declaration.key.key_class, declaration.load, declaration.typename) == (ThingKey, things, "Thing")
    assert declaration.representations == frozenset({"list"})
    assert declaration.always_reads == {"kind": str, "size": int}


def test_value_type_has_neither_representations_nor_key():
    """Its objects have no identity."""

    @value_type
    class Thing:
        """What it is."""

        title: str = plain(description="x")

    declaration = getattr(Thing, ENTITY)

    assert (declaration.representations, declaration.key, declaration.load) == (frozenset(), None, None)


def test_interface_is_one():
    """Nouns may share fields."""

    @entity(representations=(), is_interface=True)
    class Thing:
        """What it is."""

        title: str = plain(description="x")

    assert Thing.__strawberry_definition__.is_interface


def test_type_of_a_record_is_its_own():
    """Abstract types are resolved by the record's class; other sources have no typename."""

    class Row(Record):
        typename = "Issue"

    assert (record_typename(Row), record_typename(object), record_typename(type(None))) == ("Issue", None, None)


def test_open_union_keeps_members_of_unknown_kinds():
    """Kind and rest; an object without anything but its kind has none."""
    assert bytes(TaggedJSON("new").data) == b"null"


def test_every_field_of_the_graph_is_described(graph):
    """Types, fields, arguments and enum values have a description for API users."""
    silent = []
    for name, kind in graph.schema.type_map.items():
        if name.startswith("__") or (name in {"String", "Int", "Float", "Boolean", "ID"}):
            continue
        silent += [name] * (not kind.description)
        for below, value in {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}.items():
            silent += [f"{name}.{below}"] * (not value.description)
            silent += [f"{name}.{below}({a})" for a, one in getattr(value, "args", {}).items() if not one.description]

    assert silent == []
