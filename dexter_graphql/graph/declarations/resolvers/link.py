"""Fields that are another entity, or a connection of entities, which the record may embed."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from typing_extensions import override

from dexter_graphql.engine.failures import PartialValue
from dexter_graphql.engine.resolution import Batched, Immediate, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.fields import EMBEDDED, Embedded, LinkDeclaration
from dexter_graphql.graph.declarations.projections import merge_into, node_selection
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.declarations.resolvers.rows import (
    each_value,
    guarded_key,
    immediate,
    member_reader,
    with_errors,
)
from dexter_graphql.graph.declarations.wire_types import attr_of, container_of, without_null
from dexter_graphql.sentry.lenient import omitted_from
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.projection import AnyProjection, Field, Projection, Record, TaggedUnion


class BoundLink(BoundField):
    """An embedded entity, or what its loader returns when the embedded members do not suffice."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        declaration: LinkDeclaration = self.declaration
        self.attr = attr_of(declaration.wire)
        self.by_typename = {embedded.typename: embedded for embedded in declaration.embedded}
        self.container = container_of(self.graphql_field.type)
        if declaration.function is not None:
            self.container = "nullable_list"
        if self.container == "nullable_list" and declaration.tag_member is not None:
            self.container = "list"  # objects of other kinds are left out

    @override
    def own_members(self) -> tuple[Field, ...]:
        return (Field(self.attr, self.declaration.wire, object),)

    @override
    def members(self, selection: Selection) -> tuple[Field, ...]:
        projections = tuple(
            (embedded.tag or "", self._embedded_projection(embedded, selection))
            for embedded in self.by_typename.values()
        )
        tag_member = self.declaration.tag_member
        if tag_member is None:
            kind: AnyProjection = projections[0][1]
        else:
            # Older releases do not tag objects where only one kind was possible.
            default_tag = projections[0][0] if len(projections) == 1 else None
            kind = TaggedUnion(tag_member, projections, default_tag=default_tag)
        return (Field(self.attr, self.declaration.wire, kind, container=self.container),)

    @override
    def wire_kinds(self) -> Mapping[str, Hashable]:
        return {self.attr: (self.declaration.wire, " or ".join(self.by_typename), self.container)}

    @override
    def check(self) -> None:
        for embedded in self.declaration.embedded:
            _, key_reads = self._key_of(embedded)
            for attr in (*embedded.wires, *map(attr_of, key_reads)):
                self.schema.member(embedded.typename, attr)

    def typenames_answered(self, selection: Selection) -> frozenset[str]:
        """The types whose embedded records have all that is selected on them."""
        return frozenset(
            typename
            for typename, embedded in self.by_typename.items()
            if all(member.attr in embedded.wires for member in self._selected_members(typename, selection))
        )

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        typenames_answered = self.typenames_answered(selection)
        if len(typenames_answered) < len(self.by_typename):
            return Batched(partial(self._resolve_all, selection))
        if self.declaration.function is not None:
            return Immediate(lambda arguments, _context: partial(self._page, arguments))
        return immediate(member_reader(self.attr), attr=self.attr)

    async def _resolve_all(
        self, selection: Selection, rows: Sequence[Any], arguments: Any, context: Context
    ) -> list[Any]:
        """The embedded record where it suffices, else what the entity's loader returns; of lists, item by item."""
        is_connection = self.declaration.function is not None
        read = partial(self._page, arguments) if is_connection else member_reader(self.attr)
        typenames_answered = self.typenames_answered(selection)
        values = each_value(read, rows)
        records = [item for value in values for item in _items(value)]
        lacking: dict[str, list[Record]] = {typename: [] for typename in self.by_typename}
        for record in records:
            if isinstance(record, Record) and record.typename not in typenames_answered:
                lacking[record.typename].append(record)
        loaded = await asyncio.gather(
            *(self._load(typename, records, selection, context) for typename, records in lacking.items() if records)
        )
        by_record = {number: answer for answers in loaded for number, answer in answers.items()}

        def replaced(item: Any) -> Any:
            return by_record.get(id(item), item)

        return [_with_items(value, [replaced(item) for item in _items(value)]) for value in values]

    def _page(self, arguments: dict[str, Any], row: Any) -> Any:
        """The page of the embedded records that the arguments request; an invalid member and null as they are."""
        records = getattr(row, self.attr, None)
        if not isinstance(records, list):
            return records
        page: Slice = self.function()(records, **arguments)
        page = replace(page, details=page.rows) if self.declaration.edge_reads else page
        return with_errors(page, omitted_from(records))

    async def _load(
        self, typename: str, records: Sequence[Record], selection: Selection, context: Context
    ) -> dict[int, Any]:
        """The id() of each embedded record → what its entity's loader returned for it.

        Where that is nothing, the embedded members stay: the entity exists, although the token cannot read more of it.
        """
        embedded = self.by_typename[typename]
        key, wires = self._key_of(embedded)
        reads = [attr_of(wire) for wire in wires]
        keys = each_value(guarded_key(key, reads, needed=reads), records)
        answers = await context.loaders.load_all(embedded.load, keys, spender=self.spender)
        return {
            id(record): self._embedded_alone(record, selection, context) if answer is None else answer
            for record, answer in zip(records, answers, strict=True)
        }

    def _embedded_alone(self, record: Record, selection: Selection, context: Context) -> Record:
        """The embedded record, with the other selected members null."""
        members: dict[str, Field] = {}
        merge_into(members, self._selected_members(record.typename, selection))
        projection = Projection(record.typename, EMBEDDED, tuple(members[attr] for attr in sorted(members)))
        return context.services.client.records.widened_record(record, projection)

    def _key_of(self, embedded: Embedded) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
        """What makes the key of an embedded record, and the wire members that it reads."""
        if embedded.key is not None:
            return embedded.key, embedded.key_reads
        key = self.schema.own_key(embedded.typename, self.coordinate)
        return key, key.wires

    def _selected_members(self, typename: str, selection: Selection) -> Iterable[Field]:
        """The members that the fields selected on a type read."""
        own_selection = node_selection(typename, selection)
        if own_selection is None:
            return
        fields = self.schema.entity(typename).fields
        for name, selected in own_selection.fields(typename).items():
            if name in fields:
                yield from fields[name].members(selected.selection)

    def _embedded_projection(self, embedded: Embedded, selection: Selection) -> Projection:
        wires, (_, key_reads) = embedded.wires, self._key_of(embedded)
        members: dict[str, Field] = {}
        merge_into(members, (self.schema.member(embedded.typename, attr_of(wire)) for wire in key_reads))
        # Also when some selected member is not embedded: another alias of this field may select less.
        selected = self._selected_members(embedded.typename, selection)
        merge_into(members, (member for member in selected if member.attr in wires))
        renamed = {attr: replace(member, wire=wires.get(attr, member.wire)) for attr, member in members.items()}
        edge_reads = self.declaration.edge_reads
        merge_into(renamed, (Field(attr_of(wire), wire, without_null(kind)[0]) for wire, kind in edge_reads.items()))
        return Projection(embedded.typename, EMBEDDED, tuple(renamed[attr] for attr in sorted(renamed)))


def _items(value: Any) -> Sequence[Any]:
    """The records in the value of a field: of a page, of a list, or the single one."""
    if isinstance(value, PartialValue):
        return _items(value.value)
    if isinstance(value, Slice):
        return value.rows
    return value if isinstance(value, list) else (value,)


def _with_items(value: Any, items: list[Any]) -> Any:
    """The value with these records in the place of its own."""
    if isinstance(value, PartialValue):
        return PartialValue(_with_items(value.value, items), value.errors)
    if isinstance(value, Slice):
        return replace(value, rows=items)
    return items if isinstance(value, list) else items[0]
