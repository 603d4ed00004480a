"""Takes webhooks in: verified over the raw bytes, fresh, each once, answered when the change is published.

Knows header names and what each refusal is called on the wire; does not know what a webhook means.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.realtime.changes import Change, Origin
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import (
    MAX_WORD,
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
REPLAY_S = 3600.0
"""How long a body is remembered; the time in the header is not signed and so does not stop a replay alone."""
MAX_HASHES = 100_000
TIMESTAMP = re.compile(r"[0-9]{1,12}")
RESOURCE = re.compile(r"[a-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class WebhookAccepted:
    """Answer 200. `change` is None for a webhook that came before."""

    change: Change | None


@dataclass(frozen=True, slots=True)
class WebhookRejected:
    """Answer with this status; the message is safe to show to whoever sent it."""

    status: HTTPStatus
    message: str


class ReplayGuard:
    """Hashes of the bodies of the last hour; bounded, the oldest is forgotten first."""

    def __init__(self, clock: Clock, *, lifetime_s: float, limit: int) -> None:
        self._hashes: ExpiringMap[bytes, bool] = ExpiringMap(lifetime_s, limit, clock.monotonic)

    def add(self, body: bytes) -> bool:
        """Remember a body; False when it was known."""
        key = _hash_body(body)
        if self._hashes.get(key):
            return False
        self._hashes.put(key, True)  # noqa: FBT003  # stands for the body
        return True

    def forget(self, body: bytes) -> None:
        """Forget a body that was not taken after all, so that it may come again."""
        self._hashes.pop(_hash_body(body))


class WebhookReceiver:
    """The way in for webhooks. `invalidate` makes answers stale that depend on the given tags."""

    def __init__(
        self,
        signers: Signers,
        changes: ChangeFeed,
        invalidate: Callable[[Iterable[str]], None],
        clock: Clock,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        fresh_s: float = FRESH_S,
        replay_s: float = REPLAY_S,
        max_seen: int = MAX_HASHES,
    ) -> None:
        self._signers = signers
        self._changes = changes
        self._invalidate = invalidate
        self._clock = clock
        self._max_body_bytes = max_body_bytes
        self._fresh_s = fresh_s
        self._seen = ReplayGuard(clock, lifetime_s=replay_s, limit=max_seen)

    async def accept(self, headers: Mapping[str, str], body: bytes) -> WebhookAccepted | WebhookRejected:
        """Take one webhook; returns after its change was published. Header names in any case."""
        if len(body) > self._max_body_bytes:
            return WebhookRejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large")
        named = {name.lower(): value for name, value in headers.items()}
        organization = self._signers.organization_of(body, named.get("sentry-hook-signature", ""))
        if organization is None:
            return WebhookRejected(HTTPStatus.UNAUTHORIZED, "The signature is missing or wrong")
        sent_at = named.get("sentry-hook-timestamp", "")
        if not self._is_fresh(sent_at):
            return WebhookRejected(HTTPStatus.UNAUTHORIZED, "The timestamp is missing, too old or from the future")
        resource = named.get("sentry-hook-resource", "")
        if not RESOURCE.fullmatch(resource):
            return WebhookRejected(HTTPStatus.BAD_REQUEST, "The resource is missing or no word")
        try:
            envelope = decode_envelope(body)
        except ValueError as error:
            return WebhookRejected(HTTPStatus.BAD_REQUEST, str(error))
        return await self._take(body, resource, envelope, self._source(organization, resource, envelope, sent_at))

    async def _take(self, body: bytes, resource: str, envelope: Envelope, source: ChangeSource) -> WebhookAccepted:
        if not self._seen.add(body):
            return WebhookAccepted(None)
        change = parse_change(resource, envelope, source)
        # Stale first: a reader whom the change wakes must not find what was true before it.
        self._invalidate(tags_invalidated_by(change))
        try:
            await self._changes.publish(change)
        except BaseException:
            self._seen.forget(body)
            raise
        return WebhookAccepted(change)

    def _is_fresh(self, sent_at: str) -> bool:
        return bool(TIMESTAMP.fullmatch(sent_at)) and abs(self._clock.time() - int(sent_at)) <= self._fresh_s

    def _source(self, organization: str, resource: str, envelope: Envelope, sent_at: str) -> ChangeSource:
        return ChangeSource(
            organization=organization,
            action=f"{resource}.{envelope.action[:MAX_WORD]}",
            origin=Origin.WEBHOOK,
            actor=actor_of(envelope),
            occurred_at=datetime.fromtimestamp(int(sent_at), UTC),
            received_at=self._clock.now(),
        )


def _hash_body(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
