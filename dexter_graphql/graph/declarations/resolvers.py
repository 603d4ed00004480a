"""Knows how each kind of field finds its value: which members it reads, and its way, for one row or for many.

Both engines use the same ways: the plan asks for all rows of a level, graphql-core for one row after the other.
Knows no noun. Longer than most modules, because each kind of field has its class here, beside the others that it must
agree with.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLResolveInfo
from typing_extensions import override

from dexter_graphql.engine.resolution import Batched, Immediate, Reader, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.errors import NotPermitted
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.fields import (
    EMBEDDED,
    BatchDeclaration,
    CallDeclaration,
    Embedded,
    GlobalIDDeclaration,
    KindField,
    LazyJSON,
    LinkDeclaration,
    PlainDeclaration,
    sentry_calls,
)
from dexter_graphql.graph.declarations.projections import merge_into
from dexter_graphql.graph.declarations.source_reads import attributes_read
from dexter_graphql.graph.declarations.wire_types import (
    RECORD_ATTRS,
    DeclarationError,
    WireType,
    attr_of,
    wire_type,
    without_null,
)
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.projection import Field, Projection, Record, RecordDecoder, TaggedUnion, with_parents

if TYPE_CHECKING:
    from dexter_graphql.graph.declarations.binder import SchemaBinder

Info = GraphQLResolveInfo[Any]


class BoundField:
    """One declared field of one type. `place` is `Type.field`, for messages."""

    is_repeatable = True
    needs_members = False
    """True when nothing can be told of a row without the members whose declared types do not admit null."""

    def __init__(
        self, binder: "SchemaBinder", coordinate: str, declaration: Any, graphql_field: GraphQLField, field: KindField
    ) -> None:
        self.binder = binder
        self.coordinate = coordinate
        self.declaration = declaration
        self.typename, _, self.name = coordinate.partition(".")
        self.graphql_field = graphql_field
        self.field = field
        self._converted = binder.arguments(field, graphql_field)

    def is_in(self, representation: str) -> bool:
        """True when records of that form have what this field reads."""
        representations = getattr(self.declaration, "representations", None)
        return representations is None or representation in representations

    def shares_representation(self, other: "BoundField") -> bool:
        """True when records of some representation may be decoded for both fields."""
        mine, others = (getattr(field.declaration, "representations", None) for field in (self, other))
        return mine is None or others is None or not mine.isdisjoint(others)

    def own_members(self) -> tuple[Field, ...]:
        """The members that this field reads, without what nested objects are asked for."""
        reads = [(wire, *without_null(kind)) for wire, kind in self.declaration.reads.items()]
        return tuple(
            Field(attr_of(wire), wire, kind, is_required=self.needs_members and not admits_null)
            for wire, kind, admits_null in reads
        )

    def members(self, _selection: Selection) -> tuple[Field, ...]:
        """The members that this field reads when that is selected below it."""
        return self.own_members()

    def wire_kinds(self) -> Mapping[str, Hashable]:
        """Attribute → how the field decodes it: fields of one type that read the same member must agree."""
        return {
            member.attr: (member.wire, getattr(member.type, "typename", member.type), member.container)
            for member in self.own_members()
        }

    def check(self, binder: "SchemaBinder") -> None:
        """Raise DeclarationError when the declaration does not hold."""

    def needs_scope(self, _selection: Selection) -> bool:
        """True when records must know where they belong for this field to be answered."""
        return True

    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        """Argument values as the declaring function takes them."""
        return self._converted(values) if self._converted is not None else values

    def strategy(self, selection: Selection) -> Strategy:
        """How the value is found when that is selected below it."""
        return selection.memoized(self, lambda: self._strategy(selection))

    def needs_hydration(self, row_class: type) -> bool:
        """True when rows of that class have not all that the field reads."""
        return issubclass(row_class, Record) and not all(hasattr(row_class, one.attr) for one in self.own_members())

    def with_hydration(self, strategy: Strategy) -> Batched:
        """The same way for records that lack something: they are fetched whole first."""

        async def resolve_all(rows: Sequence[Any], arguments: Any, context: Any) -> list[Any]:
            if isinstance(arguments, Exception):
                return [arguments] * len(rows)
            return await _resolve_hydrated(
                await self.binder.hydrate(rows, self.name, context), strategy, arguments, context
            )

        return Batched(resolve_all)

    def resolve(self, row: Any, info: Info, **values: Any) -> Any:
        """The field's value for graphql-core: now when the row tells it, else a coroutine."""
        context: Context = info.context
        strategy = self.strategy(context.selection_index(info).selection(info.return_type, info.field_nodes))
        if self.needs_hydration(type(row)):
            strategy = self.with_hydration(strategy)
        arguments = self.prepare_arguments(values)
        return (
            strategy.bind(arguments, context)(row)
            if isinstance(strategy, Immediate)
            else _resolve_one(strategy, row, arguments, context)
        )

    def _check_reads(self, function: Callable[..., Any]) -> None:
        undeclared = attributes_read(function) - RECORD_ATTRS - {member.attr for member in self.own_members()}
        if undeclared:
            raise DeclarationError(f"{self.coordinate} reads {', '.join(sorted(undeclared))} without declaring it")

    def function(self) -> Callable[..., Any]:
        """The declaring function."""
        function: Callable[..., Any] | None = self.declaration.function
        if function is None:
            raise DeclarationError(f"{self.coordinate} decorates no function")
        return function

    def _strategy(self, selection: Selection) -> Strategy:
        raise NotImplementedError


class BoundPlain(BoundField):
    """One member, perhaps converted; a nested object when the field's type is one."""

    def __init__(self, *coordinate: Any) -> None:
        super().__init__(*coordinate)
        declaration: PlainDeclaration = self.declaration
        wire = declaration.wire or self.name
        self.attr = attr_of(wire)
        self.wire: WireType = wire_type(self.graphql_field.type, declaration.type, declaration.convert, self.coordinate)
        self.member = Field(self.attr, wire, self.wire.type, self.wire.is_required, self.wire.container)

    @override
    def own_members(self) -> tuple[Field, ...]:
        return (self.member,)

    @override
    def members(self, selection: Selection) -> tuple[Field, ...]:
        if self.wire.typename is None:
            return (self.member,)
        return (replace(self.member, type=self.binder.projection(self.wire.typename, EMBEDDED, selection)),)

    @override
    def wire_kinds(self) -> Mapping[str, Hashable]:
        return {self.attr: (self.member.wire, self.wire.typename or self.wire.type, self.wire.container)}

    @override
    def needs_scope(self, selection: Selection) -> bool:
        return self.wire.typename is not None and self.binder.needs_scope(self.wire.typename, selection)

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        if self.needs_scope(selection):
            return _immediate(_member_with_parents(self.attr))
        if self.wire.convert is None or self.wire.typename is not None:
            return _immediate(_member(self.attr), attr=self.attr)
        attr = None if self.wire.leaf is None else self.attr
        return _immediate(_converted_member(self.attr, self.wire.convert), attr=attr, leaf=self.wire.leaf)


class BoundComputed(BoundField):
    """A pure function of several members; a misfit among them is the answer, also for one that is missed."""

    needs_members = True

    @override
    def check(self, binder: "SchemaBinder") -> None:
        function = self.function()
        if _takes_records(function):
            self._check_reads(function)

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        function = self._guarded(self.function())
        if self._converted is None and not selection.typenames:
            return replace(_immediate(function), unchecked=self.function())
        is_leaf = not selection.typenames

        def bind(arguments: dict[str, Any], context: Context) -> Reader:
            compute = partial(function, **arguments) if arguments else function
            return compute if is_leaf else lambda row: self._decode_lazy(compute(row), row, selection, context)

        return Immediate(bind)

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, or the misfit among what it reads."""
        reads = [member.attr for member in self.own_members()]
        if not reads:
            return function

        def computed(row: Any, **arguments: Any) -> Any:
            invalid = _first_invalid(row, reads)
            return function(row, **arguments) if invalid is None else invalid

        return computed

    def _decode_lazy(self, value: Any, row: Any, selection: Selection, context: Context) -> Any:
        if isinstance(value, LazyJSON):
            return self._decode_one(value, row, selection, context)
        if isinstance(value, list) and value and isinstance(value[0], LazyJSON):
            return [self._decode_one(item, row, selection, context) for item in value]
        if isinstance(value, Slice) and value.rows and isinstance(value.rows[0], LazyJSON):
            return replace(value, rows=[self._decode_one(item, row, selection, context) for item in value.rows])
        return with_parents(value, row.parents) if isinstance(row, Record) else value

    def _decode_one(self, value: LazyJSON, row: Record, selection: Selection, context: Context) -> Any:
        """The records of JSON that was left undecoded, with just the members that are selected on them."""
        projection = self.binder.projection(value.typename, EMBEDDED, selection)
        records: RecordDecoder = context.services.client.records
        decode = records.decode_list if value.is_list else records.decode_one
        try:
            return decode(bytes(value.raw), projection, (), row.parents)
        except InvalidValue as invalid:
            return invalid


class BoundGlobalID(BoundComputed):
    """The global id, computed from the members of the entity's key."""

    @override
    def own_members(self) -> tuple[Field, ...]:
        return tuple(replace(member, is_required=True) for member in self.binder.entity(self.typename).key_members)

    @override
    def function(self) -> Callable[..., Any]:
        declaration: GlobalIDDeclaration = self.declaration
        entity = self.binder.entity(self.typename).entity
        if entity.key is None:
            raise DeclarationError(f"{self.typename} needs a key to have a global id")
        encode, typename, parts = declaration.encode, entity.typename, entity.key.parts
        return lambda row: encode(typename, row.parents.organization.id, *parts(row))


class BoundLink(BoundField):
    """Another noun, embedded or looked up."""

    def __init__(self, *coordinate: Any) -> None:
        super().__init__(*coordinate)
        declaration: LinkDeclaration = self.declaration
        self.attr = attr_of(declaration.wire)
        self.by_typename = {embedded.typename: embedded for embedded in declaration.embedded}
        self.container = wire_type(self.graphql_field.type, object, None, self.coordinate).container

    @override
    def own_members(self) -> tuple[Field, ...]:
        return (Field(self.attr, self.declaration.wire, object),)

    @override
    def members(self, selection: Selection) -> tuple[Field, ...]:
        projections = [(one.tag or "", self._embedded_shape(one, selection)) for one in self.by_typename.values()]
        kind = (
            TaggedUnion(self.declaration.tag_member, tuple(projections))
            if self.declaration.tag_member
            else projections[0][1]
        )
        return (Field(self.attr, self.declaration.wire, kind, container=self.container),)

    @override
    def wire_kinds(self) -> Mapping[str, Hashable]:
        return {self.attr: (self.declaration.wire, " or ".join(self.by_typename), self.container)}

    @override
    def check(self, binder: "SchemaBinder") -> None:
        for embedded in self.declaration.embedded:
            for attr in (*embedded.wires, *(attr_of(wire) for wire in self._key_of(embedded)[1])):
                binder.member(embedded.typename, attr)

    @override
    def needs_scope(self, selection: Selection) -> bool:
        if len(self.typenames_answered(selection)) < len(self.by_typename):
            return True  # keys of what is looked up name the organization
        return any(self.binder.needs_scope(typename, selection) for typename in self.by_typename)

    def typenames_answered(self, selection: Selection) -> frozenset[str]:
        """The types whose embedded records can answer everything that is selected on them."""
        return frozenset(
            typename
            for typename, embedded in self.by_typename.items()
            if all(member.attr in embedded.wires for member in self._read_below(typename, selection))
        )

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        typenames_answered = self.typenames_answered(selection)
        if len(typenames_answered) < len(self.by_typename):
            return Batched(partial(self._look_up, typenames_answered))
        if self.needs_scope(selection):
            return _immediate(_member_with_parents(self.attr))
        return _immediate(_member(self.attr), attr=self.attr)

    async def _look_up(
        self, typenames_answered: frozenset[str], rows: Sequence[Any], _none: Any, context: Context
    ) -> list[Any]:
        """The embedded record where it fits, else what its noun's loader gives; of lists, item by item."""
        values = [_member_with_parents(self.attr)(row) for row in rows]
        records = [one for value in values for one in (value if isinstance(value, list) else (value,))]
        lacking = [one for one in records if isinstance(one, Record) and one.typename not in typenames_answered]
        by_typename = {name: [one for one in lacking if one.typename == name] for name in self.by_typename}
        answers = await asyncio.gather(
            *(self._load_missing(*wanted, context) for wanted in by_typename.items() if wanted[1])
        )
        found = {key: value for answer in answers for key, value in answer.items()}

        def instead(one: Any) -> Any:
            return found.get(id(one), one)

        return [[instead(one) for one in value] if isinstance(value, list) else instead(value) for value in values]

    async def _load_missing(self, typename: str, rows: Sequence[Any], context: Context) -> dict[int, Any]:
        embedded = self.by_typename[typename]
        key, wires = self._key_of(embedded)
        reads = [attr_of(wire) for wire in wires]
        key_of = guarded_key(key, reads, needed=reads)
        answers = await context.loaders.load_all(embedded.load, _keys(key_of, rows))
        return {id(row): answer for row, answer in zip(rows, answers, strict=True)}

    def _key_of(self, embedded: Embedded) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
        """What makes the key of an embedded record, and the wire members that it reads."""
        if embedded.key is not None:
            return embedded.key, embedded.key_reads
        key = self.binder.own_key(embedded.typename, self.coordinate)
        return key, key.wires

    def _read_below(self, typename: str, selection: Selection) -> Iterable[Field]:
        fields = self.binder.entity(typename).fields
        for name, selected in selection.fields(typename).items():
            if name in fields:
                yield from fields[name].members(selected.selection)

    def _embedded_shape(self, embedded: Embedded, selection: Selection) -> Projection:
        wires, (_, key_reads) = embedded.wires, self._key_of(embedded)
        members: dict[str, Field] = {}
        merge_into(members, (self.binder.member(embedded.typename, attr_of(wire)) for wire in key_reads))
        # Also when not all of it fits: under another alias the same field may ask for no more than is embedded.
        merge_into(members, (one for one in self._read_below(embedded.typename, selection) if one.attr in wires))
        found = (replace(members[a], wire=wires.get(a, members[a].wire)) for a in sorted(members))
        return Projection(embedded.typename, EMBEDDED, tuple(found))


class BoundBatch(BoundField):
    """Loaded by a key of the row; an invalid value among what the key reads is the answer."""

    @override
    def own_members(self) -> tuple[Field, ...]:
        own = self.binder.entity(self.typename).key_members if self.declaration.key is None else ()
        return (*own, *super().own_members())

    @override
    def check(self, binder: "SchemaBinder") -> None:
        key = self._key()
        if self.declaration.reads:
            self._check_reads(key)

    @override
    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        function = self.declaration.function
        return None if function is None else function(**super().prepare_arguments(values))

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        declaration: BatchDeclaration = self.declaration
        reads = [member.attr for member in self.own_members()]
        own = {"id", *(member.attr for member in self.binder.entity(self.typename).key_members)}
        key_of = guarded_key(self._key(), reads, needed=[attr for attr in reads if attr in own])

        async def resolve_all(rows: Sequence[Any], options: Any, context: Context) -> list[Any]:
            if isinstance(options, Exception):
                return [options] * len(rows)
            return await context.loaders.load_all(declaration.load, _keys(key_of, rows), options, selection)

        return Batched(resolve_all)

    def _key(self) -> Callable[[Any], Any]:
        return self.declaration.key or self.binder.own_key(self.typename, self.coordinate)


class BoundCall(BoundField):
    """Whatever its function does with a lookup."""

    is_repeatable = False

    @override
    def check(self, binder: "SchemaBinder") -> None:
        declaration: CallDeclaration = self.declaration
        function = self.function()
        if declaration.reads:
            self._check_reads(function)
        if declaration.finds_nodes:
            self.field.directives = sentry_calls((*declaration.uses, *binder.node_endpoints()))

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        declaration: CallDeclaration = self.declaration
        function = self.function()

        async def one(row: Any, arguments: Any, context: Context) -> Any:
            if isinstance(arguments, Exception):
                raise arguments
            load_context = context.loaders.load_context(declaration.target or "", None, selection, context)
            return await function(row, load_context, **arguments)

        async def resolve_all(rows: Sequence[Any], arguments: Any, context: Context) -> Sequence[Any]:
            self.authorize(context)
            return await _gather_results([one(row, arguments, context) for row in rows])

        return Batched(resolve_all)

    def authorize(self, _context: Context) -> None:
        """Raise what forbids the call, before anything happens."""


class BoundWrite(BoundCall):
    """A mutation. Refused for whoever may only read, before anything else happens."""

    @override
    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        try:
            return super().prepare_arguments(values)
        except Exception as error:  # noqa: BLE001  # told after it is known that the caller may write
            return error

    @override
    def authorize(self, context: Context) -> None:
        if context.identity.reach.is_read_only:
            raise NotPermitted("You may only read here; nothing was changed")


class EventField:
    """A field of the subscription type: the event is its value."""

    is_repeatable = True

    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        """Arguments are the stream's business."""
        return values

    def strategy(self, _selection: Selection) -> Strategy:
        """The root value is the event."""
        return _immediate(_identity)

    def needs_hydration(self, _row_class: type) -> bool:
        """An event lacks nothing."""
        return False

    def with_hydration(self, _strategy: Strategy) -> Batched:
        """Never asked for."""
        raise NotImplementedError


def _immediate(reader: Reader, *, attr: str | None = None, leaf: Any = None) -> Immediate:
    return Immediate(lambda _arguments, _context: reader, is_context_free=True, attr=attr, leaf=leaf)


def _identity(row: Any) -> Any:
    return row


def _member(attr: str) -> Reader:
    return lambda row: getattr(row, attr, None)


def _member_with_parents(attr: str) -> Reader:
    return lambda row: with_parents(getattr(row, attr, None), row.parents)


def _converted_member(attr: str, convert: Callable[[Any], Any]) -> Reader:
    def read(row: Any) -> Any:
        value = getattr(row, attr, None)
        return value if value is None or isinstance(value, Exception) else convert(value)

    return read


def _takes_records(function: Callable[..., Any]) -> bool:
    """True unless the function's first parameter is annotated with the class of what it takes."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and first.annotation in {Any, inspect.Parameter.empty}


def _first_invalid(row: Any, attrs: Iterable[str]) -> InvalidValue | None:
    """The first of these members that did not fit."""
    values = (getattr(row, attr, None) for attr in attrs)
    return next((value for value in values if isinstance(value, InvalidValue)), None)


def guarded_key(key: Callable[[Any], Any], reads: Collection[str], needed: Collection[str]) -> Callable[[Any], Any]:
    """The key of a row, or the misfit that stands for it: a member does not fit, or one that is needed is missing."""

    def key_of(row: Any) -> Any:
        invalid = _first_invalid(row, reads)
        if invalid is not None:
            return invalid
        lacking = next((attr for attr in needed if getattr(row, attr, None) is None), None)
        return key(row) if lacking is None else InvalidValue(f"Sentry's answer lacks '{lacking}'")

    return key_of


def _keys(key_of: Callable[[Any], Any], rows: Sequence[Any]) -> list[Any]:
    """The key of each row, or the exception that telling it raised."""
    keys = []
    for row in rows:
        try:
            keys.append(key_of(row))
        except Exception as error:  # noqa: BLE001  # the border between rows: each exception is its row's answer
            keys.append(error)
    return keys


async def _gather_results(coroutines: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    """The result of each, or the exception that it raised; cancelling is for all."""
    if len(coroutines) == 1:
        try:
            return [await coroutines[0]]
        except Exception as error:  # noqa: BLE001  # the border between rows: each exception is its row's answer
            return [error]
    return await asyncio.gather(*coroutines, return_exceptions=True)


async def _resolve_one(strategy: Batched, row: Any, arguments: Any, context: Context) -> Any:
    (value,) = await strategy.resolve_all([row], arguments, context)
    return value


async def _resolve_hydrated(rows: Sequence[Any], strategy: Strategy, arguments: Any, context: Context) -> list[Any]:
    """The values of hydrated rows; what stands for one that could not be hydrated is its value."""
    whole = [row for row in rows if not isinstance(row, Exception)]
    if isinstance(strategy, Immediate):
        found = iter(_keys(strategy.bind(arguments, context), whole))
    else:
        found = iter(await strategy.resolve_all(whole, arguments, context) if whole else ())
    return [row if isinstance(row, Exception) else next(found) for row in rows]
