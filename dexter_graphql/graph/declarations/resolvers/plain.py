"""Fields that are one member of the record."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from dexter_graphql.engine.resolution import Batched, Immediate, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.fields import EMBEDDED, PlainDeclaration
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.declarations.resolvers.rows import converted, each_value, immediate, member_reader, raw_reader
from dexter_graphql.graph.declarations.wire_types import WireType, attr_of, wire_type
from dexter_graphql.sentry.projection import Field


class BoundPlain(BoundField):
    """One member, perhaps converted; a nested object when the field's type is one."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
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
        return (replace(self.member, type=self.schema.projection(self.wire.typename, EMBEDDED, selection)),)

    @override
    def wire_kinds(self) -> Mapping[str, Hashable]:
        return {self.attr: (self.member.wire, self.wire.typename or self.wire.type, self.wire.container)}

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        strategy = self._of_owner()
        return _hidden_from_others(strategy) if self.declaration.is_personal else strategy

    def _of_owner(self) -> Immediate:
        """The value as Sentry sends it, which is about the owner of the token where it is personal."""
        if self.wire.convert is None or self.wire.typename is not None:
            return immediate(member_reader(self.attr), attr=self.attr)
        attr = None if self.wire.leaf is None else self.attr
        return immediate(converted(raw_reader(self.attr), self.wire.convert), attr=attr, leaf=self.wire.leaf)


def _hidden_from_others(strategy: Immediate) -> Batched:
    """Null for a caller who shares the token with others; the value for its owner.

    It counts as awaited, so that it is in no fragment that is kept with a cached answer for all callers.
    """

    async def resolve_all(rows: Sequence[Any], arguments: Any, context: Context) -> Sequence[Any]:
        if context.identity.is_shared_token:
            return [None] * len(rows)
        return each_value(strategy.bind(arguments, context), rows)

    return Batched(resolve_all)
