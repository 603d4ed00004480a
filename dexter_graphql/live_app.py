"""Composition of live streams: changes, webhooks, polling, and what fans answers out to subscribers."""

from pathlib import Path

from dexter_graphql.clock import Clock
from dexter_graphql.graph.context import Services
from dexter_graphql.realtime.brokers.base import Retention
from dexter_graphql.realtime.feed import ChangeFeed, in_memory_feed, redis_feed
from dexter_graphql.realtime.poller import Poller, PollerServices
from dexter_graphql.realtime.polling.poll_store import MAX_STATES, PollStore
from dexter_graphql.realtime.silence import WebhookArrivals
from dexter_graphql.realtime.webhooks.journal import Journal
from dexter_graphql.realtime.webhooks.legacy import LegacyReceiver
from dexter_graphql.realtime.webhooks.publication import DurablePublication
from dexter_graphql.realtime.webhooks.receiver import WebhookReceiver
from dexter_graphql.realtime.webhooks.signatures import Signers
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.stages.cache import MEBIBYTE
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.executor import RequestExecutor
from dexter_graphql.server.health import Readiness
from dexter_graphql.server.live.fan_out import FanOut
from dexter_graphql.server.live.live_pace import LivePace
from dexter_graphql.server.live.live_queries import LiveServices
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.quotas import Quota
from dexter_graphql.server.streams.reservations import Reservations
from dexter_graphql.server.webhooks import WebhookEndpoint
from dexter_graphql.server.websockets.sockets import SocketLimits, Sockets
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.metrics import Metrics

MAX_HANDSHAKES = 5000
MAX_HANDSHAKES_PER_ADDRESS = 500


def build_changes(settings: Settings, clock: Clock, client: SentryClient, metrics: Metrics) -> ChangeFeed:
    """Compose the feed of changes: in Redis, which replicas share, or in the memory of this process."""
    retention = Retention(settings.change_retention_h * 3600, settings.change_retention_mib * MEBIBYTE)
    key = settings.secret.get_secret_value().encode()
    if client.redis is None:
        feed = in_memory_feed(clock, key, client.invalidate, retention)
    else:
        feed = redis_feed(client.redis, clock, key, client.invalidate, retention)
    metrics.register(feed.collect)
    return feed


def build_fan_out(clock: Clock, metrics: Metrics) -> FanOut:
    """Compose what computes streams once for all of their subscribers."""
    fan_out = FanOut(clock)
    metrics.register(fan_out.collect)
    return fan_out


def build_live_services(
    settings: Settings, executor: RequestExecutor, client: SentryClient, fan_out: FanOut
) -> LiveServices:
    """Compose what live queries share."""
    pace = LivePace(fan_out.clock, settings.live_share, client.rate_limit)
    return LiveServices(executor.refresh, client.tag_watches, pace, fan_out.turns.take, fan_out.clock)


def build_sockets(settings: Settings, streams: OperationStreams, admission: Admission, readiness: Readiness) -> Sockets:
    """Compose the WebSocket transport."""
    return Sockets(
        streams,
        admission,
        Quota("sockets without connection_init", MAX_HANDSHAKES_PER_ADDRESS, MAX_HANDSHAKES),
        readiness.draining,
        SocketLimits(settings.max_socket_operations, settings.max_body_bytes),
    )


def build_reservations(settings: Settings, clock: Clock, metrics: Metrics) -> Reservations:
    """Compose the event streams that carry many operations, which have the limits of WebSockets."""
    quota = Quota("event streams reserved", settings.max_sockets_per_caller, settings.max_sockets)
    reservations = Reservations(quota, settings.max_socket_operations, clock)
    metrics.register(reservations.collect)
    return reservations


def build_publication(settings: Settings, services: Services, metrics: Metrics) -> DurablePublication:
    """Compose what publishes webhooks, with a journal where one is configured."""
    journal = None
    if settings.journal is not None:
        # Imported where it is used: cryptography takes memory.
        from dexter_graphql.sentry.redis.encryption import Cipher  # noqa: PLC0415

        cipher = Cipher(settings.secret.get_secret_value().encode())
        journal = Journal(Path(settings.journal), cipher, settings.journal_mib * MEBIBYTE)
        metrics.register(journal.collect)
    return DurablePublication(services.changes, services.client.invalidate, services.clock, journal)


def build_webhooks(
    settings: Settings, services: Services, publication: DurablePublication, admission: Admission, metrics: Metrics
) -> WebhookEndpoint:
    """Compose what receives the webhooks of Sentry."""
    signers = Signers(settings.secrets_by_organization)
    receiver = WebhookReceiver(signers, publication, services.clock, known_id=services.organizations.known_id)
    legacy = LegacyReceiver(settings.organizations_by_path_secret, publication, services.clock)
    organizations = frozenset(organization for organization, _ in settings.secrets_by_organization)
    arrivals = WebhookArrivals(organizations, services.clock)
    metrics.register(arrivals.collect)
    return WebhookEndpoint(receiver, legacy, admission.bodies, metrics, arrivals)


def build_poller(
    settings: Settings, services: Services, own: Upstream | None, arrivals: WebhookArrivals, metrics: Metrics
) -> Poller | None:
    """Compose what polls Sentry where webhooks are silent; None without the server's token, or when it is off."""
    if own is None or not settings.poll_s:
        return None
    used = PollerServices(
        services.changes,
        services.client,
        services.organizations,
        services.clock,
        own,
        PollStore(services.client.shared_texts("poll", MAX_STATES)),
        services.client.shared_leases("poll lease"),
    )
    poller = Poller(used, settings.poll_s, arrivals.is_configured)
    metrics.register(poller.collect)
    return poller
