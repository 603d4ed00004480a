"""The composition root: settings in, ASGI application out; start-up, draining and shutdown."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.types import ASGIApp

from dexter_graphql.clock import Clock
from dexter_graphql.engine.compiler import CompileBudget, Compiler
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.graph.context import Services
from dexter_graphql.graph.declarations.fields import record_typename
from dexter_graphql.graph.identity import Identity
from dexter_graphql.graph.schema import Graph, build_graph
from dexter_graphql.loaders.issues.visibility import IssueVisibility
from dexter_graphql.operations.library import load_library
from dexter_graphql.operations.limits import DocumentLimits, Limits
from dexter_graphql.realtime.feed import in_memory_feed
from dexter_graphql.realtime.webhooks.receiver import WebhookReceiver
from dexter_graphql.realtime.webhooks.signatures import Signers
from dexter_graphql.sentry import call_context as tickets
from dexter_graphql.sentry.client import SentryClient, build_client
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.sentry.http.proxies import ProxySettings
from dexter_graphql.sentry.http.transport import TransportOptions
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.redis.services import RedisOptions
from dexter_graphql.sentry.stages.cache import MEBIBYTE, POLICIES, CachePolicy
from dexter_graphql.server.auth import Authenticator
from dexter_graphql.server.connections import ConnectionLimits, ConnectionPool
from dexter_graphql.server.console import Console
from dexter_graphql.server.executor import RequestExecutor
from dexter_graphql.server.graphql import GraphQLEndpoint
from dexter_graphql.server.health import Readiness, health_routes
from dexter_graphql.server.metrics import metrics_routes
from dexter_graphql.server.response_cache import ResponseCache
from dexter_graphql.server.routes import build_app
from dexter_graphql.server.webhooks import webhook_routes
from dexter_graphql.server.websocket import Sockets
from dexter_graphql.settings import Engine, Settings
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

FIRST_CONTACT_S = 10.0
"""Time for one try to reach Sentry at the start."""
RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Dexter:
    """A server that is ready to be served: its application, its connections, its readiness and its Sentry client."""

    app: ASGIApp
    connections: ConnectionPool
    readiness: Readiness
    client: SentryClient


def create_app(
    settings: Settings,
    *,
    is_sandbox: bool = False,
    clock: Clock | None = None,
    policies: Mapping[str, CachePolicy] = POLICIES,
) -> Dexter:
    """The whole server. `is_sandbox` says that the configured Sentry is the embedded one, where anybody may write.

    `lives` replaces how long answers are fresh, stale and spare.
    """
    clock = clock or Clock()
    graph, metrics = build_graph(), Metrics()
    client = build_client(
        clock=clock,
        base_url=settings.sentry_url,
        extra_hosts=settings.sentry_hosts,
        cache_bytes=settings.cache_mib * MEBIBYTE,
        policies=policies,
        transport=transport_options(settings),
        redis=redis_options(settings),
        metrics=metrics,
    )
    services = Services(
        client=client,
        organizations=OrganizationDirectory(client, clock),
        entities=graph.binder,
        clock=clock,
        changes=in_memory_feed(clock, settings.secret.get_secret_value().encode()),
        visibility=IssueVisibility(client, clock),
        deadline_s=settings.deadline_s,
        call_budget=settings.call_budget,
    )
    limits = Limits(
        max_tokens=settings.max_tokens,
        max_depth=settings.max_depth,
        max_aliases=settings.max_aliases,
        max_root_fields=settings.max_root_fields,
        max_fields=settings.max_fields,
        has_introspection=settings.has_introspection,
    )
    compiler = compiler_of(graph, settings)
    pipeline = Pipeline(graph.schema, checker=DocumentLimits(limits), compiler=compiler)
    if compiler is not None:
        metrics.register(compiler.collect)
    console, library = Console.load(), load_library()
    for document in library:
        pipeline.pin(document.text)
    connections = ConnectionPool(connection_limits(settings), metrics)
    authenticator = Authenticator(settings, is_sandbox=is_sandbox)
    readiness = Readiness()
    response_cache = ResponseCache(clock, settings.cache_mib * MEBIBYTE // 4)
    metrics.register(response_cache.collect)
    operations = RequestExecutor(pipeline, services, metrics, response_cache)
    sockets = Sockets(
        operations,
        authenticator,
        readiness.draining,
        max_operations=settings.max_socket_operations,
        max_message_bytes=settings.max_body_bytes,
    )
    endpoint = GraphQLEndpoint(
        operations,
        authenticator,
        sockets,
        lambda: console.page(library),
        readiness.draining,
        max_body_bytes=settings.max_body_bytes,
        heartbeat_s=settings.heartbeat_s,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        client.start()
        contact = asyncio.create_task(reach_sentry(services, authenticator.own, readiness))
        try:
            yield
        finally:
            readiness.draining.set()
            contact.cancel()
            with suppress(asyncio.CancelledError):
                await contact
            await client.close()

    signers = Signers(settings.secrets_by_organization)
    receiver = WebhookReceiver(signers, services.changes, client.invalidate, clock)
    routes = [
        *health_routes(readiness, client.state),
        *webhook_routes(receiver, metrics),
        *metrics_routes(metrics),
        *console.routes(),
    ]
    app = build_app(settings, endpoint, routes, lifespan, metrics)
    return Dexter(app, connections, readiness, client)


def compiler_of(graph: Graph, settings: Settings) -> Compiler | None:
    """What makes plans of documents; None when graphql-core shall run them all."""
    if settings.engine is Engine.INTERPRETER:
        return None
    return Compiler(graph.schema, typename_of=record_typename, budget=CompileBudget())


def transport_options(settings: Settings) -> TransportOptions:
    """Limits and network settings of the connections to Sentry."""
    return TransportOptions(
        attempt_timeout_s=settings.attempt_timeout_s,
        connections=settings.sentry_connections,
        proxy=_proxy_settings(settings),
        ca_file=settings.ca_file,
    )


def _proxy_settings(settings: Settings) -> ProxySettings:
    if settings.http_proxy is None:
        return ProxySettings.from_environment() if settings.proxy_from_environment else ProxySettings()
    return ProxySettings.at(settings.http_proxy.get_secret_value(), "DEXTER_HTTP_PROXY")


def connection_limits(settings: Settings) -> ConnectionLimits:
    """Limits that apply before a request is routed."""
    return ConnectionLimits(
        connections=settings.max_connections,
        head_bytes=settings.max_head_bytes,
        head_s=settings.head_timeout_s,
        body_s=settings.body_timeout_s,
        in_flight_bytes=settings.max_bodies_mib * MEBIBYTE,
        message_bytes=settings.max_body_bytes,
    )


def redis_options(settings: Settings) -> RedisOptions | None:
    """How to share answers with other replicas; None when there is no Redis."""
    if settings.redis_url is None:
        return None
    key = settings.secret.get_secret_value().encode()
    return RedisOptions(settings.redis_url.get_secret_value(), key, settings.redis_keeps_events)


async def reach_sentry(services: Services, own: Identity | None, readiness: Readiness) -> None:
    """Learn the organizations of the server's own token, again and again until it works; tell readiness meanwhile."""
    if own is None:
        return
    log = get_log("dexter.start")
    while True:
        call_context = tickets.CallContext(
            own.upstream, services.clock.time() + FIRST_CONTACT_S, tickets.CallBudget(10)
        )
        try:
            found = await services.organizations.all(call_context)
        except SentryError as error:
            readiness.problems[:] = [f"Sentry: {error}"]
            log.warning("cannot reach Sentry", reason=str(error), again_in_s=RETRY_S)
        else:
            readiness.problems.clear()
            log.info("reached Sentry", organizations=len(found))
            return
        await services.clock.sleep(RETRY_S)
