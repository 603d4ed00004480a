"""The words in which a schema tells the engine how its fields find their values; knows no schema.

A field whose `GraphQLField.extensions` have a `Resolution` under `RESOLUTION` is planned; every other field is left to
graphql-core. A row may be any object. The engine asks a row's class, never the row, what can be read from it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dexter_graphql.engine.selection import Selection

RESOLUTION = "engine-resolution"
"""Key of a field's Resolution in the extensions of its GraphQLField."""

Reader = Callable[[Any], Any]
"""Row → value. A returned exception counts as a raised one."""


Leaf = Callable[[Any], Any] | Mapping[Any, Any]
"""Makes what is written of a value: a function, or a table."""


@dataclass(frozen=True, slots=True, eq=False)
class Immediate:
    """The value is told from the row at once, without waiting, the same whenever it is asked for.

    `bind` turns arguments and context into the reader; when `is_free` it looks at neither. `attr` names the attribute
    that is the value as it is, or with `leaf` the one that a leaf is made of: `leaf` is conversion and the scalar's own
    writing in one, as a function or as a table. It is never given None, never gives None, and raises what does not fit.
    `quick` reads rows of a sound class (`is_sound`), in whose members nothing is amiss, without arguments and context.
    """

    bind: Callable[[Any, Any], Reader]
    is_context_free: bool = False
    attr: str | None = None
    leaf: Leaf | None = None
    unchecked: Reader | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batched:
    """The value has to be waited for; it is found once for all rows of a level.

    `resolve_all` takes the rows, the arguments and the context, and gives one value or exception per row, in order.
    """

    resolve_all: Callable[[Sequence[Any], Any, Any], Awaitable[Sequence[Any]]]


Strategy = Immediate | Batched


@dataclass(frozen=True, slots=True, eq=False)
class Typename:
    """The field is `__typename`: the object type's name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Delegated:
    """The field is not declared for the engine, or its type not understood: graphql-core executes it, row by row."""


class Resolution(Protocol):
    """What a declared field tells the engine when a document that selects it is planned."""

    is_repeatable: bool
    """True when prepared arguments may be used again by another operation."""

    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        """Coerced argument values as `bind` or `resolve_all` take them; may raise what every row then fails with."""
        ...

    def strategy(self, selection: Selection) -> Strategy:
        """How the value is found when that is selected below it."""
        ...

    def needs_hydration(self, row_class: type) -> bool:
        """True when rows of that class have not all that the field reads."""
        ...

    def with_hydration(self, strategy: Strategy) -> Batched:
        """The same way for rows that lack something: they are completed first."""
        ...
