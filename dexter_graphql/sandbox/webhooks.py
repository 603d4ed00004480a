"""Signed delivery of webhooks, in order and at most once, as for an internal integration of Sentry."""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import aiohttp
import msgspec

from dexter_graphql.sandbox.world.model import SentryApp
from dexter_graphql.sandbox.world.state import WebhookEvent, World

MAX_QUEUED: Final = 1000
MAX_DELIVERIES: Final = 1000
TIMEOUT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """A sent webhook; `status` is None without a response in time."""

    resource: str
    action: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None


def sign(secret: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class WebhookSender:
    """Posts the webhook events of the world to the URL of the organization's app.

    Without a URL nothing is sent. The queue is bounded; events that do not fit are dropped and counted.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.deliveries: deque[WebhookDelivery] = deque(maxlen=MAX_DELIVERIES)
        self.dropped = 0
        self._random = Random(world.seed + 3)  # noqa: S311 - request ids, not secrets
        self._queue: asyncio.Queue[WebhookEvent] = asyncio.Queue(MAX_QUEUED)
        self._task: asyncio.Task[None] | None = None

    def set_url(self, url: str | None, organization: str = "acme") -> None:
        """Set the webhook URL of the organization's app; None disables webhooks."""
        self._app(organization).webhook_url = url

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
        self.world.listeners.append(self._enqueue)
        self._task = asyncio.create_task(self._run(), name="sandbox-hooks")

    async def drain(self) -> None:
        """Wait until all queued webhooks have been sent."""
        await self._queue.join()

    async def stop(self) -> None:
        """Stop listening; queued webhooks are discarded."""
        if self._task is not None:
            self.world.listeners.remove(self._enqueue)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _enqueue(self, change: WebhookEvent) -> None:
        if change.organization.apps[0].webhook_url is None:
            return
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.dropped += 1

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                change = await self._queue.get()
                try:
                    await self._deliver(session, change)
                finally:
                    self._queue.task_done()

    async def _deliver(self, session: aiohttp.ClientSession, change: WebhookEvent) -> None:
        url = change.organization.apps[0].webhook_url
        if url is None:
            return
        delivery = self.build_delivery(change)
        status: int | None = None
        try:
            async with session.post(
                url, data=delivery.body, headers=delivery.headers, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            pass
        self.deliveries.append(replace(delivery, status=status))

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


def _serialize_actor(change: WebhookEvent) -> dict[str, object]:
    if change.actor is None:
        return {"type": "application", "id": "sentry", "name": "Sentry"}
    return {"type": "user", "id": int(change.actor.id), "name": change.actor.name}
