"""Knows how each kind of field finds its value: which members it reads, and its way, for one row or for many.

Both engines use the same ways: the plan asks for all rows of a level, graphql-core for one row after the other.
Knows no noun. Longer than most modules, because each kind of field has its class here, beside the others that it must
agree with.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLResolveInfo
from typing_extensions import override

from dexter_graphql.engine.selection import Selection
from dexter_graphql.engine.ways import Deferred, Inline, Reader, Way
from dexter_graphql.errors import NotPermitted
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.fields import (
    EMBEDDED,
    Batch,
    Call,
    Embedded,
    KindField,
    Link,
    Plain,
    Undecoded,
    attr_of,
)
from dexter_graphql.graph.shapes import add
from dexter_graphql.graph.wire_types import DeclarationError, WireType, wire_type, without_null
from dexter_graphql.sentry.errors import Misfit
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.shape import Member, Record, Records, Shape, Variants, scoped_below

if TYPE_CHECKING:
    from dexter_graphql.graph.binding import Binding

Info = GraphQLResolveInfo[Any]


class BoundField:
    """One declared field of one type. `place` is `Type.field`, for messages."""

    is_repeatable = True
    needs_members = False
    """True when nothing can be told of a row without the members whose declared types do not admit null."""

    def __init__(
        self, binding: "Binding", place: str, declaration: Any, graphql_field: GraphQLField, field: KindField
    ) -> None:
        self.binding = binding
        self.place = place
        self.declaration = declaration
        self.name = place.partition(".")[2]
        self.graphql_field = graphql_field
        self._converted = binding.arguments(field, graphql_field)

    def is_in(self, form: str) -> bool:
        """True when records of that form have what this field reads."""
        forms = getattr(self.declaration, "forms", None)
        return forms is None or form in forms

    def own_members(self) -> tuple[Member, ...]:
        """The members that this field reads, without what nested objects are asked for."""
        reads = [(wire, *without_null(kind)) for wire, kind in self.declaration.reads.items()]
        return tuple(
            Member(attr_of(wire), wire, kind, is_required=self.needs_members and not admits_null)
            for wire, kind, admits_null in reads
        )

    def members(self, _selection: Selection) -> tuple[Member, ...]:
        """The members that this field reads when that is selected below it."""
        return self.own_members()

    def check(self, binding: "Binding") -> None:
        """Raise DeclarationError when the declaration does not hold."""

    def needs_scope(self, _selection: Selection) -> bool:
        """True when records must know where they belong for this field to be answered."""
        return True

    def prepared(self, values: dict[str, Any]) -> Any:
        """Argument values as the declaring function takes them."""
        return self._converted(values) if self._converted is not None else values

    def way(self, selection: Selection) -> Way:
        """How the value is found when that is selected below it."""
        return selection.remembered(self, lambda: self._way(selection))

    def lacks(self, row_class: type) -> bool:
        """True when rows of that class have not all that the field reads."""
        return issubclass(row_class, Record) and not all(hasattr(row_class, one.attr) for one in self.own_members())

    def hydrating(self, way: Way) -> Deferred:
        """The same way for records that lack something: they are fetched whole first."""

        async def resolve_all(rows: Sequence[Any], arguments: Any, context: Any) -> list[Any]:
            if isinstance(arguments, Exception):
                return [arguments] * len(rows)
            return await _after(await self.binding.hydrated(rows, self.name, context), way, arguments, context)

        return Deferred(resolve_all)

    def resolve(self, row: Any, info: Info, **values: Any) -> Any:
        """The field's value for graphql-core: now when the row tells it, else a coroutine."""
        context: Context = info.context
        way = self.way(context.walker(info).selection(info.return_type, info.field_nodes))
        if self.lacks(type(row)):
            way = self.hydrating(way)
        arguments = self.prepared(values)
        return way.bind(arguments, context)(row) if isinstance(way, Inline) else _first(way, row, arguments, context)

    def function(self) -> Callable[..., Any]:
        """The declaring function."""
        function: Callable[..., Any] | None = self.declaration.function
        if function is None:
            raise DeclarationError(f"{self.place} decorates no function")
        return function

    def _way(self, selection: Selection) -> Way:
        raise NotImplementedError


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
    def needs_scope(self, selection: Selection) -> bool:
        return self.wire.typename is not None and self.binding.needs_scope(self.wire.typename, selection)

    @override
    def _way(self, selection: Selection) -> Way:
        if self.needs_scope(selection):
            return _free(_scoped_member(self.attr))
        if self.wire.convert is None or self.wire.typename is not None:
            return _free(_member(self.attr), attr=self.attr)
        attr = None if self.wire.leaf is None else self.attr
        return _free(_converted_member(self.attr, self.wire.convert), attr=attr, leaf=self.wire.leaf)


class BoundComputed(BoundField):
    """A pure function of several members; a misfit among them is the answer, also for one that is missed."""

    needs_members = True

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self._reads = tuple(member.attr for member in self.own_members())

    @override
    def check(self, binding: "Binding") -> None:
        self.function()

    @override
    def _way(self, selection: Selection) -> Way:
        function = self._careful(self.function())
        if self._converted is None and not selection.typenames:
            return replace(_free(function), quick=self.function())
        is_leaf = not selection.typenames

        def bind(arguments: dict[str, Any], context: Context) -> Reader:
            compute = partial(function, **arguments) if arguments else function
            return compute if is_leaf else lambda row: self._finished(compute(row), row, selection, context)

        return Inline(bind)

    def _careful(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, or the misfit among what it reads."""
        reads = self._reads
        if not reads:
            return function

        def computed(row: Any, **arguments: Any) -> Any:
            misfit = _misfit_among(row, reads)
            return function(row, **arguments) if misfit is None else misfit

        return computed

    def _finished(self, value: Any, row: Any, selection: Selection, context: Context) -> Any:
        if isinstance(value, Undecoded):
            return self._decoded(value, row, selection, context)
        if isinstance(value, list) and value and isinstance(value[0], Undecoded):
            return [self._decoded(item, row, selection, context) for item in value]
        if isinstance(value, Slice) and value.rows and isinstance(value.rows[0], Undecoded):
            return replace(value, rows=[self._decoded(item, row, selection, context) for item in value.rows])
        return scoped_below(value, row.scope) if isinstance(row, Record) else value

    def _decoded(self, value: Undecoded, row: Record, selection: Selection, context: Context) -> Any:
        """The records of JSON that was left undecoded, with just the members that are selected on them."""
        shape = self.binding.shape(value.typename, EMBEDDED, selection)
        records: Records = context.services.client.records
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
    def check(self, binding: "Binding") -> None:
        for embedded in self.declaration.embedded:
            for attr in (*embedded.wires, *map(attr_of, embedded.key_reads)):
                binding.member(embedded.typename, attr)

    @override
    def needs_scope(self, selection: Selection) -> bool:
        if len(self.fitting(selection)) < len(self.by_typename):
            return True  # keys of what is looked up name the organization
        return any(self.binding.needs_scope(typename, selection) for typename in self.by_typename)

    def fitting(self, selection: Selection) -> frozenset[str]:
        """The types whose embedded records can answer everything that is selected on them."""
        return frozenset(
            typename
            for typename, embedded in self.by_typename.items()
            if all(member.attr in embedded.wires for member in self._read_below(typename, selection))
        )

    @override
    def _way(self, selection: Selection) -> Way:
        fitting = self.fitting(selection)
        if len(fitting) < len(self.by_typename):
            return Deferred(partial(self._look_up, fitting))
        if self.needs_scope(selection):
            return _free(_scoped_member(self.attr))
        return _free(_member(self.attr), attr=self.attr)

    async def _look_up(self, fitting: frozenset[str], rows: Sequence[Any], _none: Any, context: Context) -> list[Any]:
        """The embedded record where it fits, else what its noun's loader gives; of lists, item by item."""
        values = [_scoped_member(self.attr)(row) for row in rows]
        records = [one for value in values for one in (value if isinstance(value, list) else (value,))]
        lacking = [one for one in records if isinstance(one, Record) and one.typename not in fitting]
        by_typename = {name: [one for one in lacking if one.typename == name] for name in self.by_typename}
        answers = await asyncio.gather(*(self._found(*wanted, context) for wanted in by_typename.items() if wanted[1]))
        found = {key: value for answer in answers for key, value in answer.items()}

        def instead(one: Any) -> Any:
            return found.get(id(one), one)

        return [[instead(one) for one in value] if isinstance(value, list) else instead(value) for value in values]

    async def _found(self, typename: str, rows: Sequence[Any], context: Context) -> dict[int, Any]:
        declared = self.by_typename[typename]
        reads = [attr_of(wire) for wire in declared.key_reads]
        key_of = checked_key(declared.key, reads, needed=reads)
        answers = await context.batches.load_all(declared.load, _keys(key_of, rows))
        return {id(row): answer for row, answer in zip(rows, answers, strict=True)}

    def _read_below(self, typename: str, selection: Selection) -> Iterable[Member]:
        fields = self.binding.noun(typename).fields
        for name, selected in selection.fields(typename).items():
            if name in fields:
                yield from fields[name].members(selected.selection)

    def _embedded_shape(self, embedded: Embedded, selection: Selection) -> Shape:
        wires = embedded.wires
        members: dict[str, Member] = {}
        add(members, (self.binding.member(embedded.typename, attr_of(wire)) for wire in embedded.key_reads))
        # Also when not all of it fits: under another alias the same field may ask for no more than is embedded.
        add(members, (one for one in self._read_below(embedded.typename, selection) if one.attr in wires))
        found = (replace(members[a], wire=wires.get(a, members[a].wire)) for a in sorted(members))
        return Shape(embedded.typename, EMBEDDED, tuple(found))


class BoundBatch(BoundField):
    """Looked up through a loader, by a key of the row; a misfit among what the key reads is the answer."""

    @override
    def prepared(self, values: dict[str, Any]) -> Any:
        function = self.declaration.function
        return None if function is None else function(**super().prepared(values))

    @override
    def _way(self, selection: Selection) -> Way:
        declaration: Batch = self.declaration
        reads = [member.attr for member in self.own_members()]
        own = {"id", *self.binding.own_key(self.place.partition(".")[0])}
        key_of = checked_key(declaration.key, reads, needed=[attr for attr in reads if attr in own])

        async def resolve_all(rows: Sequence[Any], options: Any, context: Context) -> list[Any]:
            if isinstance(options, Exception):
                return [options] * len(rows)
            return await context.batches.load_all(declaration.load, _keys(key_of, rows), options, selection)

        return Deferred(resolve_all)


class BoundCall(BoundField):
    """Whatever its function does with a lookup."""

    is_repeatable = False

    @override
    def check(self, binding: "Binding") -> None:
        self.function()

    @override
    def _way(self, selection: Selection) -> Way:
        declaration: Call = self.declaration
        function = self.function()

        async def one(row: Any, arguments: Any, context: Context) -> Any:
            if isinstance(arguments, Exception):
                raise arguments
            lookup = context.batches.lookup(declaration.target or "", None, selection, context)
            return await function(row, lookup, **arguments)

        async def resolve_all(rows: Sequence[Any], arguments: Any, context: Context) -> Sequence[Any]:
            self.admit(context)
            return await _each([one(row, arguments, context) for row in rows])

        return Deferred(resolve_all)

    def admit(self, _context: Context) -> None:
        """Raise what forbids the call, before anything happens."""


class BoundWrite(BoundCall):
    """A mutation. Refused for whoever may only read, before anything else happens."""

    @override
    def prepared(self, values: dict[str, Any]) -> Any:
        try:
            return super().prepared(values)
        except Exception as error:  # noqa: BLE001  # told after it is known that the caller may write
            return error

    @override
    def admit(self, context: Context) -> None:
        if context.identity.reach.is_read_only:
            raise NotPermitted("You may only read here; nothing was changed")


class EventAsIs:
    """A field of the subscription type: the event is its value."""

    is_repeatable = True

    def prepared(self, values: dict[str, Any]) -> Any:
        """Arguments are the stream's business."""
        return values

    def way(self, _selection: Selection) -> Way:
        """The root value is the event."""
        return _free(_same)

    def lacks(self, _row_class: type) -> bool:
        """An event lacks nothing."""
        return False

    def hydrating(self, _way: Way) -> Deferred:
        """Never asked for."""
        raise NotImplementedError


def _free(reader: Reader, *, attr: str | None = None, leaf: Any = None) -> Inline:
    return Inline(lambda _arguments, _context: reader, is_free=True, attr=attr, leaf=leaf)


def _same(row: Any) -> Any:
    return row


def _member(attr: str) -> Reader:
    return lambda row: getattr(row, attr, None)


def _scoped_member(attr: str) -> Reader:
    return lambda row: scoped_below(getattr(row, attr, None), row.scope)


def _converted_member(attr: str, convert: Callable[[Any], Any]) -> Reader:
    def read(row: Any) -> Any:
        value = getattr(row, attr, None)
        return value if value is None or isinstance(value, Exception) else convert(value)

    return read


def _misfit_among(row: Any, attrs: Iterable[str]) -> Misfit | None:
    """The first of these members that did not fit."""
    values = (getattr(row, attr, None) for attr in attrs)
    return next((value for value in values if isinstance(value, Misfit)), None)


def checked_key(key: Callable[[Any], Any], reads: Collection[str], needed: Collection[str]) -> Callable[[Any], Any]:
    """The key of a row, or the misfit that stands for it: a member does not fit, or one that is needed is missing."""

    def key_of(row: Any) -> Any:
        misfit = _misfit_among(row, reads)
        if misfit is not None:
            return misfit
        lacking = next((attr for attr in needed if getattr(row, attr, None) is None), None)
        return key(row) if lacking is None else Misfit(f"Sentry's answer lacks '{lacking}'")

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


async def _each(coroutines: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    """The result of each, or the exception that it raised; cancelling is for all."""
    if len(coroutines) == 1:
        try:
            return [await coroutines[0]]
        except Exception as error:  # noqa: BLE001  # the border between rows: each exception is its row's answer
            return [error]
    return await asyncio.gather(*coroutines, return_exceptions=True)


async def _first(way: Deferred, row: Any, arguments: Any, context: Context) -> Any:
    (value,) = await way.resolve_all([row], arguments, context)
    return value


async def _after(rows: Sequence[Any], way: Way, arguments: Any, context: Context) -> list[Any]:
    """The values of hydrated rows; what stands for one that could not be hydrated is its value."""
    whole = [row for row in rows if not isinstance(row, Exception)]
    if isinstance(way, Inline):
        found = iter(_keys(way.bind(arguments, context), whole))
    else:
        found = iter(await way.resolve_all(whole, arguments, context) if whole else ())
    return [row if isinstance(row, Exception) else next(found) for row in rows]
