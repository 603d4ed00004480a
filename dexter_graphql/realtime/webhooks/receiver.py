"""Receiver of webhooks: verifies raw bytes and freshness, takes each delivery once, answers after publication."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.changes import Change, Origin
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import (
    MAX_ACTION,
    Envelope,
    actor_of,
    decode_envelope,
    parse_change,
    tags_invalidated_by,
)
from dexter_graphql.realtime.webhooks.signatures import Signers

MAX_BODY_BYTES = 1024 * 1024
FRESH_S = 300.0
"""How far the time of a webhook may be from ours; Sentry sends within seconds."""
REDELIVERY_S = 1200.0
"""Seconds within which Sentry retries a delivery: three times, five minutes apart."""
MAX_BODIES = 100_000
"""Bodies that are remembered; the oldest is dropped first."""
TIMESTAMP = re.compile(r"[0-9]{1,12}")
RESOURCE = re.compile(r"[a-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class WebhookAccepted:
    """Answer 200. `change` is None for a redelivery."""

    change: Change | None


@dataclass(frozen=True, slots=True)
class WebhookRejected:
    """Answer with this status; the message is safe to send to the client."""

    status: HTTPStatus
    message: str


class Delivery(NamedTuple):
    """When a body last arrived (monotonic seconds), and the last change of its object after it was published."""

    at: float
    last_change: str | None


class ReplayGuard:
    """Bodies that arrived before.

    Neither the time nor the request id of a webhook is signed, so a body is all that identifies a delivery. Bodies are
    remembered by hash and dropped by count alone, so that waiting does not make a captured body trusted again.
    """

    def __init__(self, clock: Clock, *, redelivery_s: float = REDELIVERY_S, limit: int = MAX_BODIES) -> None:
        self._clock = clock
        self._redelivery_s = redelivery_s
        self._deliveries: BoundedMap[bytes, Delivery] = BoundedMap(limit)

    def is_known(self, body: bytes) -> bool:
        """True when the body arrived before."""
        return _hash_body(body) in self._deliveries

    def is_redelivery(self, body: bytes, last_change: str | None) -> bool:
        """True when the body arrived within the last 20 minutes and its object has not changed since."""
        delivery = self._deliveries.peek(_hash_body(body))
        if delivery is None or self._clock.monotonic() - delivery.at > self._redelivery_s:
            return False
        return delivery.last_change == last_change

    def remember(self, body: bytes, last_change: str | None) -> None:
        """Remember a body that was taken; `last_change` is the last change of its object."""
        self._deliveries.put(_hash_body(body), Delivery(self._clock.monotonic(), last_change))


class WebhookReceiver:
    """Verifies webhooks and publishes their changes. `invalidate` invalidates the cache tags it is given."""

    def __init__(
        self,
        signers: Signers,
        feed: ChangeFeed,
        invalidate: Callable[[Iterable[str]], None],
        clock: Clock,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        fresh_s: float = FRESH_S,
        max_bodies: int = MAX_BODIES,
    ) -> None:
        self._signers = signers
        self._feed = feed
        self._invalidate = invalidate
        self._clock = clock
        self._max_body_bytes = max_body_bytes
        self._fresh_s = fresh_s
        self._guard = ReplayGuard(clock, limit=max_bodies)
        self._under_way: dict[bytes, asyncio.Event] = {}
        """Bodies that are being published, and the event that is set when that has ended."""

    async def accept(self, headers: Mapping[str, str], body: bytes) -> WebhookAccepted | WebhookRejected:
        """Verify and publish one webhook; returns after its change was published. Header names in any case."""
        if len(body) > self._max_body_bytes:
            return WebhookRejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large")
        named = {name.lower(): value for name, value in headers.items()}
        organization = self._signers.organization_of(body, named.get("sentry-hook-signature", ""))
        if organization is None:
            return WebhookRejected(HTTPStatus.UNAUTHORIZED, "The signature is missing or wrong")
        sent_at = named.get("sentry-hook-timestamp", "")
        if not self._is_fresh(sent_at):
            return WebhookRejected(HTTPStatus.UNAUTHORIZED, "The timestamp is missing, too old or in the future")
        resource = named.get("sentry-hook-resource", "")
        if not RESOURCE.fullmatch(resource):
            return WebhookRejected(HTTPStatus.BAD_REQUEST, "The Sentry-Hook-Resource header is missing or malformed")
        try:
            envelope = decode_envelope(body)
        except ValueError as error:
            return WebhookRejected(HTTPStatus.BAD_REQUEST, str(error))
        source = self._source(organization, resource, envelope, sent_at)
        return await self._publish(body, parse_change(resource, envelope, source))

    async def _publish(self, body: bytes, change: Change) -> WebhookAccepted:
        while (ended := self._under_way.get(body)) is not None:
            # The same delivery twice at a time: whether this one is needed depends on the other one's outcome.
            await ended.wait()
        if self._guard.is_redelivery(body, self._feed.last_change(change)):
            return WebhookAccepted(None)
        if self._guard.is_known(body):
            # The body may have been captured: the change may be real again, its content is not trusted again.
            change = msgspec.structs.replace(change, object=None)
        ended = self._under_way[body] = asyncio.Event()
        try:
            # Invalidated first: a reader that the change wakes must not find what was cached before it.
            self._invalidate(tags_invalidated_by(change))
            await self._feed.publish(change)
            self._guard.remember(body, self._feed.last_change(change))
        finally:
            del self._under_way[body]
            ended.set()
        return WebhookAccepted(change)

    def _is_fresh(self, sent_at: str) -> bool:
        return bool(TIMESTAMP.fullmatch(sent_at)) and abs(self._clock.time() - int(sent_at)) <= self._fresh_s

    def _source(self, organization: str, resource: str, envelope: Envelope, sent_at: str) -> ChangeSource:
        return ChangeSource(
            organization=organization,
            action=f"{resource}.{envelope.action[:MAX_ACTION]}",
            origin=Origin.WEBHOOK,
            actor=actor_of(envelope),
            occurred_at=datetime.fromtimestamp(int(sent_at), UTC),
            received_at=self._clock.now(),
        )


def _hash_body(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
