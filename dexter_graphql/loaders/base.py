"""Knows what a loader is and how one request runs its batches; knows no noun and no endpoint.

A loader declares itself `bulk` (one call answers many keys) or `fan_out` (a bounded number of calls side by side, one
per key). Batches belong to the request: they end with it, a key whose last waiter left is forgotten, and an exception
belongs to its key alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from aiodataloader import DataLoader

from dexter_graphql.engine.selection import Selection
from dexter_graphql.loaders.time_ranges import Interval, Relative, TimeRange
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.projection import Projection

T = TypeVar("T")
FAN_OUT = 10
"""Calls that one fan-out makes side by side at most."""


class Style(StrEnum):
    """How a loader turns keys into calls."""

    BULK = "bulk"
    FAN_OUT = "fan_out"


@dataclass(frozen=True, slots=True, eq=False)
class Loader:
    """One way to look something up.

    `target` names the noun that the answers are, so that the members to decode can be told from the document.
    `is_shared` loaders are asked by many fields and decode the union of what the operation selects on the target;
    the others decode what their own field selects.
    """

    name: str
    style: Style
    target: str
    uses: tuple[Endpoint, ...]
    load: Callable[[Sequence[Any], "LoadContext"], Awaitable[Mapping[Any, Any]]]
    is_shared: bool


class ProjectionFactory(Protocol):
    """Whoever can tell which members of a noun a selection reads; the graph does."""

    def projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        """The members of `typename` in `form` that `selection` reads."""
        ...

    def merge_projections(self, one: Projection, other: Projection) -> Projection:
        """A shape with the members of both, under the first one's name."""
        ...


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What a loader is told besides the keys."""

    client: SentryClient
    organizations: OrganizationDirectory
    call_context: CallContext
    loaders: "RequestLoaders"
    target: str
    options: Any
    """The field's arguments as one value, None when it has none."""
    selection: Selection | None
    """What is selected on the target, or on the connection around it; None outside of a document."""
    operation: Any = None
    """The operation that asks, for calls that do more than ask (changes and streams); None for loaders."""

    def projection(self, representation: str) -> Projection:
        """Members of the target that will be read, as that form has them."""
        return self.loaders.projections.projection(self.target, representation, self.selection)

    def merge_projections(self, one: Projection, other: Projection) -> Projection:
        """A shape with the members of both, for answers whose rows are read as two types."""
        return self.memoized(("merged", one, other), lambda: self.loaders.projections.merge_projections(one, other))

    def reads(self, representation: str) -> frozenset[str]:
        """Attributes of the target that will be read."""
        return frozenset(member.attr for member in self.projection(representation).members)

    def memoized(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` made of the selection the first time: the same for all requests that a plan serves."""
        return compute() if self.selection is None else self.selection.memoized((self.target, key), compute)

    def child(self, path: str, target: str) -> "LoadContext":
        """The same for `target`, which stands at this dotted path of fields below the selection."""
        here = self.selection
        for name in path.split("."):
            here = here.child(name) if here is not None else None
        return replace(self, target=target, selection=here)

    def all_on_type(self, target: str) -> "LoadContext":
        """The same for `target`, with all that the operation selects on it."""
        return replace(self, target=target, selection=self.loaders.all_on_type(target))

    def has(self, path: str) -> bool:
        """True when the dotted path of fields is selected below, for example `edges.inRange`."""
        return self.selection is not None and self.selection.has(path)

    def interval(self, time_range: TimeRange) -> Interval:
        """From when to when a stretch is in this request, which has one present instant from beginning to end."""
        return self.loaders.interval(time_range)

    async def load(self, loader: Loader, key: Hashable, options: Any = None) -> Any:
        """Another loader's answer for `key`, batched with everybody else's in this request."""
        return await self.loaders.load(loader, key, options)

    async def load_each(self, loader: Loader, keys: Sequence[Hashable]) -> dict[Any, Any]:
        """The same for many keys: the answer of each, or the exception that stands for it."""
        return dict(zip(keys, await self.loaders.load_all(loader, keys), strict=True))


def bulk(
    *, target: str, uses: Sequence[Endpoint], is_shared: bool = True
) -> Callable[[Callable[[Sequence[Any], LoadContext], Awaitable[Mapping[Any, Any]]]], Loader]:
    """Declare a function of (keys, lookup) that answers all keys at once; a key it leaves out is null."""

    def declare(load: Callable[[Sequence[Any], LoadContext], Awaitable[Mapping[Any, Any]]]) -> Loader:
        return Loader(load.__name__, Style.BULK, target, tuple(uses), load, is_shared)

    return declare


def fan_out(
    *, target: str, uses: Sequence[Endpoint], is_shared: bool = False, width: int = FAN_OUT
) -> Callable[[Callable[[Any, LoadContext], Coroutine[Any, Any, Any]]], Loader]:
    """Declare a function of (key, lookup) that answers one key; keys run side by side, at most `width` at once."""

    def declare(load_one: Callable[[Any, LoadContext], Coroutine[Any, Any, Any]]) -> Loader:
        async def load(keys: Sequence[Any], load_context: LoadContext) -> Mapping[Any, Any]:
            return await each(keys, lambda key: load_one(key, load_context), width=width)

        return Loader(load_one.__name__, Style.FAN_OUT, target, tuple(uses), load, is_shared)

    return declare


async def each(
    keys: Sequence[Any], answer: Callable[[Any], Coroutine[Any, Any, Any]], *, width: int = FAN_OUT
) -> dict[Any, Any]:
    """`answer` of every key, or the exception that it raised, at most `width` at once."""
    found: dict[Any, Any] = dict.fromkeys(keys)
    waiting = iter(found.copy())

    async def work() -> None:
        for key in waiting:
            try:
                found[key] = await answer(key)
            except Exception as error:  # noqa: BLE001  # the border between keys: each exception is its key's answer
                found[key] = error

    if len(found) == 1 or width == 1:
        await work()
        return found
    async with asyncio.TaskGroup() as group:
        for _ in range(min(width, len(found))):
            group.create_task(work())
    return found


def chunks(keys: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """`keys` cut into pieces of at most `size`, in order."""
    return [keys[start : start + size] for start in range(0, len(keys), size)]


class RequestLoaders:
    """The loaders of one request: a batch per loader, options and selection, alive as long as the request.

    `now` is the instant at which it began.
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
        """When a stretch that was asked for becomes another one."""
        self._client = client
        self._organizations = organizations
        self._call_context = call_context
        self._loaders: dict[tuple[Loader, Any, int], DataLoader[Any, Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._all_on_type: Callable[[str], Selection | None] = _nothing_selected

    def use_selection(self, all_on_type: Callable[[str], Selection | None]) -> None:
        """Tell the batches how to find what the operation selects on a type."""
        self._all_on_type = all_on_type

    def all_on_type(self, typename: str) -> Selection | None:
        """What the whole operation selects on a type."""
        return self._all_on_type(typename)

    async def load(self, loader: Loader, key: Hashable, options: Any = None, selection: Selection | None = None) -> Any:
        """The loader's answer for one key; None when it has none. Raises what the loader raised for this key."""
        batch = self._batch(loader, options, selection)
        future = batch.load(key)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not future.done():
                batch.clear(key)
            raise

    async def load_all(
        self, loader: Loader, keys: Sequence[Any], options: Any = None, selection: Selection | None = None
    ) -> list[Any]:
        """The loader's answer for each key, in order: None when it has none, the exception when it failed.

        A key may be None, or the exception that stands for it: then that is the answer.
        """
        batch = self._batch(loader, options, selection)
        futures = [key if key is None or isinstance(key, Exception) else batch.load(key) for key in keys]
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

    def interval(self, time_range: TimeRange) -> Interval:
        """From when to when a stretch is, seen from the request's instant; it remembers how long that is the same."""
        if isinstance(time_range, Relative):
            self.stable_until = min(self.stable_until, time_range.stable_until(self.now))
        return time_range.at(self.now)

    def prime(self, loader: Loader, key: Hashable, value: Any) -> None:
        """Take `value` as a shared loader's answer for a key, so that nobody need ask."""
        batch = self._batch(loader, None, None)
        batch.clear(key)
        batch.prime(key, value)

    def clear(self) -> None:
        """Begin all batches anew: what was read before a write is not the answer after it."""
        self._loaders.clear()

    async def close(self) -> None:
        """Cancel what is still running and wait for it; nothing outlives the request."""
        running = [task for task in self._tasks if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)

    def load_context(
        self, target: str, options: Any = None, selection: Selection | None = None, operation: object = None
    ) -> LoadContext:
        """A lookup of `target`, for whoever asks Sentry without batching."""
        return LoadContext(
            self._client, self._organizations, self._call_context, self, target, options, selection, operation
        )

    def _batch(self, loader: Loader, options: Any, selection: Selection | None) -> DataLoader[Any, Any]:
        place = (loader, options, 0 if loader.is_shared else id(selection))
        found = self._loaders.get(place)
        if found is None:
            wanted = self.all_on_type(loader.target) if loader.is_shared else selection
            load_context = self.load_context(loader.target, options, wanted)
            found = self._loaders[place] = DataLoader(self._batch_function(loader, load_context))
        return found

    def _batch_function(
        self, loader: Loader, load_context: LoadContext
    ) -> Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]:
        async def run(keys: list[Any]) -> list[Any]:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            answers = await loader.load(keys, load_context)
            return [answers.get(key) for key in keys]

        return run


async def _wait_for(future: asyncio.Future[Any]) -> None:
    """Return when the future has ended, in whatever way; it goes on when whoever waits here is cancelled."""
    ended = asyncio.get_running_loop().create_future()

    def tell(_: object) -> None:
        if not ended.done():
            ended.set_result(None)

    future.add_done_callback(tell)
    await ended


def _result_of(answer: Any) -> Any:
    """What became of a key: its answer, or the exception that stands for it."""
    if not isinstance(answer, asyncio.Future):
        return answer
    return answer.exception() or answer.result()


def _nothing_selected(_typename: str) -> Selection | None:
    return None
