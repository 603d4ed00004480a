"""Fields that call Sentry themselves: root fields, mutations and subscriptions."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from typing_extensions import override

from dexter_graphql.engine.resolution import Batched, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.errors import NotPermitted, as_value
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.fields import CallDeclaration
from dexter_graphql.graph.declarations.kind_field import DeclaredCalls
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.declarations.resolvers.rows import immediate, row_itself, with_errors
from dexter_graphql.sentry.restriction import AccessLevel


class BoundCall(BoundField):
    """What an async function of the row and a load context returns."""

    is_repeatable = False
    makes_calls = True

    @override
    def check(self) -> None:
        declaration: CallDeclaration = self.declaration
        function = self.function()
        if declaration.reads:
            self._check_reads(function)
        if declaration.finds_nodes:
            uses = (*declaration.uses, *self.schema.node_endpoints())
            self.field.directives = DeclaredCalls(uses, is_per_row=True, at_most=2).directives()

    @override
    def _strategy(self, selection: Selection) -> Strategy:
        declaration: CallDeclaration = self.declaration
        function = self.function()

        async def resolve(row: Any, arguments: Any, context: Context) -> Any:
            if isinstance(arguments, Exception):
                raise arguments
            load_context = context.loaders.load_context(
                declaration.target or "", None, selection, operation=context, spender=self.spender
            )
            return with_errors(await function(row, load_context, **arguments))

        async def resolve_all(rows: Sequence[Any], arguments: Any, context: Context) -> Sequence[Any]:
            self.authorize(context)
            return await _gather_results([resolve(row, arguments, context) for row in rows])

        return Batched(resolve_all)

    def authorize(self, _context: Context) -> None:
        """Raise NotPermitted when the caller may not make the call."""


class BoundWrite(BoundCall):
    """A mutation, refused for callers without the access level that it needs before anything else happens."""

    @override
    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        try:
            return super().prepare_arguments(values)
        except Exception as error:  # noqa: BLE001  # raised after the caller is known to be allowed to write
            return as_value(error)

    @override
    def authorize(self, context: Context) -> None:
        access = context.identity.reach.access
        if any(not access.includes(endpoint.restriction.access) for endpoint in self.declaration.uses):
            level = "read-only" if access is AccessLevel.READ else access
            raise NotPermitted(f"This caller has {level} access; nothing was changed")


class EventField:
    """A field of the subscription type, whose value is the event of the stream."""

    is_repeatable = True

    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        """The arguments as they are; the stream was opened with them."""
        return values

    def strategy(self, _selection: Selection) -> Strategy:
        """The root value is the event."""
        return immediate(row_itself)

    def needs_hydration(self, _row_class: type) -> bool:
        """False: an event lacks nothing."""
        return False

    def with_hydration(self, _strategy: Strategy) -> Batched:
        """Never needed."""
        raise NotImplementedError


async def _gather_results(coroutines: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    """The result of each coroutine, or the exception that it raised."""
    if len(coroutines) == 1:
        try:
            return [await coroutines[0]]
        except Exception as error:  # noqa: BLE001  # the border between rows: each exception is its row's value
            return [as_value(error)]
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    return [as_value(result) if isinstance(result, Exception) else result for result in results]
