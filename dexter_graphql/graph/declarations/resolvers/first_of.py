"""Fields that are the first of several members of the record that is there."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from typing_extensions import override

from dexter_graphql.engine.resolution import Immediate, MemberPath, Reader, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.declarations.fields import FirstOfDeclaration
from dexter_graphql.graph.declarations.projections import merge_into
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.declarations.resolvers.rows import converted
from dexter_graphql.graph.declarations.wire_types import DeclarationError, WireType, attr_of, wire_type
from dexter_graphql.sentry.projection import PART, Field, Projection

MAX_NAMES = 2
"""Names of a path: the object, and the member in it."""


class BoundFirstOf(BoundField):
    """A member, or a member of a nested object, of which only that member is decoded."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        declaration: FirstOfDeclaration = self.declaration
        self.wire: WireType = wire_type(self.graphql_field.type, declaration.type, declaration.convert, self.coordinate)
        self.paths: tuple[MemberPath, ...] = tuple(tuple(map(attr_of, path)) for path in declaration.paths)
        members: dict[str, Field] = {}
        merge_into(members, (path_member(self.typename, path, self.wire.type) for path in declaration.paths))
        self._members = tuple(members.values())

    @override
    def own_members(self) -> tuple[Field, ...]:
        return self._members

    @override
    def wire_kinds(self) -> Mapping[str, Hashable]:
        return {**super().wire_kinds(), **{".".join(path): self.wire.type for path in self.paths if len(path) > 1}}

    @override
    def check(self) -> None:
        if self.wire.typename is not None or not all(0 < len(path) <= MAX_NAMES for path in self.paths):
            raise DeclarationError(f"{self.coordinate} must read scalars, of the record or of objects in it")

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        reader = converted(first_reader(self.paths), self.wire.convert)
        is_served = self.wire.convert is None or self.wire.leaf is not None
        return Immediate(
            lambda _arguments, _context: reader,
            is_context_free=True,
            paths=self.paths if is_served else (),
            leaf=self.wire.leaf,
        )


def path_member(typename: str, path: Sequence[str], kind: Any) -> Field:
    """The member at a path of wire names below a type; one of an object is read from a record of that object."""
    *outer, wire = path
    member = Field(attr_of(wire), wire, kind)
    for name in outer:
        member = Field(attr_of(name), name, Projection(f"{typename}.{name}", PART, (member,)))
    return member


def first_reader(paths: Sequence[MemberPath]) -> Reader:
    """Reads the value at the first path whose first member is neither null nor missing."""

    def read(row: Any) -> Any:
        for first, *rest in paths:
            value = getattr(row, first, None)
            if value is not None:
                return value if isinstance(value, Exception) or not rest else getattr(value, rest[0], None)
        return None

    return read
