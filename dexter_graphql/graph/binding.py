"""Knows what the declarations of `fields.py` mean on graphql-core: which members a field reads, and how it resolves.

Binding a schema checks every declaration; one that does not hold raises DeclarationError and the schema does not build.
Knows no noun. Longer than most modules, because each kind of field has its class here, beside the others that it must
agree with.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from typing_extensions import override

from dexter_graphql.engine.selection import Selection
from dexter_graphql.errors import NotPermitted
from dexter_graphql.graph.fields import (
    EMBEDDED,
    KIND,
    NOUN,
    Batch,
    Call,
    Computed,
    Embedded,
    KindField,
    Link,
    Noun,
    Plain,
    Undecoded,
    attr_of,
)
from dexter_graphql.graph.wire_types import DeclarationError, WireType, wire_type
from dexter_graphql.sentry.errors import Misfit, NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.shape import Member, Record, Records, Shape, Variants, scoped_below

BOUND = "dexter-bound"
"""Key of a bound field in the extensions of its GraphQLField."""

LACKING = object()
"""What a record answers for a member that its form does not have."""

Arguments = Callable[[dict[str, Any]], dict[str, Any]]
Resolved = Any
Info = GraphQLResolveInfo[Any]


@dataclass(frozen=True, slots=True)
class BoundNoun:
    """A type of the graph with its declaration and its bound fields."""

    name: str
    noun: Noun
    fields: Mapping[str, "BoundField"]
    key_members: tuple[Member, ...]


class Binding:
    """All nouns of one schema; tells shapes, and hydrates records whose form lacks a member."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._converter = schema.schema_converter
        self._nouns: dict[str, BoundNoun] = {}
        for graphql_type in schema._schema.type_map.values():  # noqa: SLF001  # Strawberry has no public way to it
            if isinstance(graphql_type, GraphQLObjectType):
                self._bind_type(graphql_type, schema._schema)  # noqa: SLF001  # as above
        for bound in self._nouns.values():
            for field in bound.fields.values():
                field.check(self)

    def shape(self, typename: str, form: str, selection: Selection | None) -> Shape:
        """The members of `typename` in `form` that the selection, or the connection it is on, reads."""
        bound = self.noun(typename)
        members: dict[str, Member] = {member.attr: member for member in bound.key_members}
        below = _on(typename, selection)
        for name, selected in below.fields(typename).items() if below is not None else ():
            field = bound.fields.get(name)
            if field is not None and field.is_in(form):
                add(members, field.members(selected.selection))
        return Shape(typename, form, tuple(members[attr] for attr in sorted(members)))

    def merged(self, one: Shape, other: Shape) -> Shape:
        """A shape with the members of both, under the first one's name and form."""
        return merged(one, other)

    def noun(self, typename: str) -> BoundNoun:
        """The bound noun of that name."""
        try:
            return self._nouns[typename]
        except KeyError:
            raise DeclarationError(f"{typename} is not declared with @noun or @part") from None

    def member(self, typename: str, attr: str) -> Member:
        """The member under which some field of the noun reads `attr`."""
        bound = self.noun(typename)
        for field in bound.fields.values():
            for member in field.own_members():
                if member.attr == attr:
                    return member
        for member in bound.key_members:
            if member.attr == attr:
                return member
        raise DeclarationError(f"No field of {typename} reads a member '{attr}'")

    async def hydrated(self, row: Record, info: Info) -> Record:
        """The same object with the members that its form lacks, through the noun's own loader."""
        noun = self.noun(row.typename).noun
        if noun.hydrate is None or noun.key is None:
            raise DeclarationError(f"{row.typename} in form '{row.form}' lacks '{info.field_name}' and cannot hydrate")
        info.context.walker(info)
        full = await info.context.batches.load(noun.hydrate, noun.key(row))
        if full is None:
            raise NotFound(f"Sentry no longer has this {row.typename}")
        if isinstance(full, Exception):
            raise full
        return full

    def arguments(self, field: KindField) -> Arguments | None:
        """How to turn graphql-core's argument values into those that the function takes; None without arguments."""
        if not field.arguments:
            return None
        converter = self._converter

        def convert(values: dict[str, Any]) -> dict[str, Any]:
            return convert_arguments(
                values, field.arguments, scalar_registry=converter.scalar_registry, config=converter.config
            )

        return convert

    def _bind_type(self, graphql_type: GraphQLObjectType, schema: GraphQLSchema) -> None:
        definition = graphql_type.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        noun = getattr(getattr(definition, "origin", None), NOUN, Noun(frozenset()))
        fields = {}
        for name, graphql_field in graphql_type.fields.items():
            bound = self._bind_field(graphql_type, name, graphql_field, is_write=graphql_type is schema.mutation_type)
            if bound is None:
                continue
            fields[name] = graphql_field.extensions[BOUND] = bound
            if graphql_type is schema.subscription_type:
                graphql_field.subscribe, graphql_field.resolve = bound.resolve, _event_as_is
            else:
                graphql_field.resolve = bound.resolve
        if fields:
            keys = tuple(Member(attr_of(wire), wire, kind) for wire, kind in noun.key_reads.items())
            self._nouns[graphql_type.name] = BoundNoun(graphql_type.name, noun, fields, keys)

    def _bind_field(
        self, parent: GraphQLObjectType, name: str, graphql_field: GraphQLField, *, is_write: bool
    ) -> "BoundField | None":
        field = graphql_field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(field, KindField):
            return None
        declaration = field.metadata[KIND]
        kinds: dict[type, type[BoundField]] = {
            Plain: BoundPlain,
            Computed: BoundComputed,
            Link: BoundLink,
            Batch: BoundBatch,
            Call: BoundWrite if is_write else BoundCall,
        }
        return kinds[type(declaration)](self, f"{parent.name}.{name}", declaration, graphql_field, field)


class BoundField:
    """One declared field of one type. `place` is `Type.field`, for messages."""

    def __init__(
        self, binding: Binding, place: str, declaration: Any, graphql_field: GraphQLField, field: KindField
    ) -> None:
        self.binding = binding
        self.place = place
        self.declaration = declaration
        self.name = place.partition(".")[2]
        self.graphql_field = graphql_field
        self.arguments = binding.arguments(field)

    def is_in(self, form: str) -> bool:
        """True when records of that form have what this field reads."""
        forms = getattr(self.declaration, "forms", None)
        return forms is None or form in forms

    def own_members(self) -> tuple[Member, ...]:
        """The members that this field reads, without what nested objects are asked for."""
        reads: Mapping[str, Any] = self.declaration.reads
        return tuple(Member(attr_of(wire), wire, kind) for wire, kind in reads.items())

    def members(self, _selection: Selection) -> tuple[Member, ...]:
        """The members that this field reads when that is selected below it."""
        return self.own_members()

    def check(self, binding: Binding) -> None:
        """Raise DeclarationError when the declaration does not hold."""

    def _function(self) -> Callable[..., Any]:
        function: Callable[..., Any] | None = self.declaration.function
        if function is None:
            raise DeclarationError(f"{self.place} decorates no function")
        return function

    def converted(self, values: dict[str, Any]) -> dict[str, Any]:
        """Argument values as the declaring function takes them."""
        return self.arguments(values) if self.arguments is not None else values

    def resolve(self, row: Any, info: Info, **values: Any) -> Resolved:
        """The field's value, now when the record has what it takes, else after hydrating it."""
        if isinstance(row, Record) and any(not hasattr(row, member.attr) for member in self.own_members()):
            return self._after_hydrating(row, info, values)
        return self.answer(row, info, values)

    def answer(self, row: Any, info: Info, values: dict[str, Any]) -> Resolved:
        """The field's value from a record that has what it takes."""
        raise NotImplementedError

    async def _after_hydrating(self, row: Record, info: Info, values: dict[str, Any]) -> Resolved:
        full = await self.binding.hydrated(row, info)
        value = self.answer(full, info, values)
        return await value if info.is_awaitable(value) else value


class BoundPlain(BoundField):
    """One member, perhaps converted; a nested object when the field's type is one."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        declaration: Plain = self.declaration
        wire = declaration.wire or self.name
        self.attr = attr_of(wire)
        self.wire: WireType = wire_type(self.graphql_field.type, declaration.type, declaration.convert, self.place)
        self.member = Member(self.attr, wire, self.wire.type, self.wire.is_required, self.wire.container)

    @override
    def own_members(self) -> tuple[Member, ...]:
        return (self.member,)

    @override
    def members(self, selection: Selection) -> tuple[Member, ...]:
        if self.wire.typename is None:
            return (self.member,)
        return (replace(self.member, type=self.binding.shape(self.wire.typename, EMBEDDED, selection)),)

    @override
    def resolve(self, row: Any, info: Info, **_values: Any) -> Resolved:
        value = getattr(row, self.attr, LACKING)
        if value is LACKING:
            return self._after_hydrating(row, info, {})
        return self._finished(value, row)

    @override
    def answer(self, row: Any, _info: Info, _values: dict[str, Any]) -> Resolved:
        return self._finished(getattr(row, self.attr, None), row)

    def _finished(self, value: Any, row: Any) -> Resolved:
        if value is None or isinstance(value, Exception):
            return value
        if self.wire.typename is not None:
            return scoped_below(value, row.scope)
        return value if self.wire.convert is None else self.wire.convert(value)


class BoundComputed(BoundField):
    """A pure function of several members; a misfit among them is the answer."""

    @override
    def check(self, binding: Binding) -> None:
        self._function()

    @override
    def answer(self, row: Any, info: Info, values: dict[str, Any]) -> Resolved:
        misfit = _misfit_among(row, self.declaration.reads)
        if misfit is not None:
            return misfit
        value = self._function()(row, **self.converted(values))
        if isinstance(value, Undecoded):
            return self._decoded(value, row, info)
        if isinstance(value, list) and value and isinstance(value[0], Undecoded):
            return [self._decoded(item, row, info) for item in value]
        if isinstance(value, Slice) and value.rows and isinstance(value.rows[0], Undecoded):
            return replace(value, rows=[self._decoded(item, row, info) for item in value.rows])
        return scoped_below(value, row.scope) if isinstance(row, Record) else value

    def _decoded(self, value: Undecoded, row: Record, info: Info) -> Any:
        """The records of JSON that was left undecoded, with just the members that are selected on them."""
        selection = info.context.walker(info).selection(info.return_type, info.field_nodes)
        shape = self.binding.shape(value.typename, EMBEDDED, selection)
        records: Records = info.context.services.client.records
        decode = records.decode_list if value.is_list else records.decode_one
        try:
            return decode(bytes(value.raw), shape, (), row.scope)
        except Misfit as misfit:
            return misfit


class BoundLink(BoundField):
    """Another noun, embedded or looked up."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        declaration: Link = self.declaration
        self.attr = attr_of(declaration.wire)
        self.by_typename = {embedded.typename: embedded for embedded in declaration.embedded}
        self.container = wire_type(self.graphql_field.type, object, None, self.place).container

    @override
    def own_members(self) -> tuple[Member, ...]:
        return (Member(self.attr, self.declaration.wire, object),)

    @override
    def members(self, selection: Selection) -> tuple[Member, ...]:
        shapes = [(one.tag or "", self._embedded_shape(one, selection)) for one in self.by_typename.values()]
        kind = Variants(self.declaration.tag_member, tuple(shapes)) if self.declaration.tag_member else shapes[0][1]
        return (Member(self.attr, self.declaration.wire, kind, container=self.container),)

    @override
    def check(self, binding: Binding) -> None:
        for embedded in self.declaration.embedded:
            for attr in (*embedded.wires, *map(attr_of, embedded.key_reads)):
                binding.member(embedded.typename, attr)

    def fitting(self, selection: Selection) -> frozenset[str]:
        """The types whose embedded records can answer everything that is selected on them."""
        return frozenset(
            typename
            for typename, embedded in self.by_typename.items()
            if all(member.attr in embedded.wires for member in self._read_below(typename, selection))
        )

    @override
    def answer(self, row: Any, info: Info, _values: dict[str, Any]) -> Resolved:
        value = getattr(row, self.attr)
        if value is None or isinstance(value, Exception):
            return value
        scoped_below(value, row.scope)
        selection = info.context.walker(info).selection(info.return_type, info.field_nodes)
        fitting = info.context.remembered((self.place, selection), lambda: self.fitting(selection))
        if isinstance(value, list):
            is_whole = len(fitting) == len(self.by_typename)
            return value if is_whole else self._look_up_all(value, fitting, info)
        return value if value.typename in fitting else self._look_up(value, info)

    async def _look_up(self, embedded: Record, info: Info) -> Any:
        declared = self.by_typename[embedded.typename]
        key = declared.key(embedded)
        return None if key is None else await info.context.batches.load(declared.load, key)

    async def _look_up_all(self, rows: list[Any], fitting: frozenset[str], info: Info) -> list[Any]:
        async def one(row: Any) -> Any:
            is_lacking = isinstance(row, Record) and row.typename not in fitting
            return await self._look_up(row, info) if is_lacking else row

        return await asyncio.gather(*map(one, rows), return_exceptions=True)

    def _read_below(self, typename: str, selection: Selection) -> Iterable[Member]:
        fields = self.binding.noun(typename).fields
        for name, selected in selection.fields(typename).items():
            if name in fields:
                yield from fields[name].members(selected.selection)

    def _embedded_shape(self, embedded: Embedded, selection: Selection) -> Shape:
        wires = embedded.wires
        members: dict[str, Member] = {}
        add(members, (self.binding.member(embedded.typename, attr_of(wire)) for wire in embedded.key_reads))
        if embedded.typename in self.fitting(selection):
            add(members, self._read_below(embedded.typename, selection))
        found = (replace(members[a], wire=wires.get(a, members[a].wire), is_required=False) for a in sorted(members))
        return Shape(embedded.typename, EMBEDDED, tuple(found))


class BoundBatch(BoundField):
    """Looked up through a loader, by a key of the row; a misfit among what the key reads is the answer."""

    @override
    def answer(self, row: Any, info: Info, values: dict[str, Any]) -> Resolved:
        declaration: Batch = self.declaration
        misfit = _misfit_among(row, declaration.reads)
        if misfit is not None:
            return misfit
        options = None if declaration.function is None else declaration.function(**self.converted(values))
        key = declaration.key(row)
        if key is None:
            return None
        selection = info.context.walker(info).selection(info.return_type, info.field_nodes)
        return info.context.batches.load(declaration.load, key, options, selection)


class BoundCall(BoundField):
    """Whatever its function does with a lookup."""

    @override
    def check(self, binding: Binding) -> None:
        self._function()

    @override
    def answer(self, row: Any, info: Info, values: dict[str, Any]) -> Resolved:
        declaration: Call = self.declaration
        function = self._function()
        selection = info.context.walker(info).selection(info.return_type, info.field_nodes)
        lookup = info.context.batches.lookup(declaration.target or "", None, selection, info.context)
        return function(row, lookup, **self.converted(values))


class BoundWrite(BoundCall):
    """A mutation. Refused for whoever may only read, before anything else happens."""

    @override
    def answer(self, row: Any, info: Info, values: dict[str, Any]) -> Resolved:
        if info.context.identity.reach.is_read_only:
            raise NotPermitted("You may only read here; nothing was changed")
        return super().answer(row, info, values)


def add(members: dict[str, Member], more: Iterable[Member]) -> None:
    """Put more members beside those that are there; nested shapes of the same member become one."""
    for member in more:
        there = members.get(member.attr)
        members[member.attr] = member if there is None else _merged(there, member)


def merged(one: Shape, other: Shape) -> Shape:
    """A shape with the members of both, under the first one's name and form."""
    members = {member.attr: member for member in one.members}
    add(members, other.members)
    return replace(one, members=tuple(members[attr] for attr in sorted(members)))


def _merged(one: Member, other: Member) -> Member:
    if isinstance(one.type, Shape) and isinstance(other.type, Shape):
        return replace(one, type=merged(one.type, other.type))
    if isinstance(one.type, Variants) and isinstance(other.type, Variants):
        pairs = zip(one.type.shapes, other.type.shapes, strict=True)
        shapes = tuple((tag, merged(shape, more)) for (tag, shape), (_, more) in pairs)
        return replace(one, type=replace(one.type, shapes=shapes))
    if one.type != other.type:
        raise DeclarationError(f"Member '{one.wire}' is read as {one.type} and as {other.type}")
    return replace(one, is_required=one.is_required or other.is_required)


def _misfit_among(row: Any, reads: Iterable[str]) -> Misfit | None:
    """The first of these members, by wire name, that did not fit."""
    values = (getattr(row, attr_of(wire), None) for wire in reads)
    return next((value for value in values if isinstance(value, Misfit)), None)


def _on(typename: str, selection: Selection | None) -> Selection | None:
    """The selection on `typename` itself, when the given one is on the connection around it."""
    if selection is None or typename in selection.typenames:
        return selection
    nodes, edges = selection.below("nodes"), selection.below("edges")
    inside = edges.below("node") if edges is not None else None
    return inside.merged_with(nodes) if inside is not None else nodes


def _event_as_is(event: Any, _info: Info, **_values: Any) -> Any:
    return event
