"""Receiver of webhooks: verifies raw bytes and freshness, takes each delivery once, answers after publication."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import Outcome, Report
from dexter_graphql.realtime.changes import Change, Origin
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import (
    MAX_ACTION,
    Envelope,
    actor_of,
    decode_envelope,
    parse_change,
)
from dexter_graphql.realtime.webhooks.signatures import Signers

MAX_BODY_BYTES = 1024 * 1024
FRESH_S = 300.0
"""How far the time of a webhook may be from ours; Sentry sends within seconds."""
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


class WebhookReceiver:
    """Verifies webhooks and publishes their changes."""

    def __init__(
        self,
        signers: Signers,
        feed: ChangeFeed,
        clock: Clock,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        fresh_s: float = FRESH_S,
    ) -> None:
        self._signers = signers
        self._feed = feed
        self._clock = clock
        self._max_body_bytes = max_body_bytes
        self._fresh_s = fresh_s

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
        report = Report(change, _hash_body(body))
        outcome = await self._feed.publish(report.change, body_hash=report.body_hash)
        return WebhookAccepted(None if outcome is Outcome.REDELIVERY else report.published(outcome))

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
