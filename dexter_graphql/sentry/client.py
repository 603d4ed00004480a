"""Client of Sentry's REST API: sends a declared endpoint's calls through the stages and decodes the answers.

Longer than most modules, because reads and writes of one client share its caches and its checks of credentials.
"""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.cache_tags import TagSnapshot, TagVersions
from dexter_graphql.sentry.call import Call, FileContent, FileForm, Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.credentials import CredentialRegistry, Listener, credential_tag, is_rejection
from dexter_graphql.sentry.endpoint import Endpoint, Pagination, Silo
from dexter_graphql.sentry.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    OutOfReach,
    SentryError,
    Unauthorized,
)
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.http.json_text import repair_json
from dexter_graphql.sentry.http.transport import Transport, TransportOptions
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.narrowing.narrowed_calls import NarrowedCalls
from dexter_graphql.sentry.narrowing.personal_terms import check_personal_terms
from dexter_graphql.sentry.narrowing.request import EndpointRequest
from dexter_graphql.sentry.pagination import Page
from dexter_graphql.sentry.parameters import check_query, encode_body
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection, Projection, RecordDecoder, RowsProjection
from dexter_graphql.sentry.redis.options import RedisOptions
from dexter_graphql.sentry.stages import CallNext, Handler, Stage, compose
from dexter_graphql.sentry.stages.breaker import Breaker
from dexter_graphql.sentry.stages.cache import DEFAULT_LIMIT_BYTES, POLICIES, Cache, CachePolicy
from dexter_graphql.sentry.stages.limiter import Limiter
from dexter_graphql.sentry.stages.project_names import ProjectNames
from dexter_graphql.sentry.stages.rejection import EndOnRejection
from dexter_graphql.sentry.stages.retry import Retry, RetryBudget
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from dexter_graphql.sentry.tag_watches import TagWatches
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics, Sample

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.leases import SharedLeases
    from dexter_graphql.sentry.redis.marks import SharedMarks
    from dexter_graphql.sentry.redis.quota_windows import QuotaWindows
    from dexter_graphql.sentry.redis.services import RedisServices
    from dexter_graphql.sentry.redis.shared_texts import SharedTexts

QueryParameters = Sequence[tuple[str, str]]
NO_PATH: Mapping[str, str] = MappingProxyType({})
MAX_COUNT_DIGITS = 18
MAX_PATHS = 4096
"""Resolved paths, and checked regional hosts, that are kept."""
T = TypeVar("T")


class SentryClient:
    """Shared by all requests; what belongs to one operation comes with its CallContext."""

    def __init__(
        self,
        clock: Clock,
        transport: Transport,
        stages: Sequence[Stage],
        hosts: AllowedHosts,
        tag_versions: TagVersions,
        *,
        credentials: CredentialRegistry | None = None,
        services: "RedisServices | None" = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.records = RecordDecoder()
        self.hosts = hosts
        self.credentials = credentials or CredentialRegistry(clock, tag_versions)
        self._clock = clock
        self._transport = transport
        self._stages = tuple(stages)
        self._handler = compose(self._stages)
        self._file_handler = compose([stage for stage in self._stages if isinstance(stage, Breaker | Limiter)])
        # An upload takes as long as its client, which says nothing about Sentry's health.
        self._upload_handler = compose([stage for stage in self._stages if isinstance(stage, Cache | Limiter)])
        self._resolve_path = lru_cache(MAX_PATHS)(_resolve_path)
        self._check_host = lru_cache(MAX_PATHS)(hosts.checked)
        self._tag_versions = tag_versions
        self.tag_watches = TagWatches(tag_versions)
        self._services = services
        self._metrics = metrics or Metrics()
        self._metrics.register(self.collect)
        self._deprecated: set[str] = set()
        self._narrowed_calls = NarrowedCalls(clock, self._send)
        self._log = get_log("dexter.sentry")

    @property
    def version(self) -> int:
        """A number that changes whenever cached answers were invalidated; see TagVersions."""
        return self._tag_versions.version

    def rate_limit(self, upstream_key: str) -> float | None:
        """The lowest of Sentry's limits for a credential's calls that are known, in calls a second; None without."""
        return next(stage.rate_limit(upstream_key) for stage in self._stages if isinstance(stage, Limiter))

    @property
    def cached_answers(self) -> BoundedMap[Hashable, Any]:
        """All cached answers, within one limit and in one order of use; whole responses are kept among them."""
        return next(stage.answers for stage in self._stages if isinstance(stage, Cache))

    async def get_record(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        projection: AnyProjection,
        *,
        parents: Parents,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
    ) -> Any:
        """The record that the endpoint answers, or the InvalidValue that replaces it; shared between equal reads."""
        reply = await self.send(endpoint, call_context, parents=parents, path=path, query=query)
        return _decode_reply(self.records.decode_one, endpoint, reply, projection, parents)

    async def get_page(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        projection: RowsProjection,
        *,
        parents: Parents,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
        size: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """One page of the endpoint's list, from one call. Its rows are shared between equal reads."""
        query = (*query, *_page_parameters(endpoint, size, cursor))
        reply = await self.send(endpoint, call_context, parents=parents, path=path, query=query)
        return _page(reply, _decode_reply(self.records.decode_list, endpoint, reply, projection, parents), parents)

    async def get_page_record(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        projection: Projection,
        *,
        parents: Parents,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
        size: int = 100,
        cursor: str | None = None,
    ) -> tuple[Any, Page]:
        """One page whose answer is read as a whole, for what it says besides its rows; the page has no rows itself."""
        query = (*query, *_page_parameters(endpoint, size, cursor))
        reply = await self.send(endpoint, call_context, parents=parents, path=path, query=query)
        record = _decode_reply(self.records.decode_one, endpoint, reply, projection, parents, envelope=())
        return record, _page(reply, [], parents)

    async def get_json(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        *,
        parents: Parents | None,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
    ) -> Any:
        """The answer as plain values, for answers that are no records."""
        return decode_json(endpoint, await self.send(endpoint, call_context, parents=parents, path=path, query=query))

    async def send(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        *,
        parents: Parents | None,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
        body: object = None,
        touches: Iterable[str] = (),
    ) -> Reply:
        """The answer undecoded. `touches` are more tags that a write invalidates, or that a read depends on.

        Raises OutOfReach, without a call, for what the caller may not do.
        """
        request = EndpointRequest(endpoint, parents, path, query, body, touches)
        _check_access(request, call_context)
        if call_context.is_shared_token:
            check_personal_terms(request)
        if call_context.projects is None:
            return await self._send(request, call_context)
        return await self._narrowed_calls.send(request, call_context)

    async def _send(self, request: EndpointRequest, call_context: CallContext) -> Reply:
        """The answer to a request, restricted to nothing."""
        call = self._call(request, call_context)
        if request.body is not None:
            call = msgspec.structs.replace(call, body=encode_body(request.endpoint, request.body))
        if request.touches:
            call = msgspec.structs.replace(call, tags=(*call.tags, *request.touches))
        reply = await self._perform(call, request.endpoint, call_context, self._handler, self._transport)
        if self._services is not None and not request.endpoint.is_read:
            await self._services.invalidations.flush()
        return reply

    @asynccontextmanager
    async def download(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        *,
        parents: Parents,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
    ) -> AsyncIterator[FileContent]:
        """The content of a file, past the caches: only the circuit breaker and the rate limiter apply."""
        request = await self.narrow(EndpointRequest(endpoint, parents, path, query), call_context)
        contents: list[FileContent] = []
        async with AsyncExitStack() as stack:

            async def open_file(call: Call) -> Reply:
                content = await stack.enter_async_context(self._transport.download(call))
                contents.append(content)
                return Reply(status=200, headers=content.headers, body=b"", fetched_at=self._clock.time())

            call = self._call(request, call_context)
            await self._perform(call, endpoint, call_context, self._file_handler, open_file)
            yield contents[-1]

    async def upload(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        form: FileForm,
        *,
        parents: Parents,
        path: Mapping[str, str] = NO_PATH,
    ) -> Reply:
        """The answer to a form with a file. It is sent once, within the rate limits, and invalidates tags."""
        request = await self.narrow(EndpointRequest(endpoint, parents, path), call_context)

        async def send_form(call: Call) -> Reply:
            return await self._transport.upload(call, form)

        reply = await self._perform(
            self._call(request, call_context), endpoint, call_context, self._upload_handler, send_form
        )
        if self._services is not None:
            await self._services.invalidations.flush()
        return reply

    async def narrow(self, request: EndpointRequest, call_context: CallContext) -> EndpointRequest:
        """The request for what the caller may reach; raises as `send` does."""
        _check_access(request, call_context)
        if call_context.projects is None:
            return request
        return await self._narrowed_calls.narrow(request, call_context)

    def _call(self, request: EndpointRequest, call_context: CallContext) -> Call:
        """The call of a request, without a body."""
        endpoint, parents, path, query = request[:4]
        organization = None if parents is None else parents.organization.slug
        encoded_path, tags = self._resolve_path(endpoint, organization, tuple(path.items()))
        check_query(endpoint, query)
        upstream = call_context.upstream
        if endpoint.is_read:
            tags = (*tags, credential_tag(upstream.key))
        return Call(
            endpoint=endpoint.name,
            title=endpoint.title,
            method=endpoint.method,
            host=self._host(endpoint, parents),
            path=encoded_path,
            upstream=upstream,
            deadline=call_context.deadline,
            query=tuple(query),
            priority=call_context.priority,
            lifetime=endpoint.lifetime,
            is_idempotent=endpoint.is_idempotent,
            has_event_bodies=endpoint.has_event_bodies,
            tags=tags,
            caller=call_context.caller,
        )

    def invalidate(self, tags: Iterable[str], *, is_local: bool = True) -> None:
        """Invalidate all cached answers that depend on one of these tags, of all credentials.

        Other replicas learn of it, too, unless another replica did it.
        """
        self._tag_versions.invalidate(tags, is_local=is_local)

    def on_rejected(self, listener: Listener) -> None:
        """Call `listener` with the key of every credential that Sentry rejects (401) from now on."""
        self.credentials.subscribe(listener)

    def credential_snapshot(self, upstream_key: str) -> TagSnapshot:
        """A value that changes when what was read with a credential is no longer valid."""
        return self._tag_versions.snapshot((credential_tag(upstream_key),))

    def is_saas(self, organization: OrganizationRef) -> bool:
        """True when the organization's host serves everything that sentry.io does."""
        return (organization.region_url or self.hosts.base) in self.hosts.saas

    @property
    def has_all_endpoints(self) -> bool:
        """True when the configured host is known to serve everything that sentry.io does."""
        return self.hosts.base in self.hosts.saas

    @property
    def redis(self) -> "RedisServices | None":
        """The connection to Redis and what uses it; None without Redis."""
        return self._services

    @property
    def quota_windows(self) -> "QuotaWindows | None":
        """Budgets of callers that replicas share through Redis; None without Redis."""
        return None if self._services is None else self._services.quota_windows

    def shared_texts(self, kind: str, max_count: int) -> "SharedTexts | None":
        """Return the texts of one kind that replicas share through Redis; None without Redis."""
        return None if self._services is None else self._services.texts(kind, max_count)

    def shared_marks(self, kind: str) -> "SharedMarks | None":
        """Return the marks of one kind that replicas share through Redis; None without Redis."""
        return None if self._services is None else self._services.marks(kind)

    def shared_leases(self, kind: str) -> "SharedLeases | None":
        """Return the leases of one kind that replicas compete for through Redis; None without Redis."""
        return None if self._services is None else self._services.leases(kind)

    def start(self) -> None:
        """Start the background tasks; to be called in the event loop."""
        if self._services is not None:
            self._services.start()

    async def close(self) -> None:
        """End the background tasks and close all connections."""
        for stage in self._stages:
            if (close := getattr(stage, "close", None)) is not None:
                await close()
        await self._transport.close()
        if self._services is not None:
            await self._services.close()

    def state(self) -> list[str]:
        """The state of the stages and of the transport, a line each, for people."""
        return [repr(part) for part in (*self._stages, self._transport)]

    def collect(self) -> Iterable[Sample]:
        """The metrics of the stages, of the transport and of the watches."""
        parts = (*self._stages, self._transport, self.tag_watches)
        return [sample for part in parts for sample in getattr(part, "collect", list)()]

    async def _perform(
        self, call: Call, endpoint: Endpoint, call_context: CallContext, handler: Handler, transport: CallNext
    ) -> Reply:
        """Lead a call through the stages and enter it into the statistics of the operation."""
        stats, upstream_key = call_context.stats, call.upstream.key
        stats.requested += 1
        stats.tags.update(call.tags)
        started = self._clock.monotonic()
        try:
            self._check_credential(call_context)
            generation = self.credentials.generation(upstream_key)
            reply = await handler(call, self._exchange_for(call_context, transport))
            self._check_credential(call_context)
            if generation != self.credentials.generation(upstream_key):
                raise self.credentials.rejection(upstream_key, call.title)
        except SentryError as error:
            if isinstance(error, Unauthorized) and is_rejection(error):
                stats.rejection = copy(error)  # which has no frames
            if isinstance(error, Forbidden):
                error.scopes = error.scopes or endpoint.scopes
            stats.record_failure(call.title, error, self._clock.monotonic() - started)
            raise
        self.credentials.accept(upstream_key)
        stats.record(call.title, reply, self._clock.monotonic() - started)
        self._metrics.answer(call.endpoint, reply.origin, is_stale=reply.is_stale, waited_s=reply.waited_s)
        return reply

    def _check_credential(self, call_context: CallContext) -> None:
        self.credentials.check(call_context.upstream.key)
        rejection = call_context.stats.rejection
        if rejection is not None:
            raise Unauthorized(str(rejection), title=rejection.title, status=rejection.status)

    def _exchange_for(self, call_context: CallContext, transport: CallNext) -> CallNext:
        """The transport, charged to the operation's budget; below the stages, so that cached answers are free."""
        attempts = 0

        async def exchange(call: Call) -> Reply:
            nonlocal attempts
            self._check_credential(call_context)
            call_context.budget.spend(call_context.spender)
            call_context.stats.upstream_calls += 1
            call_context.stats.first_attempts += not attempts
            attempts += 1
            if attempts > 1:
                self._metrics.retry(call.endpoint)
            started, outcome = self._clock.monotonic(), "cancelled"
            try:
                reply = await transport(call)
                outcome = "answered"
            except Unauthorized as error:
                outcome = type(error).__name__
                self.credentials.handle(call.upstream.key, error)
                raise
            except SentryError as error:
                outcome = type(error).__name__
                if isinstance(error, ClientError):
                    self.credentials.accept(call.upstream.key)
                raise
            finally:
                self._metrics.attempt(call.endpoint, outcome, self._clock.monotonic() - started)
            self._metrics.retry(call.endpoint, times=reply.retries)
            self._notice_deprecation(call, reply)
            body = repair_json(reply.body)
            return reply if body is reply.body else msgspec.structs.replace(reply, body=body)

        return exchange

    def _notice_deprecation(self, call: Call, reply: Reply) -> None:
        """Sentry announces in headers what it will remove: count each time, and log it once."""
        date = reply.headers.get("x-sentry-deprecation-date")
        if date is None:
            return
        self._metrics.deprecated(call.endpoint)
        if call.endpoint not in self._deprecated:
            self._deprecated.add(call.endpoint)
            successor = reply.headers.get("x-sentry-replacement-endpoint")
            self._log.warning("Sentry will remove an endpoint", endpoint=call.title, since=date, successor=successor)

    def _host(self, endpoint: Endpoint, parents: Parents | None) -> str:
        if endpoint.silo is Silo.CONTROL or parents is None or parents.organization.region_url is None:
            return self.hosts.base
        return self._check_host(parents.organization.region_url, title=endpoint.title)


def build_client(
    *,
    clock: Clock,
    base_url: str,
    extra_hosts: tuple[str, ...] = (),
    cache_bytes: int = DEFAULT_LIMIT_BYTES,
    policies: Mapping[str, CachePolicy] = POLICIES,
    transport: TransportOptions | None = None,
    redis: RedisOptions | None = None,
    metrics: Metrics | None = None,
) -> SentryClient:
    """A client with its stages in their order.

    A cache hit or a shared call costs nothing; each attempt asks the breaker and takes a permit; an open breaker ends
    the retries; waiting for a permit spends the deadline.
    """
    tag_versions = TagVersions(clock)
    credentials = CredentialRegistry(clock, tag_versions)
    random = Random()  # noqa: S311  # spreads waits, hides nothing
    services = None if redis is None else _connect_redis(redis, credentials, tag_versions, clock)
    hosts = AllowedHosts.of(base_url, extra_hosts)
    stages: tuple[Stage, ...] = (
        ProjectNames(clock, hosts.saas),
        Cache(clock, tag_versions, limit_bytes=cache_bytes, policies=policies),
        EndOnRejection(credentials),
        SingleFlightStage(clock, tag_versions),
        *(() if services is None else (_redis_cache(clock, services, policies),)),
        Retry(clock, random, RetryBudget(clock)),
        Breaker(clock),
        Limiter(clock, random, rate_limit_shares=None if services is None else services.rate_limit_shares),
    )
    return SentryClient(
        clock,
        Transport(clock, transport),
        stages,
        hosts,
        tag_versions,
        credentials=credentials,
        services=services,
        metrics=metrics,
    )


def _connect_redis(
    options: RedisOptions, credentials: CredentialRegistry, tag_versions: TagVersions, clock: Clock
) -> "RedisServices":
    # Imported where it is used: redis-py and cryptography take 15 MiB.
    from dexter_graphql.sentry.redis.services import RedisServices  # noqa: PLC0415

    return RedisServices.connect(options, credentials, tag_versions, clock)


def _redis_cache(clock: Clock, services: "RedisServices", policies: Mapping[str, CachePolicy]) -> Stage:
    from dexter_graphql.sentry.stages.redis_cache import RedisCache  # noqa: PLC0415  # as above

    return RedisCache(clock, services, policies=policies)


def _check_access(request: EndpointRequest, call_context: CallContext) -> None:
    """Raise OutOfReach for a request above the caller's access level."""
    needed = request.endpoint.restriction.access
    if not call_context.access.includes(needed):
        message = f"This caller has {call_context.access} access; this needs {needed} access"
        raise OutOfReach(message, title=request.endpoint.title)


def decode_json(endpoint: Endpoint, reply: Reply) -> Any:
    """The answer as plain values, None when it has no body."""
    if not reply.body:
        return None
    try:
        return msgspec.json.decode(reply.body)
    except UNREADABLE:
        raise BadResponse("Sentry's answer is not JSON", title=endpoint.title, status=reply.status) from None


def _decode_reply(
    decode: Callable[..., T],
    endpoint: Endpoint,
    reply: Reply,
    projection: RowsProjection,
    parents: Parents,
    *,
    envelope: tuple[str, ...] | None = None,
) -> T:
    """What `decode` returns; an answer that cannot be read names its endpoint. `envelope` is by default that of it."""
    envelope = endpoint.envelope if envelope is None else envelope
    try:
        return decode(reply.body, projection, envelope, parents, cache_entry=reply.cache_entry)
    except BadResponse as error:
        error.title = error.title or endpoint.title
        raise


def _page(reply: Reply, rows: list[Any], parents: Parents) -> Page:
    """The page in an answer."""
    return Page(
        rows=rows,
        next=reply.headers.get("cursor-next"),
        previous=reply.headers.get("cursor-previous"),
        hits=_count(reply, "x-hits"),
        max_hits=_count(reply, "x-max-hits"),
        is_direct_hit=reply.headers.get("x-sentry-direct-hit") == "1",
        is_stale=reply.is_stale,
        parents=parents,
        cache_entry=reply.cache_entry,
        is_narrowed=reply.is_narrowed,
    )


def _page_parameters(endpoint: Endpoint, size: int, cursor: str | None) -> QueryParameters:
    parameters = ((endpoint.pages.value, str(size)),) if endpoint.pages is not Pagination.NONE else ()
    return parameters if cursor is None else (*parameters, ("cursor", cursor))


def _resolve_path(
    endpoint: Endpoint, organization: str | None, path: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[str, ...]]:
    """The encoded path of a call and the tags that its answer depends on."""
    parameters = dict(path) if organization is None else {**dict(path), "organization": organization}
    return "/api/0" + endpoint.encode_path(parameters), tuple(tag.format(**parameters) for tag in endpoint.tags)


def _count(reply: Reply, header: str) -> int | None:
    """A number in a header; None for what is no number or an absurd one."""
    value = reply.headers.get(header, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= MAX_COUNT_DIGITS else None
