"""The batches of one request, one per loader, options and selection."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aiodataloader import DataLoader
from graphql.execution.values import VariableValues

from dexter_graphql.engine.selection import Selection
from dexter_graphql.engine.variable_values import NO_VARIABLES
from dexter_graphql.errors import as_value
from dexter_graphql.loaders.base import LoadContext, Loader
from dexter_graphql.loaders.time_ranges import Interval, Relative, TimeRange
from dexter_graphql.sentry.call_context import CallContext, Spender
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.projection import Projection

BatchKey = tuple[Loader, Any, int]
"""Loader, options, and the id of the selection, which keeps exclusive loaders of different fields apart."""
TURNS_BEFORE, TURNS_AFTER = 3, 2
"""Turns of the event loop from asking for a key to the call of its batch, and from its end to the result."""


class ProjectionFactory(Protocol):
    """Computes the members of a type that a selection needs."""

    def projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        """The members of `typename` that `selection` needs, in a representation."""
        ...

    def merge_projections(self, first: Projection, second: Projection) -> Projection:
        """A projection with the members of both, under the name of the first."""
        ...


class RequestLoaders:
    """The loaders of one request. Batches end with the request; an exception belongs to its key alone.

    A key whose last waiter was cancelled is removed. `now` is the start time of the request.
    """

    def __init__(
        self,
        client: SentryClient,
        organizations: OrganizationDirectory,
        call_context: CallContext,
        projections: ProjectionFactory,
        *,
        now: datetime,
    ) -> None:
        self.projections = projections
        self.now = now
        self.stable_until = datetime.max.replace(tzinfo=UTC)
        """When the first of the requested relative time ranges becomes another interval."""
        self.variables = NO_VARIABLES
        """The variables of the operation, for the arguments of fields below a selection."""
        self._client = client
        self._organizations = organizations
        self._call_context = call_context
        self._loaders: dict[BatchKey, DataLoader[Any, Any]] = {}
        self._levels: dict[BatchKey, dict[Any, Any]] = {}
        """The results of each exclusive loader for whole levels, by key; a future where they are being loaded."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closed = False
        self._all_on_type: Callable[[str], Selection | None] = _nothing_selected

    def use_selection(self, all_on_type: Callable[[str], Selection | None], variables: VariableValues) -> None:
        """Set the function that returns everything the operation selects on a type, and its variables."""
        self._all_on_type = all_on_type
        self.variables = variables

    def all_on_type(self, typename: str) -> Selection | None:
        """Everything that the operation selects on a type."""
        return self._all_on_type(typename)

    async def load(self, loader: Loader, key: Hashable, options: Any = None, *, spender: Spender | None = None) -> Any:
        """The result for one key, None when there is none. Raises what the loader raised for this key."""
        results = await self.load_all(loader, (key,), options, spender=spender)
        if isinstance(results[0], Exception):
            raise results.pop()  # from here on only the error holds this frame
        return results[0]

    async def load_all(
        self,
        loader: Loader,
        keys: Sequence[Any],
        options: Any = None,
        selection: Selection | None = None,
        *,
        spender: Spender | None = None,
    ) -> list[Any]:
        """The result for each key, in order: None when there is none, the exception when it failed.

        A key that is None or an exception is its own result. The calls are charged to the spender.
        """
        batch = self._batch(loader, options, selection, spender)
        futures = [key if _is_result(key) else batch.load(key) for key in keys]
        try:
            for future in futures:
                if isinstance(future, asyncio.Future) and not future.done():
                    await _wait_for(future)
        except asyncio.CancelledError:
            for key, future in zip(keys, futures, strict=True):
                if isinstance(future, asyncio.Future) and not future.done():
                    batch.clear(key)
            raise
        return [_result_of(future) for future in futures]

    async def load_level(
        self,
        loader: Loader,
        keys: Sequence[Any],
        options: Any = None,
        selection: Selection | None = None,
        *,
        spender: Spender | None = None,
    ) -> list[Any]:
        """As `load_all`, for all rows of a level: an exclusive loader need not gather keys and is called directly.

        So rows are completed in the same turn of the event loop in which they were decoded, while they are in the
        caches of the processor. An answer from the cache takes as many turns as with a batch, so that loads below it
        join the same batches.
        """
        batch_key = (loader, options, id(selection))
        if loader.is_shared or batch_key in self._loaders:
            return await self.load_all(loader, keys, options, selection, spender=spender)
        results = self._levels.setdefault(batch_key, {})
        fresh = [key for key in dict.fromkeys(keys) if key not in results and not _is_result(key)]
        if fresh:
            load_context = self.load_context(loader.target, options, selection, spender=spender)
            await self._load_into(results, fresh, loader, load_context)
        for key in keys:
            if isinstance(pending := results.get(key), asyncio.Future):
                await _wait_for(pending)
        return [key if _is_result(key) else results[key] for key in keys]

    def interval(self, time_range: TimeRange) -> Interval:
        """The interval of a time range at the start time of the request; updates `stable_until`."""
        if isinstance(time_range, Relative):
            self.stable_until = min(self.stable_until, time_range.stable_until(self.now))
        return time_range.at(self.now)

    def prime(self, loader: Loader, key: Hashable, value: Any) -> None:
        """Set the result of a shared loader for a key, which then causes no call."""
        batch = self._batch(loader, None, None, None)
        batch.clear(key)
        batch.prime(key, value)

    def clear(self) -> None:
        """Drop all batches, because results from before a write do not hold after it."""
        self._loaders.clear()
        self._levels.clear()

    async def close(self) -> None:
        """Cancel the running batches and wait for their end; no batch begins afterwards."""
        self._is_closed = True
        running = [task for task in self._tasks if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)
        # Each loader refers to this object. The rows are freed now, so that the next operation finds their memory warm.
        self.clear()

    def load_context(
        self,
        target: str,
        options: Any = None,
        selection: Selection | None = None,
        *,
        operation: object = None,
        spender: Spender | None = None,
    ) -> LoadContext:
        """A context for calls without batching."""
        call_context = self._call_context.charged_to(spender)
        return LoadContext(self._client, self._organizations, call_context, self, target, options, selection, operation)

    def _batch(
        self, loader: Loader, options: Any, selection: Selection | None, spender: Spender | None
    ) -> DataLoader[Any, Any]:
        batch_key = (loader, options, 0 if loader.is_shared else id(selection))
        batch = self._loaders.get(batch_key)
        if batch is None:
            needed = self.all_on_type(loader.target) if loader.is_shared else selection
            load_context = self.load_context(loader.target, options, needed, spender=spender)
            batch = self._loaders[batch_key] = DataLoader(self._batch_function(loader, load_context))
            for key, result in self._levels.get(batch_key, {}).items():
                if not isinstance(result, asyncio.Future):
                    batch.prime(key, result)
        return batch

    async def _load_into(
        self, results: dict[Any, Any], keys: Sequence[Any], loader: Loader, load_context: LoadContext
    ) -> None:
        """Load keys of an exclusive loader; another level that needs one of them waits for it."""
        loading = asyncio.get_running_loop().create_future()
        results.update(dict.fromkeys(keys, loading))
        loaded: Mapping[Any, Any] = {}
        stats = self._call_context.stats
        try:
            await _pass_turns(TURNS_BEFORE)
            calls = stats.upstream_calls
            loaded = await loader.load(keys, load_context)
            if stats.upstream_calls == calls:
                await _pass_turns(TURNS_AFTER)
        except Exception as error:  # noqa: BLE001  # all keys fail with it
            loaded = dict.fromkeys(keys, as_value(error))
        finally:
            results.update((key, loaded.get(key)) for key in keys)
            loading.set_result(None)

    def _batch_function(
        self, loader: Loader, load_context: LoadContext
    ) -> Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]:
        async def run(keys: list[Any]) -> list[Any]:
            if self._is_closed:
                # The request was cancelled between adding keys and dispatching their batch.
                raise asyncio.CancelledError
            self._add_task()
            results = await loader.load(keys, load_context)
            return [results.get(key) for key in keys]

        return run

    def _add_task(self) -> None:
        """Remember the current task until it ends. A batch function does not: its frame stays with a cancelled task."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _pass_turns(count: int) -> None:
    """Let the event loop run what is ready, so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def _wait_for(future: asyncio.Future[Any]) -> None:
    """Return when the future is done, with a result or not. Cancelling the waiter does not cancel the future."""
    done = asyncio.get_running_loop().create_future()

    def notify(_: object) -> None:
        if not done.done():
            done.set_result(None)

    future.add_done_callback(notify)
    await done


def _is_result(key: Any) -> bool:
    """True for what stands in the place of a key that a row lacks."""
    return key is None or isinstance(key, Exception)


def _result_of(answer: Any) -> Any:
    """The result of a done future, or its exception; other values as they are."""
    if not isinstance(answer, asyncio.Future):
        return answer
    return answer.exception() or answer.result()


def _nothing_selected(_typename: str) -> Selection | None:
    return None
