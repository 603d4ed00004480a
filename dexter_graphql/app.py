"""The composition root: settings in, ASGI application out; start-up, draining and shutdown."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Lifespan

from dexter_graphql.clock import Clock
from dexter_graphql.engine.compile_budget import CompileBudget
from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.graph.context import Services
from dexter_graphql.graph.declarations.fields import record_typename
from dexter_graphql.graph.file_addresses import AddressLimits, FileAddresses
from dexter_graphql.graph.file_openings import Openings
from dexter_graphql.graph.schema import Graph, build_graph
from dexter_graphql.graph.upstream_report import UpstreamReport, report_upstream
from dexter_graphql.live_app import (
    build_changes,
    build_fan_out,
    build_live_services,
    build_poller,
    build_publication,
    build_reservations,
    build_sockets,
    build_webhooks,
)
from dexter_graphql.loaders.issues.visibility import IssueVisibility
from dexter_graphql.operations.library import load_library
from dexter_graphql.operations.limits import DocumentLimits, Limits
from dexter_graphql.operations.routes import load_routes
from dexter_graphql.operations.trusted import TrustedDocuments
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient, build_client
from dexter_graphql.sentry.errors import ClientError, SentryError
from dexter_graphql.sentry.http.proxies import ProxySettings
from dexter_graphql.sentry.http.tls import tls_context
from dexter_graphql.sentry.http.transport import TransportOptions
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.redis.options import RedisOptions
from dexter_graphql.sentry.stages.cache import MEBIBYTE, POLICIES, CachePolicy
from dexter_graphql.server.admin import build_admin
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.audit.auditor import Auditor
from dexter_graphql.server.bodies import BodyReader
from dexter_graphql.server.caller_budgets import CallerBudgets
from dexter_graphql.server.changes import ChangeReport
from dexter_graphql.server.connections import ConnectionLimits, ConnectionPool
from dexter_graphql.server.console import Console, ServerFacts
from dexter_graphql.server.credentials import CredentialGate
from dexter_graphql.server.docs import Docs
from dexter_graphql.server.estimates import Estimator
from dexter_graphql.server.executor import RequestExecutor
from dexter_graphql.server.file_limits import TransferLimits
from dexter_graphql.server.files import FileTransfers
from dexter_graphql.server.graphql import EndpointLimits, GraphQLEndpoint
from dexter_graphql.server.health import Readiness, health_routes
from dexter_graphql.server.identity.modes import CallerIdentification, Upstreams, build_identification
from dexter_graphql.server.identity.watch import CredentialWatch
from dexter_graphql.server.live.live_documents import LiveDocuments
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.quotas import Quota
from dexter_graphql.server.response_cache import ResponseCache
from dexter_graphql.server.rest.endpoint import RestServices
from dexter_graphql.server.rest.site import rest_site
from dexter_graphql.server.routes import build_app
from dexter_graphql.server.sdl import schema_routes
from dexter_graphql.server.stored_documents import StoredDocuments, persisted_queries, trusted_documents
from dexter_graphql.server.streams.response import StreamSettings
from dexter_graphql.server.streams.single_connections import SingleConnections
from dexter_graphql.settings import Engine, Settings
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

FIRST_CONTACT_S = 10.0
"""Time for one try to reach Sentry at the start."""
RETRY_S = 5.0
EXAMINATION_S, EXAMINATION_CALLS = 30.0, 100
"""Limits of the calls that find out what Sentry lacks."""
Background = Callable[[], Coroutine[Any, Any, None]]
Examine = Callable[[CallContext, OrganizationRef], Coroutine[Any, Any, UpstreamReport]]
NO_CREDENTIAL = Upstream("none", "")
"""Asks Sentry without a credential."""


@dataclass(frozen=True, slots=True)
class Dexter:
    """A server that is ready to be served: its applications, connections, readiness, Sentry client and metrics."""

    app: ASGIApp
    admin: ASGIApp
    connections: ConnectionPool
    readiness: Readiness
    client: SentryClient
    metrics: Metrics


def create_app(
    settings: Settings,
    *,
    is_sandbox: bool = False,
    clock: Clock | None = None,
    policies: Mapping[str, CachePolicy] = POLICIES,
) -> Dexter:
    """Compose the server. `is_sandbox` says that Sentry is the embedded sandbox, where everybody may write.

    `policies` replaces the lifetimes of cached answers.
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
        changes=build_changes(settings, clock, client, metrics),
        visibility=IssueVisibility(client, clock),
        files=build_file_addresses(settings, clock, client),
        deadline_s=settings.deadline_s,
        call_budget=settings.call_budget,
        max_values=settings.max_values,
        budgets=CallerBudgets.of(settings, clock, client.quota_windows, metrics),
    )
    pool = ConnectionPool(connection_limits(settings), metrics)
    identification = build_identification(
        settings, clock, upstreams_of(settings, client.credentials.is_accepted), is_sandbox=is_sandbox
    )
    auditor = Auditor.of(settings, metrics, clock)
    admission = build_admission(settings, pool, clock, identification, auditor)
    for quota in (admission.streams, admission.transfers):
        client.on_rejected(quota.end)
    readiness, library = Readiness(), load_library()
    rest_documents = load_routes()
    trusted = trusted_documents(settings, (*library, *rest_documents))
    pipeline = build_pipeline(graph, settings, metrics, trusted)
    response_cache = ResponseCache(clock, client.cached_answers)
    metrics.register(response_cache.collect)
    persisted = persisted_queries(settings, client.shared_texts, metrics)
    documents = StoredDocuments(trusted, persisted, admission.is_known, only_trusted=settings.documents_only)
    estimator = Estimator(graph.schema, graph.costs, services, hides_suggestions=not settings.has_suggestions)
    executor = RequestExecutor(
        pipeline, services, metrics, response_cache, documents, estimator=estimator, auditor=auditor
    )
    fan_out = build_fan_out(clock, metrics)
    streams = OperationStreams(executor, fan_out, build_live_services(settings, executor, client, fan_out))
    console, facts = Console.load(), ServerFacts.of(settings, is_sandbox=is_sandbox)
    streaming = StreamSettings(settings.heartbeat_s, readiness.draining)
    sockets = build_sockets(settings, streams, admission, readiness)
    endpoint = GraphQLEndpoint(
        executor,
        streams,
        admission,
        sockets,
        connections=SingleConnections(streams, admission, build_reservations(settings, clock, metrics), streaming),
        page=lambda: console.page(facts, library),
        streaming=streaming,
        limits=EndpointLimits(settings.max_body_bytes, settings.max_batch),
    )
    publication = build_publication(settings, services, metrics)
    webhooks = build_webhooks(settings, services, publication, admission, metrics)
    routes = [
        *health_routes(readiness),
        *webhooks.routes(),
        *console.routes(),
        *Docs(console).routes(),
        *LiveDocuments(library, graph.schema, executor, admission, endpoint.open_stream).routes(),
        *build_file_transfers(settings, services, admission, metrics).routes(),
    ]
    rest = rest_site(rest_documents, graph.schema, RestServices(executor, admission, settings.max_body_bytes), console)
    if settings.has_introspection:
        routes += schema_routes(graph.sdl)
    # What the embedded sandbox lacks was chosen with its vintage.
    examine = None if is_sandbox else partial(report_upstream, client, schema=graph.schema)
    first_contact = partial(reach_sentry, services, identification.own, readiness, examine)
    background: list[Background] = [first_contact, sockets.run, services.changes.start, *publication.tasks]
    poller = build_poller(settings, services, identification.own, webhooks.arrivals, metrics)
    if poller is not None:
        background.append(poller.run)
    if identification.ring is not None:
        metrics.register(identification.ring.collect)
        readiness.checks.append(identification.ring.problems)
    if identification.has_expiring_credentials:
        quotas = (admission.streams, admission.sockets, admission.transfers)
        background.append(CredentialWatch(identification.ring, quotas, clock).run)
    closers = (streams.close, publication.close, services.changes.close, identification.close, auditor.close)
    lifespan = lifespan_of(client, readiness, background, closers)
    app = build_app(settings, endpoint, routes, lifespan, metrics, rest=rest, is_sandbox=is_sandbox)
    admin_host = settings.admin_address[0] if settings.admin_address else ""
    reports = [ChangeReport(webhooks.arrivals, poller).route()]
    admin = build_admin(admin_host, readiness, client.state, metrics, reports)
    return Dexter(app, admin, pool, readiness, client, metrics)


def lifespan_of(
    client: SentryClient, readiness: Readiness, background: Sequence[Background], closers: Sequence[Background]
) -> Lifespan[Starlette]:
    """Return what starts and stops the background tasks of the server, and closes what they used."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        client.start()
        tasks = [asyncio.create_task(run()) for run in background]
        try:
            yield
        finally:
            readiness.draining.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for close in closers:
                await close()
            await client.close()

    return lifespan


def upstreams_of(settings: Settings, is_accepted: Callable[[str], bool]) -> Upstreams:
    """Return what the modes need of the connections to Sentry and to the issuer of tokens."""
    proxies = _proxy_settings(settings)

    def proxy_options(address: str) -> Mapping[str, Any]:
        proxy = proxies.proxy_for(address)
        return {} if proxy is None else proxy.request_options(address, {})

    tls = None if settings.ca_file is None else tls_context(settings.ca_file)
    return Upstreams(is_accepted, tls, proxy_options)


def build_admission(
    settings: Settings, pool: ConnectionPool, clock: Clock, identification: CallerIdentification, auditor: Auditor
) -> Admission:
    """Compose the limits that all transports share."""
    return Admission(
        authenticators=identification.authenticators,
        credentials=CredentialGate(settings.new_credentials_per_s, clock),
        fingerprint=identification.fingerprint,
        is_accepted=identification.is_accepted,
        bodies=BodyReader(pool.bodies),
        streams=Quota("streams", settings.max_streams_per_caller, settings.max_streams),
        sockets=Quota("sockets", settings.max_sockets_per_caller, settings.max_sockets),
        transfers=Quota("file transfers", settings.max_file_transfers_per_caller, settings.max_file_transfers),
        auditor=auditor,
    )


def build_file_addresses(settings: Settings, clock: Clock, client: SentryClient) -> FileAddresses:
    """Compose what makes and opens the addresses of files."""
    key = settings.secret.get_secret_value().encode()
    limits = AddressLimits(settings.file_address_s, settings.max_file_mib * MEBIBYTE)
    return FileAddresses(clock, key, Openings(clock, client.shared_marks("file")), limits)


def build_file_transfers(
    settings: Settings, services: Services, admission: Admission, metrics: Metrics
) -> FileTransfers:
    """Compose the transfers of files."""
    limits = TransferLimits(settings.max_file_mib * MEBIBYTE, settings.file_timeout_s, settings.file_stall_s)
    return FileTransfers(services, admission, limits, metrics)


def build_pipeline(graph: Graph, settings: Settings, metrics: Metrics, trusted: TrustedDocuments) -> Pipeline:
    """Compose what parses, validates and executes documents; trusted ones stay prepared."""
    limits = Limits(
        max_tokens=settings.max_tokens,
        max_depth=settings.max_depth,
        max_aliases=settings.max_aliases,
        max_root_fields=settings.max_root_fields,
        max_fields=settings.max_fields,
        has_introspection=settings.has_introspection,
    )
    compiler = compiler_of(graph, settings)
    pipeline = Pipeline(
        graph.schema,
        checker=DocumentLimits(limits),
        compiler=compiler,
        check_operation=graph.costs.check,
        hides_suggestions=not settings.has_suggestions,
    )
    if compiler is not None:
        metrics.register(compiler.collect)
    for text in trusted.texts:
        pipeline.pin(text)
    return pipeline


def compiler_of(graph: Graph, settings: Settings) -> Compiler | None:
    """Return the compiler of plans; None when graphql-core executes everything."""
    if settings.engine is Engine.INTERPRETER:
        return None
    return Compiler(graph.schema, typename_of=record_typename, cached_row_class=Slice, budget=CompileBudget())


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
    """Return how to share answers with other replicas; None without Redis."""
    if settings.redis_url is None:
        return None
    key = settings.secret.get_secret_value().encode()
    return RedisOptions(settings.redis_url.get_secret_value(), key, settings.redis_keeps_events)


async def reach_sentry(
    services: Services, own: Upstream | None, readiness: Readiness, examine: Examine | None = None
) -> None:
    """Ask Sentry for the organizations of the server's own token until it answers; readiness has the problem meanwhile.

    Without a token Sentry is asked without a credential, and its refusal proves that it can be reached. What the server
    and the token lack is logged; a server that is too old is a problem that stays.
    """
    log = get_log("dexter.start")
    readiness.problems[:] = ["Sentry has not answered yet"]
    upstream = own or NO_CREDENTIAL
    while True:
        call_context = CallContext(upstream, services.clock.time() + FIRST_CONTACT_S, CallBudget(10))
        try:
            organizations = await services.organizations.all(call_context)
        except SentryError as error:
            if own is None and isinstance(error, ClientError):
                break
            readiness.problems[:] = [f"Sentry: {error}"]
            log.warning("cannot reach Sentry", reason=str(error), again_in_s=RETRY_S)
        else:
            log.info("reached Sentry", organizations=len(organizations))
            if examine is not None and organizations:
                call_context = CallContext(
                    upstream, services.clock.time() + EXAMINATION_S, CallBudget(EXAMINATION_CALLS)
                )
                readiness.problems[:] = await _examine_upstream(examine, call_context, organizations[0])
                return
            break
        await services.clock.sleep(RETRY_S)
    readiness.problems.clear()


async def _examine_upstream(examine: Examine, call_context: CallContext, organization: OrganizationRef) -> list[str]:
    """Log what the server and the token lack; return the reason why the server cannot be used, if there is one."""
    log = get_log("dexter.start")
    try:
        report = await examine(call_context, organization)
    except SentryError as error:
        log.warning("cannot examine Sentry", reason=str(error))
        return []
    for note in report.notes:
        log.warning("feature not available", reason=note)
    if report.problem is None:
        return []
    log.error("cannot use Sentry", reason=report.problem)
    return [report.problem]
