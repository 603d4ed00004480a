"""Declaration of loaders (`bulk`, `fan_out`) and the context that they run in."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from graphql import GraphQLError
from graphql.execution.values import get_argument_values
from typing_extensions import Unpack

from dexter_graphql.engine.selection import SelectedField, Selection
from dexter_graphql.errors import as_value
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.client import NO_PATH, SentryClient
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.pagination import Page
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import AnyProjection, Projection, RowsProjection, member_paths

if TYPE_CHECKING:
    from dexter_graphql.loaders.request_loaders import RequestLoaders

T = TypeVar("T")
Load = Callable[[Sequence[Any], "LoadContext"], Awaitable[Mapping[Any, Any]]]
"""Answers keys; a key that is missing in the result is null."""
LoadOne = Callable[[Any, "LoadContext"], Coroutine[Any, Any, Any]]
FAN_OUT = 10
"""Concurrent calls of one fan-out, at most."""
CHUNK_SIZE = 100
"""Keys per call, at most."""
Reads = Callable[[str], frozenset[str]]
"""Representation → attributes of the target that the operation needs."""
Cost = Callable[[int, Reads], int]
"""Number of keys → calls to Sentry that looking them up makes at most, with nothing cached."""


class Style(StrEnum):
    """How a loader turns keys into calls."""

    BULK = "bulk"
    FAN_OUT = "fan_out"


@dataclass(frozen=True, slots=True, eq=False)
class Loader:
    """A named function that looks up keys.

    `target` is the type of the results; it decides which members are decoded. A shared loader serves several fields and
    decodes the union of what the operation selects on the target. Any other decodes what its own field selects.
    """

    name: str
    style: Style
    target: str
    uses: tuple[Endpoint, ...]
    load: Load
    is_shared: bool
    cost: Cost
    fallback_cost: Cost
    """The cost on hosts that may lack what `cost` assumes, for example the unpublished form of a list."""


def call_per_chunk(keys: int, _reads: Reads) -> int:
    """The cost of a bulk loader."""
    return -(-keys // CHUNK_SIZE)


def call_per_key(keys: int, _reads: Reads) -> int:
    """The cost of a fan-out."""
    return keys


def two_calls_per_key(keys: int, _reads: Reads) -> int:
    """The cost of a fan-out whose function calls twice."""
    return 2 * keys


def call_per_detail(keys: int, reads: Reads) -> int:
    """The cost of a bulk loader that calls for each key when members are needed that lists lack."""
    return call_per_chunk(keys, reads) if reads("detail") <= reads("list") else keys


def bulk(
    *,
    target: str,
    uses: Sequence[Endpoint],
    is_shared: bool = True,
    cost: Cost = call_per_chunk,
    fallback_cost: Cost | None = None,
) -> Callable[[Load], Loader]:
    """Declare a function of (keys, load context) that answers all keys at once."""

    def declare(load: Load) -> Loader:
        return Loader(load.__name__, Style.BULK, target, tuple(uses), load, is_shared, cost, fallback_cost or cost)

    return declare


def fan_out(
    *,
    target: str,
    uses: Sequence[Endpoint],
    is_shared: bool = False,
    width: int = FAN_OUT,
    cost: Cost = call_per_key,
    fallback_cost: Cost | None = None,
) -> Callable[[LoadOne], Loader]:
    """Declare a function of (key, load context) that answers one key; at most `width` keys run concurrently."""

    def declare(load_one: LoadOne) -> Loader:
        async def load(keys: Sequence[Any], load_context: LoadContext) -> Mapping[Any, Any]:
            return await each(keys, lambda key: load_one(key, load_context), width=width)

        style, name = Style.FAN_OUT, load_one.__name__
        return Loader(name, style, target, tuple(uses), load, is_shared, cost, fallback_cost or cost)

    return declare


async def each(
    keys: Sequence[Any], answer: Callable[[Any], Coroutine[Any, Any, Any]], *, width: int = FAN_OUT
) -> dict[Any, Any]:
    """The result of `answer` for every key, or the exception that it raised; at most `width` run concurrently."""
    results: dict[Any, Any] = dict.fromkeys(keys)
    pending = iter(results.copy())

    async def work() -> None:
        for key in pending:
            try:
                results[key] = await answer(key)
            except Exception as error:  # noqa: BLE001  # the border between keys: each exception is its key's result
                results[key] = as_value(error)

    if len(results) == 1 or width == 1:
        await work()
        return results
    async with asyncio.TaskGroup() as group:
        for _ in range(min(width, len(results))):
            group.create_task(work())
    return results


def chunks(keys: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """`keys` in chunks of at most `size`, in order."""
    return [keys[start : start + size] for start in range(0, len(keys), size)]


class RequestOptions(TypedDict, total=False):
    """Optional arguments of a request."""

    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]


class ReadOptions(RequestOptions, total=False):
    """Optional arguments of a read."""

    projection: AnyProjection


class RowsOptions(RequestOptions, total=False):
    """Optional arguments of a read of rows."""

    projection: RowsProjection


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What a loader gets besides its keys: the upstream client, the options of the field and its selection."""

    client: SentryClient
    organizations: OrganizationDirectory
    call_context: CallContext
    loaders: "RequestLoaders"
    target: str
    options: Any
    """The field's arguments as one value, None when it has none."""
    selection: Selection | None
    """The selection on the target, or on the connection around it; None outside of a document."""
    operation: Any = None
    """The operation, for mutations and subscriptions; None for loaders."""

    async def get(
        self,
        endpoint: Endpoint,
        parents: Parents,
        *,
        path: Mapping[str, str] = NO_PATH,
        query: Sequence[tuple[str, str]] = (),
        projection: AnyProjection | None = None,
    ) -> Any:
        """The record that an endpoint returns, by default in the detail representation of the target."""
        return await self.client.get_record(
            endpoint,
            self.call_context,
            projection or self.projection("detail"),
            parents=parents,
            path=path,
            query=query,
        )

    async def get_or_none(self, endpoint: Endpoint, parents: Parents, **options: Unpack[ReadOptions]) -> Any:
        """As `get`; None when the object does not exist."""
        try:
            return await self.get(endpoint, parents, **options)
        except NotFound:
            return None

    async def get_page(
        self,
        endpoint: Endpoint,
        parents: Parents,
        *,
        size: int = 100,
        cursor: str | None = None,
        **options: Unpack[RowsOptions],
    ) -> Page:
        """One page of an endpoint's list, by default in the list representation of the target."""
        return await self.client.get_page(
            endpoint,
            self.call_context,
            options.get("projection") or self.projection("list"),
            parents=parents,
            path=options.get("path", NO_PATH),
            query=options.get("query", ()),
            size=size,
            cursor=cursor,
        )

    async def get_rows(self, endpoint: Endpoint, parents: Parents, **options: Unpack[RowsOptions]) -> list[Any]:
        """The rows of the first page of an endpoint's list."""
        return (await self.get_page(endpoint, parents, **options)).rows

    async def get_page_record(
        self,
        endpoint: Endpoint,
        parents: Parents,
        projection: Projection,
        *,
        size: int = 100,
        cursor: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> tuple[Any, Page]:
        """One page whose answer is read as a whole: its record, and the page without rows."""
        return await self.client.get_page_record(
            endpoint,
            self.call_context,
            projection,
            parents=parents,
            path=options.get("path", NO_PATH),
            query=options.get("query", ()),
            size=size,
            cursor=cursor,
        )

    async def send(
        self,
        endpoint: Endpoint,
        parents: Parents,
        *,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
        body: object = None,
        touches: Iterable[str] = (),
    ) -> Reply:
        """The undecoded response of a call. `touches` names additional cache tags that a write invalidates."""
        return await self.client.send(
            endpoint, self.call_context, parents=parents, path=path, query=query, body=body, touches=touches
        )

    def projection(self, representation: str) -> Projection:
        """The members of the target that the operation needs, in a representation."""
        return self.loaders.projections.projection(self.target, representation, self.selection)

    def merge_projections(self, first: Projection, second: Projection) -> Projection:
        """A projection with the members of both, for rows that are read as two types."""
        return self.memoized(
            ("merged", first, second), lambda: self.loaders.projections.merge_projections(first, second)
        )

    def reads(self, representation: str) -> frozenset[str]:
        """Attributes of the target that the operation needs, as in `member_paths`."""
        return member_paths(self.projection(representation))

    def memoized(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute`, memoized per selection and thereby shared by all requests of one plan."""
        return compute() if self.selection is None else self.selection.memoized((self.target, key), compute)

    def child(self, path: str, target: str) -> "LoadContext":
        """The context of another target at a dotted path of fields below the selection."""
        selection = self.selection
        for name in path.split("."):
            selection = selection.child(name) if selection is not None else None
        return replace(self, target=target, selection=selection)

    def all_on_type(self, target: str) -> "LoadContext":
        """The context of another target with everything that the operation selects on it."""
        return replace(self, target=target, selection=self.loaders.all_on_type(target))

    def arguments(self, field: SelectedField) -> Mapping[str, Any]:
        """The argument values of a field below the selection; none when they are invalid, which the field reports."""
        try:
            return get_argument_values(field.definition, field.node, self.loaders.variables)
        except GraphQLError:
            return {}

    def has(self, path: str) -> bool:
        """True when the dotted path of fields is selected, for example `edges.inRange`."""
        return self.selection is not None and self.selection.has(path)

    def interval(self, time_range: TimeRange) -> Interval:
        """The interval of a time range at the start time of the request."""
        return self.loaders.interval(time_range)

    async def load(self, loader: Loader, key: Hashable, options: Any = None) -> Any:
        """The result of another loader for `key`, batched with the other keys of this request."""
        return await self.loaders.load(loader, key, options, spender=self.call_context.spender)

    async def load_each(self, loader: Loader, keys: Sequence[Hashable]) -> dict[Any, Any]:
        """The results of another loader by key; a failed key has its exception as result."""
        results = await self.loaders.load_all(loader, keys, spender=self.call_context.spender)
        return dict(zip(keys, results, strict=True))
