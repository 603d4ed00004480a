"""Declarations bound to a schema: what they read, and that none of them goes through which does not hold."""

from typing import Annotated, NewType, Union

import msgspec
import pytest
import strawberry
from graphql import parse
from graphql.execution.values import VariableValues
from strawberry.schema.config import StrawberryConfig

from dexter_graphql.engine.selection import Walker
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.binding import Binding
from dexter_graphql.graph.fields import ID, Embedded, batch, call, computed, link, noun, part, plain
from dexter_graphql.graph.scalars import scalar_map
from dexter_graphql.graph.shapes import add, merged
from dexter_graphql.graph.wire_types import DeclarationError
from dexter_graphql.loaders.base import bulk
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.shape import Member, Record, Shape, Variants

Strange = NewType("Strange", str)
STRANGE = strawberry.scalar(name="Strange", serialize=str, parse_value=str)


@bulk(target="Project", uses=())
async def projects(_keys, _lookup):
    """A loader that is never asked."""
    return {}


@noun()
class Project:
    """A noun."""

    slug: str = plain(description="Its slug.")
    size: int | None = plain("fileSize", forms=["detail"], description="Only in detail.")


@part
class Metadata:
    """A part."""

    title: str | None = plain(description="A title.")


@noun(key=lambda row: row.id, hydrate=projects)
class Issue:
    """A noun that embeds another."""

    title: str = plain(description="Its title.")
    metadata: Metadata | None = plain(description="A nested object.")
    labels: list[str] | None = plain(description="A list of leaves.")
    parts: list[Metadata] | None = plain(description="A list of nested objects.")
    kind: str = plain("type", description="Named otherwise by Sentry.")
    project: Project | None = link(
        "project",
        Embedded("Project", ("slug",), lambda row: row.slug, projects, key_reads=("slug",)),
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
    return strawberry.Schema(query=part(query), types=types, config=config)


def bound_with(kind):
    """The binding of a schema that holds a type."""
    return Binding(built(odd=(kind | None, plain(type=object, description="Whatever it is."))))


@pytest.fixture(scope="module")
def schema():
    """A schema with two nouns."""
    return built(issue=(Issue | None, plain(type=object, description="An issue.")), types=[Project, Metadata])


@pytest.fixture(scope="module")
def binding(schema):
    """Its binding."""
    return Binding(schema)


def read(binding, schema, selection, form="list"):
    """Members that a selection on an issue reads, by attribute."""
    [operation] = parse(f"{{ issue {selection} }}").definitions
    walker = Walker(schema._schema, operation, {}, VariableValues({}, {}))
    [node] = operation.selection_set.selections
    found = binding.shape("Issue", form, walker.selection(schema._schema.query_type.fields["issue"].type, [node]))
    return {member.attr: member for member in found.members}


class TestRefused:
    """Declarations that do not hold."""

    def test_link_must_embed_what_some_field_reads(self):
        """A typing mistake in the embedded members is found when the schema is built."""

        @noun()
        class Odd:
            """Embeds what a project does not have."""

            project: Project | None = link(
                "project",
                Embedded("Project", ("slugg",), lambda row: row, projects, key_reads=("slug",)),
                description=".",
            )

        with pytest.raises(DeclarationError, match="No field of Project reads a member 'slugg'"):
            bound_with(Odd)

    def test_link_s_key_must_read_what_some_field_reads(self):
        """The members of the key too."""

        @noun()
        class Odd:
            """Reads a key that a project does not have."""

            project: Project | None = link(
                "project", Embedded("Project", ("slug",), lambda row: row, projects), description="."
            )

        with pytest.raises(DeclarationError, match="No field of Project reads a member 'id'"):
            bound_with(Odd)

    def test_link_must_name_a_noun(self):
        """A typename that is none of ours cannot be decoded."""

        @noun()
        class Odd:
            """Embeds something unknown."""

            project: Project | None = link(
                "project", Embedded("Projekt", ("slug",), lambda row: row, projects), description="."
            )

        with pytest.raises(DeclarationError, match="Projekt is not declared with @noun or @part"):
            bound_with(Odd)

    def test_plain_abstract_field_must_say_more(self):
        """Nobody can tell which of a union's types to decode."""

        @part
        class Odd:
            """Has a union."""

            either: Annotated[Union[Project, Issue], strawberry.union("Either")] | None = plain(description=".")  # noqa: UP007  # Strawberry's way

        with pytest.raises(DeclarationError, match=r"Odd\.either is abstract: declare its wire type"):
            bound_with(Odd)

    def test_scalar_must_be_known_on_the_wire(self):
        """A scalar without a wire type needs one on the field."""

        @part
        class Odd:
            """Has a strange scalar."""

            strange: Strange = plain(description=".")

        @part
        class Even:
            """Says what it is."""

            strange: Strange = plain(type=str, description=".")

        with pytest.raises(DeclarationError, match=r"Odd\.strange: no wire type is known for Strange"):
            bound_with(Odd)
        assert bound_with(Even).member("Even", "strange").type is str

    @pytest.mark.parametrize("given", [call(), computed()])
    def test_kinds_with_a_function_need_one(self, given):
        """A decorator that decorates nothing answers nothing."""
        with pytest.raises(DeclarationError, match=r"Query\.odd decorates no function"):
            Binding(built(odd=(str | None, given)))

    def test_member_has_one_type(self):
        """Two fields that read one member differently cannot share a record."""
        members = {"x": Member("x", "x", str)}

        with pytest.raises(DeclarationError, match="Member 'x' is read as <class 'str'> and as <class 'int'>"):
            add(members, [Member("x", "x", int)])

    def test_unknown_noun_is_refused(self, binding):
        """Shapes are asked for by name."""
        with pytest.raises(DeclarationError, match="Nothing is not declared"):
            binding.shape("Nothing", "list", None)

    async def test_noun_without_a_loader_cannot_hydrate(self, binding):
        """A member that a form lacks is never answered with a silent null."""

        class Row(Record):
            """A project from a list."""

            typename = "Project"
            form = "list"

        with pytest.raises(DeclarationError, match="Project in form 'list' lacks 'size' and cannot hydrate"):
            await binding.hydrated([Row()], "size", None)

    def test_message_of_a_declaration_is_no_client_s(self):
        """It is raised at the start; if it ever came later, it would be our own failure."""
        from dexter_graphql.graph.faults import code_of  # noqa: PLC0415  # only here

        assert code_of(DeclarationError("x")) is ErrorCode.INTERNAL


class TestHydrated:
    """The whole object of a row that lacks a member."""

    class Row(Record):
        """An issue from a list."""

        typename = "Issue"
        form = "list"
        id: str = "7"

    class Context:
        """An operation whose batches answer as scripted."""

        def __init__(self, answers):
            self.answers, self.asked = answers, []
            self.batches = self

        async def load_all(self, loader, keys):
            self.asked.append((loader.name, keys))
            return self.answers

    async def test_comes_through_the_noun_s_loader(self, binding):
        """By the rows' own keys, for all of them at once."""
        whole = [self.Row(id="7"), self.Row(id="8")]
        context = self.Context(whole)

        assert await binding.hydrated([self.Row(), self.Row(id="8")], "title", context) == whole
        assert context.asked == [("projects", ["7", "8"])]

    @pytest.mark.parametrize("answer", [None, NotFound("gone")])
    async def test_object_that_is_gone_is_an_error(self, binding, answer):
        """The row was there a moment ago; the exception stands for it, beside those that are there."""
        there = self.Row()

        gone, found = await binding.hydrated([self.Row(), there], "title", self.Context([answer, there]))

        assert isinstance(gone, NotFound)
        assert found is there


class TestShape:
    """Members that a selection reads."""

    def test_plain_reads_its_member_under_sentry_s_name(self, binding, schema):
        """The key of the noun is always read."""
        found = read(binding, schema, "{ title kind }")

        assert {attr: (member.wire, member.is_required) for attr, member in found.items()} == {
            "id": ("id", False),
            "title": ("title", True),
            "type": ("type", True),
        }
        assert found["id"].type == ID

    def test_computed_reads_what_it_says(self, binding, schema):
        """And nothing else."""
        assert sorted(read(binding, schema, "{ summary }")) == ["culprit", "id"]

    def test_nested_object_has_a_shape_of_its_own(self, binding, schema):
        """With just the members that are selected on it; lists of objects hold the same shape."""
        found = read(binding, schema, "{ metadata { title } parts { title } labels }")

        wanted = Shape("Metadata", "embedded", (Member("title", "title", str),))
        assert (found["metadata"].type, found["metadata"].container) == (wanted, "one")
        assert (found["parts"].type, found["parts"].container) == (wanted, "list")
        assert found["labels"].type == list[str]

    def test_link_is_embedded_while_the_selection_fits(self, binding, schema):
        """With what is selected, each member as needed as in the noun itself."""
        found = read(binding, schema, "{ project { slug } }")

        assert found["project"].type == Shape("Project", "embedded", (Member("slug", "slug", str, is_required=True),))

    def test_link_that_does_not_fit_reads_its_key_alone(self, binding, schema):
        """The rest is looked up."""
        found = read(binding, schema, "{ project { slug size } }")

        assert found["project"].type == Shape("Project", "embedded", (Member("slug", "slug", str, is_required=True),))
        assert found.keys() == {"id", "project"}

    def test_member_that_a_form_lacks_is_not_read_there(self, binding):
        """A field names the forms that have its member."""
        field = binding.noun("Project").fields["size"]

        assert [field.is_in(form) for form in ("list", "detail")] == [False, True]

    def test_nothing_selected_reads_the_key(self, binding):
        """Whoever only wants to know that there is one."""
        assert [member.attr for member in binding.shape("Issue", "list", None).members] == ["id"]


class TestMerged:
    """Two shapes as one."""

    A, B = Member("a", "a", str), Member("b", "b", int)

    def test_shape_has_the_members_of_both(self):
        """Under the first one's name and form, sorted; a member required by one is required."""
        one = Shape("One", "list", (self.B,))
        other = Shape("Other", "detail", (self.A, Member("b", "b", int, is_required=True)))

        assert merged(one, other) == Shape("One", "list", (self.A, Member("b", "b", int, is_required=True)))

    def test_nested_shapes_become_one(self):
        """At every depth."""
        one = Shape("X", "list", (Member("n", "n", Shape("N", "embedded", (self.A,))),))
        other = Shape("X", "list", (Member("n", "n", Shape("N", "embedded", (self.B,))),))

        [member] = merged(one, other).members

        assert member.type == Shape("N", "embedded", (self.A, self.B))

    def test_variants_become_one_by_one(self):
        """Tag by tag."""

        def variants(*members):
            return Variants("type", tuple((tag, Shape(tag.title(), "embedded", members)) for tag in ("user", "team")))

        one = Shape("X", "list", (Member("n", "n", variants(self.A)),))
        other = Shape("X", "list", (Member("n", "n", variants(self.B)),))

        [member] = merged(one, other).members

        assert member.type == variants(self.A, self.B)

    def test_value_and_object_do_not_fit(self):
        """One member cannot be text and an object."""
        members = {"n": Member("n", "n", msgspec.Raw)}

        with pytest.raises(DeclarationError, match="Member 'n' is read as"):
            add(members, [Member("n", "n", Shape("N", "embedded", ()))])


def test_fields_of_a_noun_read_a_member_alike(graph):
    """Whatever is selected together: each member is decoded as one type."""
    for name, bound in graph.binding._nouns.items():
        kinds = {}
        for field in bound.fields.values():
            for member in field.own_members():
                if member.type is not object and not isinstance(member.type, Shape):
                    assert kinds.setdefault(member.attr, member.type) == member.type, f"{name}.{member.attr}"
