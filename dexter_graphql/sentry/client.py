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
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.endpoint import Endpoint, Pages, Silo
from dexter_graphql.sentry.errors import BadRequest, BadResponse, SentryError
from dexter_graphql.sentry.generations import Generations
from dexter_graphql.sentry.hosts import AllowedHosts
from dexter_graphql.sentry.paging import Page
from dexter_graphql.sentry.scope import Scope
from dexter_graphql.sentry.shape import UNREADABLE, Form, Records
from dexter_graphql.sentry.shared.replicas import RedisOptions, Replicas
from dexter_graphql.sentry.stages import Proceed, Stage, compose
from dexter_graphql.sentry.stages.breaker import Breaker
from dexter_graphql.sentry.stages.cache import LIVES, MEBIBYTE, Cache, Life
from dexter_graphql.sentry.stages.limiter import Limiter
from dexter_graphql.sentry.stages.retry import Retry, RetryBudget
from dexter_graphql.sentry.stages.shared import Shared
from dexter_graphql.sentry.stages.single_flight import SingleFlight
from dexter_graphql.sentry.ticket import Ticket
from dexter_graphql.sentry.wire import Wire
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Figure, Metrics

Query = Sequence[tuple[str, str]]
NO_PATH: Mapping[str, str] = MappingProxyType({})
NUMBER = re.compile(r"[0-9]{1,18}")
MAX_PARAMETER = 512
"""Longer than any name of Sentry's."""
MAX_ADDRESSES = 4096
"""Paths that are remembered with their tags, and regional hosts with their endpoints."""
T = TypeVar("T")


class SentryClient:
    """The one way to Sentry. Shared by all requests; what belongs to one of them comes with its ticket."""

    def __init__(
        self,
        clock: Clock,
        wire: Wire,
        stages: Sequence[Stage],
        hosts: AllowedHosts,
        generations: Generations,
        *,
        replicas: Replicas | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.records = Records()
        self._clock = clock
        self.hosts = hosts
        self._wire = wire
        self._stages = tuple(stages)
        self._way = compose(self._stages)
        self._addressed = lru_cache(MAX_ADDRESSES)(_addressed)
        self._regional = lru_cache(MAX_ADDRESSES)(hosts.checked)
        self._generations = generations
        self._replicas = replicas
        self._metrics = metrics or Metrics()
        self._metrics.follow(self.figures)
        self._retiring: set[str] = set()
        self._log = get_log("dexter.sentry")

    async def one(
        self,
        endpoint: Endpoint,
        ticket: Ticket,
        shape: Form,
        *,
        scope: Scope,
        path: Mapping[str, str] = NO_PATH,
        query: Query = (),
    ) -> Any:
        """The record that the endpoint answers, or the Misfit that stands for it; shared with whoever asks the same."""
        reply = await self.reply(endpoint, ticket, scope=scope, path=path, query=query)
        return _read(self.records.decode_one, endpoint, reply, shape, scope)

    async def page(
        self,
        endpoint: Endpoint,
        ticket: Ticket,
        shape: Form,
        *,
        scope: Scope,
        path: Mapping[str, str] = NO_PATH,
        query: Query = (),
        size: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """One page of the endpoint's list: one call. Its rows are shared with whoever asks the same."""
        asked = (*query, *_paging(endpoint, size, cursor))
        reply = await self.reply(endpoint, ticket, scope=scope, path=path, query=asked)
        return Page(
            rows=_read(self.records.decode_list, endpoint, reply, shape, scope),
            next=reply.headers.get("cursor-next"),
            previous=reply.headers.get("cursor-previous"),
            hits=_number(reply, "x-hits"),
            max_hits=_number(reply, "x-max-hits"),
            is_direct_hit=reply.headers.get("x-sentry-direct-hit") == "1",
            is_stale=reply.is_stale,
            scope=scope,
            kept=reply.kept,
        )

    async def json(
        self,
        endpoint: Endpoint,
        ticket: Ticket,
        *,
        scope: Scope | None,
        path: Mapping[str, str] = NO_PATH,
        query: Query = (),
        body: object = None,
        touches: Iterable[str] = (),
    ) -> Any:
        """The answer as plain values, None when it has no body: for writes, and for answers that are no records."""
        reply = await self.reply(endpoint, ticket, scope=scope, path=path, query=query, body=body, touches=touches)
        if not reply.body:
            return None
        try:
            return msgspec.json.decode(reply.body)
        except UNREADABLE:
            raise BadResponse("Sentry's answer is not JSON", title=endpoint.title, status=reply.status) from None

    async def reply(
        self,
        endpoint: Endpoint,
        ticket: Ticket,
        *,
        scope: Scope | None,
        path: Mapping[str, str] = NO_PATH,
        query: Query = (),
        body: object = None,
        touches: Iterable[str] = (),
    ) -> Reply:
        """The answer undecoded. `touches` names more tags that a write makes stale, or that a read depends on."""
        organization = None if scope is None else scope.organization.slug
        encoded, tags = self._addressed(endpoint, organization, tuple(path.items()))
        call = Call(
            endpoint=endpoint.name,
            title=endpoint.title,
            method=endpoint.method,
            host=self._host(endpoint, scope),
            path=encoded,
            upstream=ticket.upstream,
            deadline=ticket.deadline,
            query=tuple(query),
            body=None if body is None else msgspec.json.encode(body),
            priority=ticket.priority,
            lifetime=endpoint.lifetime,
            is_idempotent=endpoint.is_idempotent,
            has_event_bodies=endpoint.has_event_bodies,
            tags=(*tags, *touches) if touches else tags,
            caller=ticket.caller,
        )
        started = self._clock.monotonic()
        ticket.ledger.asked += 1
        reply = await self._way(call, self._accounted(ticket))
        ticket.ledger.enter(endpoint.title, reply, self._clock.monotonic() - started)
        self._metrics.answer(
            endpoint.name, reply.origin, is_stale=reply.is_stale, retries=reply.retries, waited_s=reply.waited_s
        )
        if self._replicas is not None and not endpoint.is_read:
            await self._replicas.news.told()
        return reply

    def invalidate(self, tags: Iterable[str]) -> None:
        """Make all answers stale that depend on one of these tags, whoever asked for them."""
        self._generations.raise_(tags)

    def start(self) -> None:
        """Begin what runs by itself; to be called in the event loop."""
        if self._replicas is not None:
            self._replicas.start()

    async def close(self) -> None:
        """End what runs by itself and close all connections."""
        for stage in self._stages:
            if (close := getattr(stage, "close", None)) is not None:
                await close()
        await self._wire.close()
        if self._replicas is not None:
            await self._replicas.close()

    def state(self) -> list[str]:
        """What the stages and the wire hold, a line each, for people."""
        return [repr(part) for part in (*self._stages, self._wire)]

    def figures(self) -> Iterable[Figure]:
        """What the stages hold, as numbers."""
        return [figure for stage in self._stages for figure in getattr(stage, "figures", list)()]

    def _accounted(self, ticket: Ticket) -> Proceed:
        """The wire, paid from the ticket's budget; behind the stages, so that hits and shared flights are free."""

        async def exchange(call: Call) -> Reply:
            ticket.budget.spend()
            ticket.ledger.upstream_calls += 1
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

    def _host(self, endpoint: Endpoint, scope: Scope | None) -> str:
        if endpoint.silo is Silo.CONTROL or scope is None or scope.organization.region_url is None:
            return self.hosts.base
        return self._regional(scope.organization.region_url, title=endpoint.title)


def build_client(
    *,
    clock: Clock,
    base_url: str,
    extra_hosts: tuple[str, ...] = (),
    cache_bytes: int = 64 * MEBIBYTE,
    lives: Mapping[str, Life] = LIVES,
    attempt_timeout_s: float = 30.0,
    redis: RedisOptions | None = None,
    metrics: Metrics | None = None,
) -> SentryClient:
    """A client with its stages in their order.

    A hit or a shared flight costs nothing; each attempt asks the breaker and takes a permit; an open breaker stops the
    retries; waiting for a permit spends the deadline.
    """
    generations = Generations(clock)
    random = Random()  # noqa: S311  # spreads waits, hides nothing
    replicas = None if redis is None else Replicas.over(redis, generations, clock)
    stages: tuple[Stage, ...] = (
        Cache(clock, generations, limit_bytes=cache_bytes, lives=lives),
        SingleFlight(clock, generations),
        *(() if replicas is None else (Shared(clock, replicas, lives=lives),)),
        Retry(clock, random, RetryBudget(clock)),
        Breaker(clock),
        Limiter(clock, random, leases=None if replicas is None else replicas.leases),
    )
    wire = Wire(clock, attempt_timeout_s=attempt_timeout_s)
    return SentryClient(
        clock, wire, stages, AllowedHosts.of(base_url, extra_hosts), generations, replicas=replicas, metrics=metrics
    )


def _read(decode: Callable[..., T], endpoint: Endpoint, reply: Reply, shape: Form, scope: Scope) -> T:
    """What `decode` gives; an answer that cannot be read names its endpoint."""
    try:
        return decode(reply.body, shape, endpoint.envelope, scope, kept=reply.kept)
    except BadResponse as error:
        error.title = error.title or endpoint.title
        raise


def _paging(endpoint: Endpoint, size: int, cursor: str | None) -> Query:
    asked = ((endpoint.pages.value, str(size)),) if endpoint.pages is not Pages.NONE else ()
    return asked if cursor is None else (*asked, ("cursor", cursor))


def _addressed(
    endpoint: Endpoint, organization: str | None, path: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[str, ...]]:
    """The encoded path of a call, and the tags that its answer depends on."""
    parameters = dict(path) if organization is None else {**dict(path), "organization": organization}
    named = {name: value for name, value in parameters.items() if f"{{{name}}}" in endpoint.path}
    encoded = endpoint.path.format(**{name: _encoded(name, value) for name, value in named.items()})
    return "/api/0" + encoded, tuple(tag.format(**parameters) for tag in endpoint.tags)


def _encoded(name: str, value: str) -> str:
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
