"""Signs webhooks and delivers them, in order, at most once, as Sentry does for an internal integration.

Knows nothing of what a webhook means; changes of the world arrive ready to send.
"""

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

from dexter_graphql.sandbox.world.services import SentryApp
from dexter_graphql.sandbox.world.state import Change, World

MAX_WAITING: Final = 1000
MAX_DELIVERIES: Final = 1000
TIMEOUT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that was sent; `status` is None when nobody answered in time, or nobody was to be told."""

    resource: str
    action: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None


def sign(secret: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Hooks:
    """Listens to the world and posts each change to the address of the organization's app.

    Without an address nothing is sent. The queue is bounded: when it is full the newest change is dropped and counted.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.deliveries: deque[Delivery] = deque(maxlen=MAX_DELIVERIES)
        self.dropped = 0
        self._random = Random(world.seed + 3)  # noqa: S311 - ids of made-up deliveries
        self._waiting: asyncio.Queue[Change] = asyncio.Queue(MAX_WAITING)
        self._sending: asyncio.Task[None] | None = None

    def set_url(self, url: str | None, organization: str = "acme") -> None:
        """Send the webhooks of that organization's app to the address, None to stop."""
        self._app(organization).webhook_url = url

    def set_secret(self, secret: str, organization: str = "acme") -> None:
        """Sign the webhooks of that organization with another client secret."""
        self._app(organization).client_secret = secret

    def secret(self, organization: str = "acme") -> str:
        """The client secret that signs the webhooks of that organization."""
        return self._app(organization).client_secret

    def _app(self, organization: str) -> SentryApp:
        found = self.world.find_organization(organization)
        if found is None:
            raise KeyError(organization)
        return found.apps[0]

    async def start(self) -> None:
        """Begin to listen and to send."""
        self.world.listeners.append(self._take)
        self._sending = asyncio.create_task(self._send_all(), name="sandbox-hooks")

    async def drain(self) -> None:
        """Return when everything announced so far was delivered."""
        await self._waiting.join()

    async def stop(self) -> None:
        """Stop listening; what still waits is not sent."""
        if self._sending is not None:
            self.world.listeners.remove(self._take)
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self._sending = None

    def _take(self, change: Change) -> None:
        if change.organization.apps[0].webhook_url is None:
            return
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self.dropped += 1

    async def _send_all(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                change = await self._waiting.get()
                try:
                    await self._deliver(session, change)
                finally:
                    self._waiting.task_done()

    async def _deliver(self, session: aiohttp.ClientSession, change: Change) -> None:
        url = change.organization.apps[0].webhook_url
        if url is None:
            return
        delivery = self.prepare(change)
        status: int | None = None
        try:
            async with session.post(
                url, data=delivery.body, headers=delivery.headers, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            pass
        self.deliveries.append(replace(delivery, status=status))

    def prepare(self, change: Change) -> Delivery:
        """The webhook of a change, signed, not sent."""
        organization = change.organization
        app = organization.apps[0]
        envelope = {
            "action": change.action,
            "installation": {"uuid": organization.installations[0].uuid},
            "data": change.data,
            "actor": _actor(change),
        }
        body = msgspec.json.encode(envelope)
        headers = {
            "Content-Type": "application/json",
            "Request-ID": f"{self._random.getrandbits(128):032x}",
            "Sentry-Hook-Resource": change.resource,
            "Sentry-Hook-Timestamp": str(int(self.world.clock.time())),
            "Sentry-Hook-Signature": sign(app.client_secret, body),
        }
        return Delivery(change.resource, change.action, headers, body, None)


def _actor(change: Change) -> dict[str, object]:
    if change.actor is None:
        return {"type": "application", "id": "sentry", "name": "Sentry"}
    return {"type": "user", "id": int(change.actor.id), "name": change.actor.name}
