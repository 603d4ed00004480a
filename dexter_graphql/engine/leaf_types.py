"""Serialisation of scalars and enums: a whole column at once where possible.

Values of a type's native Python type are passed on as they are. All others go through the type's own
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
"""Key of a NativeEncoding in the extensions of a scalar or an enum."""
MAX_INT, MIN_INT = 2**31 - 1, -(2**31)


@dataclass(frozen=True, slots=True)
class NativeEncoding:
    """Values that need no coercion, since the JSON encoder or the table gives the same as the type.

    Values of exactly the native type are passed on when `are_valid` is true for all of them (None: always). `table`
    maps values to their serialised form.
    """

    native_type: type | None = None
    are_valid: Callable[[Sequence[Any]], bool] | None = None
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
    """Serialises values of one leaf type; null stays null."""

    def __init__(self, leaf_type: GraphQLLeafType) -> None:
        encoding = leaf_type.extensions.get(NATIVE_ENCODINGS) or BUILT_IN.get(leaf_type, COERCED)
        self.leaf_type = leaf_type
        self._native_type: type | None = encoding.native_type
        self._are_valid: Callable[[Sequence[Any]], bool] | None = encoding.are_valid
        self._table: Mapping[Any, Any] | None = encoding.table

    def accepts_decoded(self, annotation: Any) -> bool:
        """True when values that were decoded from JSON as that type are passed on; JSON has only finite numbers."""
        return annotation is self._native_type and (self._are_valid is None or annotation is float)

    def serialize_many(self, values: Sequence[Any]) -> list[Any]:
        """A column, serialised; raises the refusal of the first value that is not valid."""
        if self._native_type is not None and self._are_native(values):
            return values if type(values) is list else list(values)
        return list(map(self.serialize, values))

    def serialize(self, value: Any) -> Any:
        """One value, serialised. An exception among values is raised."""
        if value is None or (self._native_type is not None and self._are_native((value,))):
            return value
        if self._table is not None:
            try:
                return self._table[value]
            except (KeyError, TypeError):
                pass
        if isinstance(value, Exception):
            raise value
        return Executor.complete_leaf_value(self.leaf_type, value)

    def _are_native(self, values: Sequence[Any]) -> bool:
        types = set(map(type, values))
        if NoneType in types:
            types.remove(NoneType)
            values = [value for value in values if value is not None]
        return not types or (types == {self._native_type} and (self._are_valid is None or self._are_valid(values)))
