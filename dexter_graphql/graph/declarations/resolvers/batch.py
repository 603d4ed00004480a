"""Fields that a loader answers for all parents of a level at once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Any, get_origin

from typing_extensions import override

from dexter_graphql.engine.resolution import Batched, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.fields import BatchDeclaration
from dexter_graphql.graph.declarations.resolvers.base import BoundField, calls_for_each_key
from dexter_graphql.graph.declarations.resolvers.rows import each_value, guarded_key, with_errors, with_omitted
from dexter_graphql.graph.declarations.source_reads import attributes_read
from dexter_graphql.graph.declarations.wire_types import attr_of, container_of, without_null
from dexter_graphql.loaders.request_loaders import RequestLoaders
from dexter_graphql.sentry.projection import Field, without_invalid_rows

LoadKeys = Callable[..., Awaitable[list[Any]]]
"""A method of RequestLoaders that takes loader, keys, options, selection and spender."""


class BoundBatch(BoundField):
    """What a loader returns for the key of the row; an invalid member that the key reads is the field's value."""

    makes_calls = True

    @override
    def own_members(self) -> tuple[Field, ...]:
        own = self.schema.entity(self.typename).key_members if self.declaration.key is None else ()
        return (*own, *super().own_members())

    @override
    def check(self) -> None:
        key = self._key()
        if self.declaration.reads:
            self._check_reads(key)

    @override
    def is_per_row(self, selection: Selection) -> bool:
        return self._has_key_per_row and calls_for_each_key(self.declaration.load, selection, self.schema)

    @cached_property
    def _has_key_per_row(self) -> bool:
        """True unless rows may share a key, as events of one release do."""
        own = {member.attr for member in self.schema.entity(self.typename).key_members}
        return self.declaration.key is None or own <= attributes_read(self.declaration.key)

    @override
    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        function = self.declaration.function
        return None if function is None else function(**super().prepare_arguments(values))

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        return self._batched(selection, RequestLoaders.load_level)

    @override
    def strategy_by_row(self, selection: Selection) -> Strategy:
        return selection.memoized((self, "by row"), lambda: self._batched(selection, RequestLoaders.load_all))

    def _batched(self, selection: Selection, load: LoadKeys) -> Batched:
        declaration: BatchDeclaration = self.declaration
        reads = [member.attr for member in self.own_members()]
        lists = [member.attr for member in self.own_members() if get_origin(member.type) is list]
        key_of = guarded_key(self._key(), reads, needed=self._needed())
        is_list = container_of(self.graphql_field.type) == "list"

        async def resolve_all(rows: Sequence[Any], options: Any, context: Context) -> list[Any]:
            if isinstance(options, Exception):
                return [options] * len(rows)
            keys = each_value(key_of, rows)
            values = await load(context.loaders, declaration.load, keys, options, selection, spender=self.spender)
            if is_list:
                values = [without_invalid_rows(value) if isinstance(value, list) else value for value in values]
            if not lists:
                return [with_errors(value) for value in values]
            return [with_omitted(*pair, lists) for pair in zip(values, rows, strict=True)]

        return Batched(resolve_all)

    def _needed(self) -> list[str]:
        """The members without which there is no key: all that are not declared as nullable."""
        nullable = {attr_of(wire) for wire, kind in self.declaration.reads.items() if without_null(kind)[1]}
        return [member.attr for member in self.own_members() if member.attr not in nullable]

    def _key(self) -> Callable[[Any], Any]:
        return self.declaration.key or self.schema.own_key(self.typename, self.coordinate)
