"""Interface between a schema and the engine: how fields are resolved.

A field whose `GraphQLField.extensions` have a `Resolution` under `RESOLUTION` is planned; every other field is left to
graphql-core. A row may be any object. What can be read from a row is decided by its class.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dexter_graphql.engine.selection import Selection

RESOLUTION = "engine-resolution"
"""Key of a field's Resolution in the extensions of its GraphQLField."""

Reader = Callable[[Any], Any]
"""Row → value. A returned exception counts as a raised one."""
ColumnReader = Callable[[Sequence[Any]], list[Any]]
"""Rows → their values."""
MemberPath = tuple[str, ...]
"""An attribute of the row, or the attribute of an object and one of the value in it."""
Leaf = Callable[[Any], Any] | Mapping[Any, Any]
"""Value → its serialised form: a function, or a table."""


@dataclass(frozen=True, slots=True, eq=False)
class Immediate:
    """The value is read from the row without awaiting anything, and is the same whenever it is read.

    `bind` turns arguments and context into the reader; when `is_context_free` it uses neither. `attr` names the
    attribute that is the value, or with `leaf` the one that the serialised value is made of: `leaf` is the conversion
    and the scalar's own serialisation in one. It is never given None, never returns None, and raises for a value that
    is not valid. `paths` are in the place of `attr` where the value is at the first of several paths whose first
    attribute is not None. `unchecked` reads rows of a class whose members msgspec has validated, without arguments and
    context; `unchecked_many` reads all of such rows at once.
    """

    bind: Callable[[Any, Any], Reader]
    is_context_free: bool = False
    attr: str | None = None
    paths: tuple[MemberPath, ...] = ()
    leaf: Leaf | None = None
    unchecked: Reader | None = None
    unchecked_many: ColumnReader | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batched:
    """The value has to be awaited; it is resolved once for all rows of a level.

    `resolve_all` takes the rows, the arguments and the context, and returns one value or exception per row, in order.
    """

    resolve_all: Callable[[Sequence[Any], Any, Any], Awaitable[Sequence[Any]]]


Strategy = Immediate | Batched


@dataclass(frozen=True, slots=True, eq=False)
class Typename:
    """The field is `__typename`: the object type's name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Delegated:
    """graphql-core executes the field row by row: it has no Resolution, or its type is not supported."""


class Resolution(Protocol):
    """How a declared field is resolved; used when a document that selects it is planned."""

    is_repeatable: bool
    """True when prepared arguments may be reused by another operation."""

    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        """Coerced argument values as `bind` or `resolve_all` takes them. Every row fails with what it raises."""
        ...

    def strategy(self, selection: Selection) -> Strategy:
        """How the value is resolved when that is selected below it."""
        ...

    def needs_hydration(self, row_class: type) -> bool:
        """True when rows of that class lack a member that the field reads."""
        ...

    def with_hydration(self, strategy: Strategy) -> Batched:
        """The same strategy for rows that lack a member: they are hydrated first."""
        ...
