"""Knows how values of scalars and enums become what the JSON encoder writes: a whole column at once where it can.

Values of a type's usual Python type are passed on as they are; all others go through the type's own
`coerce_output_value`, which converts or refuses them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from types import NoneType
from typing import Any

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLLeafType, GraphQLString
from graphql.execution.executor import Executor

NATIVE_ENCODINGS = "engine-writing"
"""Key of a scalar's or an enum's Writing in the extensions of its type."""
MAX_INT, MIN_INT = 2**31 - 1, -(2**31)


@dataclass(frozen=True, slots=True)
class NativeEncoding:
    """What needs no coercion, since the JSON encoder writes it, or what stands in the table, just as the type would.

    Values of exactly the `usual` type pass when `are_fit` says so of all of them (None: always). `table` maps values to
    what is written.
    """

    usual: type | None = None
    are_fit: Callable[[Sequence[Any]], bool] | None = None
    table: Mapping[Any, Any] | None = None


def _fit_32_bits(values: Sequence[int]) -> bool:
    return min(values) >= MIN_INT and max(values) <= MAX_INT


def _are_finite(values: Sequence[float]) -> bool:
    return all(map(isfinite, values))


BUILT_IN: dict[GraphQLLeafType, NativeEncoding] = {
    GraphQLString: NativeEncoding(str),
    GraphQLID: NativeEncoding(str),
    GraphQLBoolean: NativeEncoding(bool),
    GraphQLInt: NativeEncoding(int, _fit_32_bits),
    GraphQLFloat: NativeEncoding(float, _are_finite),
}
COERCED = NativeEncoding()


class LeafSerializer:
    """Writes values of one leaf type; null stays null."""

    def __init__(self, kind: GraphQLLeafType) -> None:
        writing = kind.extensions.get(NATIVE_ENCODINGS) or BUILT_IN.get(kind, COERCED)
        self.kind = kind
        self._usual: type | None = writing.usual
        self._are_fit: Callable[[Sequence[Any]], bool] | None = writing.are_fit
        self._table: Mapping[Any, Any] | None = writing.table

    def takes_decoded(self, kind: Any) -> bool:
        """True when whatever was decoded from JSON as that type is passed on; JSON has finite numbers alone."""
        return kind is self._usual and (self._are_fit is None or kind is float)

    def serialize_many(self, values: Sequence[Any]) -> list[Any]:
        """A column, written; raises what the first value that does not fit is refused with."""
        if self._usual is not None and self._are_usual(values):
            return values if type(values) is list else list(values)
        return list(map(self.serialize, values))

    def serialize(self, value: Any) -> Any:
        """One value, written. An exception among values is raised."""
        if value is None or (self._usual is not None and self._are_usual((value,))):
            return value
        if self._table is not None:
            try:
                return self._table[value]
            except (KeyError, TypeError):
                pass
        if isinstance(value, Exception):
            raise value
        return Executor.complete_leaf_value(self.kind, value)

    def _are_usual(self, values: Sequence[Any]) -> bool:
        types = set(map(type, values))
        if NoneType in types:
            types.remove(NoneType)
            values = [value for value in values if value is not None]
        return not types or (types == {self._usual} and (self._are_fit is None or self._are_fit(values)))
