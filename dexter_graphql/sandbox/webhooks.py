"""Signed delivery of webhooks, at most once and in the order of each object, as for an internal integration."""

import asyncio
import hashlib
import hmac
import zlib
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import msgspec

from dexter_graphql.sandbox.webhook_connection import WebhookConnection
from dexter_graphql.sandbox.world.model import SentryApp
from dexter_graphql.sandbox.world.state import WebhookEvent, World

MAX_QUEUED: Final = 1000
MAX_DELIVERIES: Final = 1000
MAX_OUTCOMES: Final = 200_000
MAX_LANES: Final = 256
TIMEOUT_S: Final = 1.0
REFUSED, TIMED_OUT, FAILED, DROPPED, CUT = "refused", "timed_out", "failed", "dropped", "cut"
"""Outcomes without a status: the connection was refused; no answer in time; a connection that ended without an answer;
the queue was full; deliveries were cut."""


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """A sent webhook; `status` is None without a response in time."""

    resource: str
    action: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None


@dataclass(frozen=True, slots=True)
class WebhookOutcome:
    """What became of one webhook: the status of the answer as text, or one of the other outcomes.

    `sent_at` is the monotonic time at which it was sent, or was not, and `seconds` the time until the answer.
    """

    resource: str
    action: str
    subject: str
    outcome: str
    sent_at: float
    seconds: float = 0.0


def sign(secret: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class WebhookSender:
    """Posts the webhook events of the world to the URL of the organization's app.

    Without a URL nothing is sent. Each of the `lanes` sends one webhook at a time, and all webhooks of one object take
    the same lane. Queues are bounded; events that do not fit are dropped and counted, as are all while `is_cut`.
    """

    def __init__(self, world: World, *, lanes: int = 1) -> None:
        self.world = world
        self.is_cut = False
        self.deliveries: deque[WebhookDelivery] = deque(maxlen=MAX_DELIVERIES)
        self.outcomes: deque[WebhookOutcome] = deque(maxlen=MAX_OUTCOMES)
        self.counts: Counter[str] = Counter()
        self._random = Random(world.seed + 3)  # noqa: S311 - request ids, not secrets
        self._urls: dict[str, tuple[str, ...]] = {}
        self._lanes = [WebhookLane(self, number) for number in range(lanes)]
        self._is_started = False

    @property
    def queued(self) -> int:
        """The number of webhooks that wait."""
        return sum(lane.queue.qsize() for lane in self._lanes)

    @property
    def lanes(self) -> int:
        """The number of webhooks that are sent at the same time."""
        return len(self._lanes)

    def urls(self, organization: str = "acme") -> tuple[str, ...]:
        """The URLs of the organization's webhooks: none, one, or those of several replicas."""
        url = self._app(organization).webhook_url
        return () if url is None else self._urls.get(organization, (url,))

    def set_url(self, url: str | None, organization: str = "acme") -> None:
        """Set the webhook URL of the organization's app; None disables webhooks."""
        self._app(organization).webhook_url = url
        self._urls.pop(organization, None)

    def set_urls(self, urls: tuple[str, ...], organization: str = "acme") -> None:
        """Set the URLs of several replicas, which the lanes take by turns, as behind a proxy that retries nothing."""
        self.set_url(urls[0] if urls else None, organization)
        if urls:
            self._urls[organization] = urls

    def set_secret(self, secret: str, organization: str = "acme") -> None:
        """Set the client secret that signs the organization's webhooks."""
        self._app(organization).client_secret = secret

    def secret(self, organization: str = "acme") -> str:
        """The client secret that signs the organization's webhooks."""
        return self._app(organization).client_secret

    def _app(self, organization: str) -> SentryApp:
        record = self.world.find_organization(organization)
        if record is None:
            raise KeyError(organization)
        return record.apps[0]

    async def start(self) -> None:
        """Start listening to the world and sending."""
        self._is_started = True
        self.world.listeners.append(self._enqueue)
        for lane in self._lanes:
            lane.start()

    def add_lanes(self, lanes: int) -> None:
        """Send that many webhooks at a time. Objects may change their lane, so that order is kept from then on."""
        for number in range(self.lanes, min(lanes, MAX_LANES)):
            lane = WebhookLane(self, number)
            self._lanes.append(lane)
            if self._is_started:
                lane.start()

    async def drain(self) -> None:
        """Wait until all queued webhooks have been sent."""
        for lane in self._lanes:
            await lane.queue.join()

    async def stop(self) -> None:
        """Stop listening; queued webhooks are discarded."""
        if self._is_started:
            self._is_started = False
            self.world.listeners.remove(self._enqueue)
            for lane in self._lanes:
                await lane.stop()

    def count(self, event: WebhookEvent, outcome: str, sent_at: float | None = None) -> None:
        """Count what became of a webhook, which was sent at that monotonic time unless it was not sent."""
        now = self.world.clock.monotonic()
        started = now if sent_at is None else sent_at
        subject = _subject_of(event)
        self.counts[outcome] += 1
        self.outcomes.append(WebhookOutcome(event.resource, event.action, subject, outcome, started, now - started))

    def reset(self) -> None:
        """Forget what has been sent so far."""
        self.deliveries.clear()
        self.outcomes.clear()
        self.counts.clear()

    def _enqueue(self, event: WebhookEvent) -> None:
        if not self.urls(event.organization.slug):
            return
        lane = self._lanes[zlib.crc32(_subject_of(event).encode()) % self.lanes]
        if self.is_cut:
            self.count(event, CUT)
        elif lane.queue.full():
            self.count(event, DROPPED)
        else:
            lane.queue.put_nowait(event)

    def build_delivery(self, change: WebhookEvent) -> WebhookDelivery:
        """The signed webhook of an event, without sending it."""
        organization = change.organization
        app = organization.apps[0]
        envelope = {
            "action": change.action,
            "installation": {"uuid": organization.installations[0].uuid},
            "data": change.data,
            "actor": _serialize_actor(change),
        }
        body = msgspec.json.encode(envelope)
        headers = {
            "Content-Type": "application/json",
            "Request-ID": f"{self._random.getrandbits(128):032x}",
            "Sentry-Hook-Resource": change.resource,
            "Sentry-Hook-Timestamp": str(int(self.world.clock.time())),
            "Sentry-Hook-Signature": sign(app.client_secret, body),
        }
        return WebhookDelivery(change.resource, change.action, headers, body, None)


class WebhookLane:
    """Sends the webhooks of its queue one after the other."""

    def __init__(self, sender: WebhookSender, number: int) -> None:
        self.queue: asyncio.Queue[WebhookEvent] = asyncio.Queue(MAX_QUEUED)
        self._sender = sender
        self._number = number
        self._connection: WebhookConnection | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start sending."""
        self._task = asyncio.create_task(self._run(), name=f"sandbox-hooks-{self._number}")

    async def stop(self) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._connection is not None:
            self._connection.close()

    async def _run(self) -> None:
        while True:
            event = await self.queue.get()
            try:
                await self._deliver(event)
            finally:
                self.queue.task_done()

    async def _deliver(self, event: WebhookEvent) -> None:
        urls = self._sender.urls(event.organization.slug)
        if not urls:
            return
        delivery, sent_at = self._sender.build_delivery(event), self._sender.world.clock.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status = await self._connection_to(urls[self._number % len(urls)]).post(delivery.headers, delivery.body)
        except OSError as error:  # TimeoutError is one as well
            if self._connection is not None:
                self._connection.close()
            self._sender.deliveries.append(delivery)
            self._sender.count(event, _outcome_of(error), sent_at)
        else:
            self._sender.deliveries.append(replace(delivery, status=status))
            self._sender.count(event, str(status), sent_at)

    def _connection_to(self, url: str) -> WebhookConnection:
        if self._connection is None or not self._connection.is_open or self._connection.url != url:
            if self._connection is not None:
                self._connection.close()
            self._connection = WebhookConnection(url)
        return self._connection


def _outcome_of(error: OSError) -> str:
    match error:
        case TimeoutError():
            return TIMED_OUT
        case ConnectionRefusedError():
            return REFUSED
        case _:
            return FAILED


def _subject_of(event: WebhookEvent) -> str:
    """Id of the object that a webhook is about, empty when it has none."""
    data = event.data
    match event.resource, data:
        case "issue", {"issue": {"id": subject}}:
            return str(subject)
        case "comment", {"issue_id": subject}:
            return str(subject)
        case "error", {"error": {"issue_id": subject}}:
            return str(subject)
        case "event_alert", {"event": {"issue_id": subject}}:
            return str(subject)
        case "metric_alert", {"metric_alert": {"id": subject}}:
            return str(subject)
        case _:
            return ""


def _serialize_actor(change: WebhookEvent) -> dict[str, object]:
    if change.actor is None:
        return {"type": "application", "id": "sentry", "name": "Sentry"}
    return {"type": "user", "id": int(change.actor.id), "name": change.actor.name}
