"""Binding of declarations to a schema: what they read, and the errors for those that do not hold."""

from typing import Annotated, Any, NamedTuple, NewType, Union

import msgspec
import pytest
import strawberry
from graphql import parse
from graphql.execution.values import VariableValues
from strawberry.schema.config import StrawberryConfig

from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.common.scalars import JSON, scalar_map
from dexter_graphql.graph.declarations.binder import SchemaBinder
from dexter_graphql.graph.declarations.fields import (
    ID,
    Embedded,
    batch,
    call,
    computed,
    entity,
    link,
    plain,
    value_type,
)
from dexter_graphql.graph.declarations.projections import merge_into, merge_projections
from dexter_graphql.graph.declarations.wire_types import DeclarationError
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import bulk
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, Record, TaggedUnion

ACME = OrganizationRef("1", "acme")
Strange = NewType("Strange", str)
STRANGE = strawberry.scalar(name="Strange", serialize=str, parse_value=str)


@bulk(target="Project", uses=())
async def projects(_keys, _lookup):
    """A loader that is never asked."""
    return {}


@entity()
class Project:
    """An entity."""

    slug: str = plain(description="Its slug.")
    size: int | None = plain("fileSize", representations=["detail"], description="Only in detail.")


@value_type
class Metadata:
    """A value type."""

    title: str | None = plain(description="A title.")


class IssueKey(NamedTuple):
    """An issue of an organization."""

    organization: OrganizationRef
    id: str


@entity(key=IssueKey, load=projects)
class Issue:
    """An entity that embeds another."""

    title: str = plain(description="Its title.")
    metadata: Metadata | None = plain(description="A nested object.")
    labels: list[str] | None = plain(description="A list of leaves.")
    parts: list[Metadata] | None = plain(description="A list of nested objects.")
    kind: str = plain("type", description="Named otherwise by Sentry.")
    project: Project | None = link(
        "project",
        Embedded("Project", ("slug",), projects, lambda row: row.slug, key_reads=("slug",)),
        description="Its.",
    )
    other: Project | None = batch(projects, key=lambda row: row.id, description="Looked up.")

    @computed(culprit=str)
    def summary(row) -> str | None:  # noqa: N805  # a declaration
        """Made of members."""
        return row.culprit


def built(*, types=(), **roots):
    """A schema whose root has these fields, each given with its type."""
    annotations = {name: kind for name, (kind, _) in roots.items()}
    query = type("Query", (), {"__annotations__": annotations, **{name: given for name, (_, given) in roots.items()}})
    config = StrawberryConfig(auto_camel_case=True, scalar_map=scalar_map() | {Strange: STRANGE})
    return strawberry.Schema(query=value_type(query), types=types, config=config)


def bound_with(kind):
    """The binder of a schema that contains a type."""
    return SchemaBinder(built(odd=(kind | None, plain(type=object, description="Whatever it is."))))


@pytest.fixture(scope="module")
def schema():
    """A schema with two entities."""
    return built(issue=(Issue | None, plain(type=object, description="An issue.")), types=[Project, Metadata])


@pytest.fixture(scope="module")
def binder(schema):
    """Its binder."""
    return SchemaBinder(schema)


def read(binder, schema, selection, representation="list"):
    """Members that a selection on an issue reads, by attribute."""
    [operation] = parse(f"{{ issue {selection} }}").definitions
    selection_index = SelectionIndex(schema._schema, operation, {}, VariableValues({}, {}))
    [node] = operation.selection_set.selections
    projection = binder.projection(
        "Issue", representation, selection_index.selection(schema._schema.query_type.fields["issue"].type, [node])
    )
    return {member.attr: member for member in projection.members}


class TestRefused:
    """Declarations that do not hold."""

    def test_link_must_embed_what_some_field_reads(self):
        """A misspelt embedded member fails when the schema is built."""

        @entity()
        class Odd:
            """Embeds what a project does not have."""

            project: Project | None = link(
                "project",
                Embedded("Project", ("slugg",), projects, lambda row: row, key_reads=("slug",)),
                description=".",
            )

        with pytest.raises(DeclarationError, match="No field of Project reads a member 'slugg'"):
            bound_with(Odd)

    def test_link_s_key_must_read_what_some_field_reads(self):
        """The members of the key too."""

        @entity()
        class Odd:
            """Reads a key that a project does not have."""

            project: Project | None = link(
                "project", Embedded("Project", ("slug",), projects, lambda row: row), description="."
            )

        with pytest.raises(DeclarationError, match="No field of Project reads a member 'id'"):
            bound_with(Odd)

    def test_link_needs_a_key(self):
        """Its own, or that of the entity that it embeds."""

        @entity()
        class Odd:
            """Embeds what has no key."""

            project: Project | None = link("project", Embedded("Project", ("slug",), projects), description=".")

        with pytest.raises(DeclarationError, match=r"Odd\.project needs a key, which Project does not declare"):
            bound_with(Odd)

    def test_batch_needs_a_key(self):
        """Its own, or that of the entity that has it."""

        @entity()
        class Odd:
            """Has no key."""

            project: Project | None = batch(projects, description=".")

        with pytest.raises(DeclarationError, match=r"Odd\.project needs a key, which Odd does not declare"):
            bound_with(Odd)

    def test_node_needs_a_key(self):
        """Its global id is made of it."""

        @entity()
        class Odd(Node):
            """Has an id, but no key."""

        with pytest.raises(DeclarationError, match="Odd needs a key to have a global id"):
            bound_with(Odd)

    def test_link_must_name_an_entity(self):
        """Records of an unknown type cannot be decoded."""

        @entity()
        class Odd:
            """Embeds something unknown."""

            project: Project | None = link(
                "project", Embedded("Projekt", ("slug",), projects, lambda row: row), description="."
            )

        with pytest.raises(DeclarationError, match="Projekt is not declared with @entity or @value_type"):
            bound_with(Odd)

    def test_plain_abstract_field_must_say_more(self):
        """Which of a union's types to decode is not known."""

        @value_type
        class Odd:
            """Has a union."""

            either: Annotated[Union[Project, Issue], strawberry.union("Either")] | None = plain(description=".")  # noqa: UP007  # Strawberry's way

        with pytest.raises(DeclarationError, match=r"Odd\.either is abstract: declare its wire type"):
            bound_with(Odd)

    def test_plain_json_must_be_nullable(self):
        """JSON is passed on undecoded, so that nothing would notice a null in it."""

        @value_type
        class Odd:
            """Has JSON that is never null."""

            data: JSON = plain(description=".")

        with pytest.raises(DeclarationError, match=r"Odd\.data must be nullable: null is JSON, too"):
            bound_with(Odd)

    def test_scalar_must_be_known_on_the_wire(self):
        """A scalar without a wire type needs one on the field."""

        @value_type
        class Odd:
            """Has a strange scalar."""

            strange: Strange = plain(description=".")

        @value_type
        class Even:
            """Says what it is."""

            strange: Strange = plain(type=str, description=".")

        with pytest.raises(DeclarationError, match=r"Odd\.strange: no wire type is known for Strange"):
            bound_with(Odd)
        assert bound_with(Even).member("Even", "strange").type is str

    @pytest.mark.parametrize("given", [call(), computed()])
    def test_kinds_with_a_function_need_one(self, given):
        """A decorator without a function has no value."""
        with pytest.raises(DeclarationError, match=r"Query\.odd decorates no function"):
            SchemaBinder(built(odd=(str | None, given)))

    @pytest.mark.parametrize("given", [computed(culprit=str), call(reads={"culprit": str}), batch])
    def test_undeclared_members_are_not_read(self, given):
        """They would be missing from every record."""
        if given is batch:
            odd = batch(projects, key=lambda row: row.culprit + row.titel, reads={"culprit": str}, description=".")
        else:

            def function(row: Any) -> str | None:
                """Misspells a member."""
                return row.culprit + row.titel

            odd = given(function)

        parent = value_type(type("Odd", (), {"__annotations__": {"odd": Project | None}, "odd": odd}))

        with pytest.raises(DeclarationError, match=r"Odd\.odd reads titel without declaring it"):
            bound_with(parent)

    def test_rows_of_other_classes_are_not_records(self):
        """Their attributes are checked by the type checker."""

        class Row:
            """Not a record."""

            title = "x"

        @value_type
        class Even:
            """Is computed from it."""

            @computed()
            def title(row: Row) -> str:  # noqa: N805  # a declaration
                """Its title."""
                return row.title

        assert bound_with(Even).entity("Even").fields["title"].own_members() == ()

    @pytest.mark.parametrize(
        "other",
        [
            plain("some.title", type=bytes, description="."),
            plain("some_title", type=str, description="."),
            batch(projects, key=lambda row: row.some_title, reads={"some.title": int}, description="."),
            link("some.title", Embedded("Project", ("slug",), projects, str, key_reads=("slug",)), description="."),
        ],
    )
    def test_fields_of_a_type_read_a_member_in_one_way(self, other):
        """One record is decoded for all fields that are selected."""
        annotations = {"title": str | None, "other": Project | None}
        fields = {"title": plain("some.title", type=str, description="."), "other": other}
        odd = value_type(type("Odd", (), {"__annotations__": annotations, **fields}))

        with pytest.raises(DeclarationError, match=r"Odd\.title and Odd\.other read 'some_title' differently"):
            bound_with(odd)

    def test_fields_of_different_representations_may_read_a_member_differently(self):
        """No record is decoded for both."""

        @entity(representations=("list", "detail"))
        class Even:
            """Has a member of two types."""

            text: str | None = plain("body", representations=("list",), description=".")
            size: int | None = plain("body", representations=("detail",), description=".")

        assert {field.member.type for field in bound_with(Even).entity("Even").fields.values()} == {str, int}

    def test_member_has_one_type(self):
        """Two fields that read one member differently cannot share a record."""
        members = {"x": Field("x", "x", str)}

        with pytest.raises(DeclarationError, match="Member 'x' is read as <class 'str'> and as <class 'int'>"):
            merge_into(members, [Field("x", "x", int)])

    def test_unknown_type_is_refused(self, binder):
        """Projections are made by the name of the type."""
        with pytest.raises(DeclarationError, match="Nothing is not declared"):
            binder.projection("Nothing", "list", None)

    async def test_entity_without_a_loader_cannot_hydrate(self, binder):
        """A member that a representation lacks is an error, not null."""

        class Row(Record):
            """A project from a list."""

            typename = "Project"
            representation = "list"

        with pytest.raises(DeclarationError, match="Project as 'list' lacks 'size' and cannot hydrate"):
            await binder.hydrate([Row()], "size", None)

    def test_declaration_error_is_internal(self):
        """It is raised at the start; a later one would be a bug of the server."""
        from dexter_graphql.graph.errors import code_of  # noqa: PLC0415  # only here

        assert code_of(DeclarationError("x")) is ErrorCode.INTERNAL


class TestHydrated:
    """The complete record for a row that lacks a member."""

    class Row(Record):
        """An issue from a list."""

        typename = "Issue"
        representation = "list"
        id: str = "7"
        parents: Parents = Parents(ACME)

    class Context:
        """An operation whose loaders return scripted answers."""

        def __init__(self, answers):
            self.answers, self.asked = answers, []
            self.loaders = self

        async def load_all(self, loader, keys, *, spender):
            self.asked.append((loader.name, keys, spender.name))
            return self.answers

    async def test_record_comes_from_the_entity_s_loader(self, binder):
        """All rows are loaded at once by their keys."""
        hydrated = [self.Row(id="7"), self.Row(id="8")]
        context = self.Context(hydrated)

        assert await binder.hydrate([self.Row(), self.Row(id="8")], "title", context) == hydrated
        assert context.asked == [("projects", [IssueKey(ACME, "7"), IssueKey(ACME, "8")], "Issue.title")]

    @pytest.mark.parametrize("answer", [None, NotFound("gone")])
    async def test_object_that_is_gone_is_an_error(self, binder, answer):
        """A row that no longer exists is replaced by an exception; the other rows are not affected."""
        there = self.Row()

        gone, present = await binder.hydrate([self.Row(), there], "title", self.Context([answer, there]))

        assert isinstance(gone, NotFound)
        assert present is there


class TestShape:
    """Members that a selection reads."""

    def test_plain_reads_its_member_under_sentry_s_name(self, binder, schema):
        """The members of the entity's key are always read."""
        members = read(binder, schema, "{ title kind }")

        assert {attr: (member.wire, member.is_required) for attr, member in members.items()} == {
            "id": ("id", False),
            "title": ("title", True),
            "type": ("type", True),
        }
        assert members["id"].type == ID

    def test_computed_reads_what_it_says(self, binder, schema):
        """And nothing else."""
        assert sorted(read(binder, schema, "{ summary }")) == ["culprit", "id"]

    def test_nested_object_has_a_shape_of_its_own(self, binder, schema):
        """It has the members that are selected on it; lists of objects have the same projection."""
        members = read(binder, schema, "{ metadata { title } parts { title } labels }")

        expected = Projection("Metadata", "embedded", (Field("title", "title", str),))
        assert (members["metadata"].type, members["metadata"].container) == (expected, "one")
        assert (members["parts"].type, members["parts"].container) == (expected, "list")
        assert members["labels"].type == list[str]

    def test_link_is_embedded_while_the_selection_fits(self, binder, schema):
        """It has the selected members, each as required as in the entity itself."""
        members = read(binder, schema, "{ project { slug } }")

        assert members["project"].type == Projection(
            "Project", "embedded", (Field("slug", "slug", str, is_required=True),)
        )

    def test_link_that_does_not_fit_reads_its_key_alone(self, binder, schema):
        """The rest is looked up."""
        members = read(binder, schema, "{ project { slug size } }")

        assert members["project"].type == Projection(
            "Project", "embedded", (Field("slug", "slug", str, is_required=True),)
        )
        assert members.keys() == {"id", "project"}

    def test_member_that_a_form_lacks_is_not_read_there(self, binder):
        """A field names the representations that have its member."""
        field = binder.entity("Project").fields["size"]

        assert [field.is_in(representation) for representation in ("list", "detail")] == [False, True]

    def test_nothing_selected_reads_the_key(self, binder):
        """For example when only `__typename` is selected."""
        assert [member.attr for member in binder.projection("Issue", "list", None).members] == ["id"]


class TestMerged:
    """Merged projections."""

    A, B = Field("a", "a", str), Field("b", "b", int)

    def test_shape_has_the_members_of_both(self):
        """They have the first one's type and representation; a member that one of them requires is required."""
        one = Projection("One", "list", (self.B,))
        other = Projection("Other", "detail", (self.A, Field("b", "b", int, is_required=True)))

        assert merge_projections(one, other) == Projection(
            "One", "list", (self.A, Field("b", "b", int, is_required=True))
        )

    def test_nested_shapes_become_one(self):
        """At every depth."""
        one = Projection("X", "list", (Field("n", "n", Projection("N", "embedded", (self.A,))),))
        other = Projection("X", "list", (Field("n", "n", Projection("N", "embedded", (self.B,))),))

        [member] = merge_projections(one, other).members

        assert member.type == Projection("N", "embedded", (self.A, self.B))

    def test_variants_become_one_by_one(self):
        """Tag by tag."""

        def variants(*members):
            return TaggedUnion(
                "type", tuple((tag, Projection(tag.title(), "embedded", members)) for tag in ("user", "team"))
            )

        one = Projection("X", "list", (Field("n", "n", variants(self.A)),))
        other = Projection("X", "list", (Field("n", "n", variants(self.B)),))

        [member] = merge_projections(one, other).members

        assert member.type == variants(self.A, self.B)

    def test_value_and_object_do_not_fit(self):
        """One member cannot be text and an object."""
        members = {"n": Field("n", "n", msgspec.Raw)}

        with pytest.raises(DeclarationError, match="Member 'n' is read as"):
            merge_into(members, [Field("n", "n", Projection("N", "embedded", ()))])


def test_all_fields_of_a_type_can_be_selected_together(graph):
    """Each member is decoded as one type."""
    for name, bound in graph.binder._entities.items():
        kinds = {}
        for field in bound.fields.values():
            for member in field.own_members():
                if member.type is not object and not isinstance(member.type, Projection):
                    assert kinds.setdefault(member.attr, member.type) == member.type, f"{name}.{member.attr}"
