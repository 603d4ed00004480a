"""Fields that are computed from members of the record, global ids among them."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import GraphQLNonNull
from typing_extensions import override

from dexter_graphql.engine.failures import PartialValue
from dexter_graphql.engine.resolution import Immediate, Reader, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.fields import EMBEDDED, GlobalIDDeclaration, LazyJSON
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.declarations.resolvers.rows import (
    immediate,
    invalid_among,
    with_errors,
    with_omitted,
    without_invalid,
)
from dexter_graphql.graph.declarations.wire_types import DeclarationError, container_of
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.projection import Field, Record, RecordDecoder, fitting_rows, without_invalid_rows


class BoundComputed(BoundField):
    """A pure function of several members; an invalid one among them is the field's value."""

    needs_members = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._container = container_of(self.graphql_field.type)

    @override
    def check(self) -> None:
        function = self.function()
        if _takes_records(function):
            self._check_reads(function)

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        function = self._guarded(self.function())
        if self._converted is None and not selection.typenames:
            return replace(immediate(function), unchecked=self.function())
        is_leaf = not selection.typenames

        def bind(arguments: dict[str, Any], context: Context) -> Reader:
            compute = partial(function, **arguments) if arguments else function
            return compute if is_leaf else lambda row: self._decode_lazy(compute(row), row, selection, context)

        return Immediate(bind)

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the errors of what it reads: invalid members, and items that lists lack.

        A field that is never null has the value without them, as its error would cost the object around it. Of another
        field, the first invalid member is the value. What lists lack matters for a list, and where nothing is found.
        """
        reads = [member.attr for member in self.own_members()]

        def computed(row: Any, **arguments: Any) -> Any:
            invalid = invalid_among(row, reads)
            return invalid[0] if invalid else with_omitted(function(row, **arguments), row, reads)

        def computed_without_invalid(row: Any, **arguments: Any) -> Any:
            value = function(without_invalid(row, reads), **arguments)
            return with_errors(with_omitted(value, row, reads), invalid_among(row, reads))

        def computed_list(row: Any, **arguments: Any) -> Any:
            try:
                value = (computed if needs_all else computed_without_invalid)(row, **arguments)
            except InvalidValue as error:
                value = error
            return with_errors([], [value]) if isinstance(value, InvalidValue) else value

        if not isinstance(self.graphql_field.type, GraphQLNonNull):
            return computed if reads or self._container != "one" else function
        needs_all = any(member.is_required for member in self.own_members())
        if self._container != "one":
            return computed_list
        return computed if needs_all else computed_without_invalid

    def _decode_lazy(self, value: Any, row: Any, selection: Selection, context: Context) -> Any:
        if isinstance(value, PartialValue):
            return with_errors(self._decode_lazy(value.value, row, selection, context), value.errors)
        if isinstance(value, LazyJSON):
            return with_errors(self._decode_one(value, row, selection, context))
        if isinstance(value, list) and value and isinstance(value[0], LazyJSON):
            rows = [self._decode_one(item, row, selection, context) for item in value]
            return with_errors(without_invalid_rows(rows) if self._container == "list" else rows)
        if isinstance(value, Slice) and value.rows and isinstance(value.rows[0], LazyJSON):
            return replace(value, rows=[self._decode_one(item, row, selection, context) for item in value.rows])
        return value

    def _decode_one(self, value: LazyJSON, row: Record, selection: Selection, context: Context) -> Any:
        """The records in lazy JSON, with the members that the selection reads."""
        projection = self.schema.projection(value.typename, EMBEDDED, selection)
        records: RecordDecoder = context.services.client.records
        parents = value.parents or row.parents
        if not value.is_list:
            return records.decode_one(bytes(value.raw), projection, (), parents)
        try:
            rows = records.decode_list(bytes(value.raw), projection, (), parents)
        except InvalidValue as invalid:
            return invalid
        is_valid = all(isinstance(item, Record) for item in rows)
        return rows if is_valid else fitting_rows(value.raw, rows, self._container)


class BoundGlobalID(BoundComputed):
    """The global id, computed from the members of the entity's key."""

    @override
    def own_members(self) -> tuple[Field, ...]:
        return tuple(replace(member, is_required=True) for member in self.schema.entity(self.typename).key_members)

    @override
    def function(self) -> Callable[..., Any]:
        declaration: GlobalIDDeclaration = self.declaration
        typename, key = self._typename_and_key()
        encode, parts = declaration.encode, key.parts
        return lambda row: encode(typename, row.parents.organization.id, *parts(row))

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        declaration: GlobalIDDeclaration = self.declaration
        typename, key = self._typename_and_key()
        encode_many, columns = declaration.encode_many, key.columns

        def read_column(rows: Sequence[Any]) -> list[Any]:
            return encode_many(typename, [row.parents.organization.id for row in rows], *columns(rows))

        strategy = super()._strategy(selection)
        assert isinstance(strategy, Immediate)  # noqa: S101  # computed fields are
        return replace(strategy, unchecked_many=read_column)

    def _typename_and_key(self) -> tuple[str, EntityKey]:
        entity = self.schema.entity(self.typename).entity
        if entity.key is None:
            raise DeclarationError(f"{self.typename} needs a key to have a global id")
        return entity.typename, entity.key


def _takes_records(function: Callable[..., Any]) -> bool:
    """True unless the function's first parameter is annotated with the class of its rows."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and first.annotation in {Any, inspect.Parameter.empty}
