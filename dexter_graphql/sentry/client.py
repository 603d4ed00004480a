"""Asks Sentry: an endpoint, its parameters and a shape in, records or a page out. Composes the stages, nothing else."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.endpoint import Endpoint, Pagination, Silo
from dexter_graphql.sentry.errors import BadRequest, BadResponse, SentryError
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.http.transport import Transport, TransportOptions
from dexter_graphql.sentry.pagination import Page
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import UNREADABLE, AnyProjection, RecordDecoder
from dexter_graphql.sentry.redis.services import RedisOptions, RedisServices
from dexter_graphql.sentry.stages import CallNext, Stage, compose
from dexter_graphql.sentry.stages.breaker import Breaker
from dexter_graphql.sentry.stages.cache import MEBIBYTE, POLICIES, Cache, CachePolicy
from dexter_graphql.sentry.stages.limiter import Limiter
from dexter_graphql.sentry.stages.redis_cache import RedisCache
from dexter_graphql.sentry.stages.retry import Retry, retry_budget
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics, Sample

QueryParameters = Sequence[tuple[str, str]]
NO_PATH: Mapping[str, str] = MappingProxyType({})
NUMBER = re.compile(r"[0-9]{1,18}")
MAX_PARAMETER = 512
"""Longer than any name of Sentry's."""
MAX_PATHS = 4096
"""Paths that are remembered with their tags, and regional hosts with their endpoints."""
T = TypeVar("T")


class SentryClient:
    """The one way to Sentry. Shared by all requests; what belongs to one of them comes with its ticket."""

    def __init__(
        self,
        clock: Clock,
        wire: Transport,
        stages: Sequence[Stage],
        hosts: AllowedHosts,
        tag_versions: TagVersions,
        *,
        services: RedisServices | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.records = RecordDecoder()
        self._clock = clock
        self.hosts = hosts
        self._wire = wire
        self._stages = tuple(stages)
        self._way = compose(self._stages)
        self._addressed = lru_cache(MAX_PATHS)(_resolve_path)
        self._regional = lru_cache(MAX_PATHS)(hosts.checked)
        self._tag_versions = tag_versions
        self._services = services
        self._metrics = metrics or Metrics()
        self._metrics.register(self.collect)
        self._retiring: set[str] = set()
        self._log = get_log("dexter.sentry")

    @property
    def version(self) -> int:
        """Stands while no answer was made stale by a write or by news; see TagVersions."""
        return self._tag_versions.version

    async def one(
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
        reply = await self.reply(endpoint, call_context, parents=parents, path=path, query=query)
        return _decode_reply(self.records.decode_one, endpoint, reply, projection, parents)

    async def page(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        projection: AnyProjection,
        *,
        parents: Parents,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
        size: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """One page of the endpoint's list: one call. Its rows are shared with whoever asks the same."""
        asked = (*query, *_page_parameters(endpoint, size, cursor))
        reply = await self.reply(endpoint, call_context, parents=parents, path=path, query=asked)
        return Page(
            rows=_decode_reply(self.records.decode_list, endpoint, reply, projection, parents),
            next=reply.headers.get("cursor-next"),
            previous=reply.headers.get("cursor-previous"),
            hits=_number(reply, "x-hits"),
            max_hits=_number(reply, "x-max-hits"),
            is_direct_hit=reply.headers.get("x-sentry-direct-hit") == "1",
            is_stale=reply.is_stale,
            parents=parents,
            cache_entry=reply.cache_entry,
        )

    async def json(
        self,
        endpoint: Endpoint,
        call_context: CallContext,
        *,
        parents: Parents | None,
        path: Mapping[str, str] = NO_PATH,
        query: QueryParameters = (),
        body: object = None,
        touches: Iterable[str] = (),
    ) -> Any:
        """The answer as plain values, None when it has no body: for writes, and for answers that are no records."""
        reply = await self.reply(
            endpoint, call_context, parents=parents, path=path, query=query, body=body, touches=touches
        )
        if not reply.body:
            return None
        try:
            return msgspec.json.decode(reply.body)
        except UNREADABLE:
            raise BadResponse("Sentry's answer is not JSON", title=endpoint.title, status=reply.status) from None

    async def reply(
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
        """The answer undecoded. `touches` names more tags that a write makes stale, or that a read depends on."""
        organization = None if parents is None else parents.organization.slug
        encoded, tags = self._addressed(endpoint, organization, tuple(path.items()))
        call = Call(
            endpoint=endpoint.name,
            title=endpoint.title,
            method=endpoint.method,
            host=self._host(endpoint, parents),
            path=encoded,
            upstream=call_context.upstream,
            deadline=call_context.deadline,
            query=tuple(query),
            body=None if body is None else msgspec.json.encode(body),
            priority=call_context.priority,
            lifetime=endpoint.lifetime,
            is_idempotent=endpoint.is_idempotent,
            has_event_bodies=endpoint.has_event_bodies,
            tags=(*tags, *touches) if touches else tags,
            caller=call_context.caller,
        )
        started = self._clock.monotonic()
        call_context.stats.requested += 1
        reply = await self._way(call, self._accounted(call_context))
        call_context.stats.record(endpoint.title, reply, self._clock.monotonic() - started)
        self._metrics.answer(
            endpoint.name, reply.origin, is_stale=reply.is_stale, retries=reply.retries, waited_s=reply.waited_s
        )
        if self._services is not None and not endpoint.is_read:
            await self._services.invalidations.flush()
        return reply

    def invalidate(self, tags: Iterable[str]) -> None:
        """Make all answers stale that depend on one of these tags, whoever asked for them."""
        self._tag_versions.invalidate(tags)

    def start(self) -> None:
        """Begin what runs by itself; to be called in the event loop."""
        if self._services is not None:
            self._services.start()

    async def close(self) -> None:
        """End what runs by itself and close all connections."""
        for stage in self._stages:
            if (close := getattr(stage, "close", None)) is not None:
                await close()
        await self._wire.close()
        if self._services is not None:
            await self._services.close()

    def state(self) -> list[str]:
        """What the stages and the wire hold, a line each, for people."""
        return [repr(part) for part in (*self._stages, self._wire)]

    def collect(self) -> Iterable[Sample]:
        """What the stages and the transport hold, as numbers."""
        return [sample for part in (*self._stages, self._wire) for sample in getattr(part, "collect", list)()]

    def _accounted(self, call_context: CallContext) -> CallNext:
        """The wire, paid from the ticket's budget; behind the stages, so that hits and shared flights are free."""

        async def exchange(call: Call) -> Reply:
            call_context.budget.spend()
            call_context.stats.upstream_calls += 1
            started, outcome = self._clock.monotonic(), "cancelled"
            try:
                reply = await self._wire(call)
                outcome = "answered"
            except SentryError as error:
                outcome = type(error).__name__
                raise
            finally:
                self._metrics.attempt(call.endpoint, outcome, self._clock.monotonic() - started)
            self._notice_retirement(call, reply)
            return reply

        return exchange

    def _notice_retirement(self, call: Call, reply: Reply) -> None:
        """Sentry tells in headers what it is about to retire: count each time, and say it once."""
        date = reply.headers.get("x-sentry-deprecation-date")
        if date is None:
            return
        self._metrics.deprecated(call.endpoint)
        if call.endpoint not in self._retiring:
            self._retiring.add(call.endpoint)
            successor = reply.headers.get("x-sentry-replacement-endpoint")
            self._log.warning("Sentry retires an operation", endpoint=call.title, since=date, successor=successor)

    def _host(self, endpoint: Endpoint, parents: Parents | None) -> str:
        if endpoint.silo is Silo.CONTROL or parents is None or parents.organization.region_url is None:
            return self.hosts.base
        return self._regional(parents.organization.region_url, title=endpoint.title)


def build_client(
    *,
    clock: Clock,
    base_url: str,
    extra_hosts: tuple[str, ...] = (),
    cache_bytes: int = 64 * MEBIBYTE,
    policies: Mapping[str, CachePolicy] = POLICIES,
    transport: TransportOptions | None = None,
    redis: RedisOptions | None = None,
    metrics: Metrics | None = None,
) -> SentryClient:
    """A client with its stages in their order.

    A hit or a shared flight costs nothing; each attempt asks the breaker and takes a permit; an open breaker stops the
    retries; waiting for a permit spends the deadline.
    """
    tag_versions = TagVersions(clock)
    random = Random()  # noqa: S311  # spreads waits, hides nothing
    services = None if redis is None else RedisServices.over(redis, tag_versions, clock)
    stages: tuple[Stage, ...] = (
        Cache(clock, tag_versions, limit_bytes=cache_bytes, policies=policies),
        SingleFlightStage(clock, tag_versions),
        *(() if services is None else (RedisCache(clock, services, policies=policies),)),
        Retry(clock, random, retry_budget(clock)),
        Breaker(clock),
        Limiter(clock, random, rate_limit_shares=None if services is None else services.rate_limit_shares),
    )
    wire = Transport(clock, transport)
    return SentryClient(
        clock, wire, stages, AllowedHosts.of(base_url, extra_hosts), tag_versions, services=services, metrics=metrics
    )


def _decode_reply(
    decode: Callable[..., T], endpoint: Endpoint, reply: Reply, projection: AnyProjection, parents: Parents
) -> T:
    """What `decode` gives; an answer that cannot be read names its endpoint."""
    try:
        return decode(reply.body, projection, endpoint.envelope, parents, cache_entry=reply.cache_entry)
    except BadResponse as error:
        error.title = error.title or endpoint.title
        raise


def _page_parameters(endpoint: Endpoint, size: int, cursor: str | None) -> QueryParameters:
    asked = ((endpoint.pages.value, str(size)),) if endpoint.pages is not Pagination.NONE else ()
    return asked if cursor is None else (*asked, ("cursor", cursor))


def _resolve_path(
    endpoint: Endpoint, organization: str | None, path: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[str, ...]]:
    """The encoded path of a call, and the tags that its answer depends on."""
    parameters = dict(path) if organization is None else {**dict(path), "organization": organization}
    named = {name: value for name, value in parameters.items() if f"{{{name}}}" in endpoint.path}
    encoded = endpoint.path.format(**{name: _encode_parameter(name, value) for name, value in named.items()})
    return "/api/0" + encoded, tuple(tag.format(**parameters) for tag in endpoint.tags)


def _encode_parameter(name: str, value: str) -> str:
    """A path parameter, percent-encoded whole; one that would change the path is refused."""
    if not value or value in {".", ".."} or len(value) > MAX_PARAMETER:
        raise BadRequest(f"'{value[:40]}' cannot be a {name}")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise BadRequest(f"A {name} cannot hold half a character") from None


def _number(reply: Reply, header: str) -> int | None:
    value = reply.headers.get(header)
    return None if value is None or NUMBER.fullmatch(value) is None else int(value)
