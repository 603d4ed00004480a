"""Receiver of webhooks: verifies raw bytes, takes each delivery once, answers after publication."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from msgspec.structs import replace

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.brokers.base import Report
from dexter_graphql.realtime.changes import Change, Origin
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.heads import UNSIGNED, WebhookHead, WebhookRejected, parse_head
from dexter_graphql.realtime.webhooks.named_organizations import KnownId, foreign_organization
from dexter_graphql.realtime.webhooks.payloads import MAX_ACTION, Envelope, actor_of, decode_envelope, parse_change
from dexter_graphql.realtime.webhooks.publication import DurablePublication, NotPublished, WebhookOutcome
from dexter_graphql.realtime.webhooks.signatures import Signers

ISSUE = "issue"
MAX_ISSUES = 20_000
"""Issues whose newest webhook is remembered; the one without webhooks for longest is dropped first."""
UNKNOWN_ACTION = "unknown"
"""Name of an action that a webhook does not say in the known form."""


@dataclass(frozen=True, slots=True)
class WebhookAccepted:
    """Answer 200. `foreign` is the other organization that the payload of a webhook that is set aside names."""

    change: Change
    outcome: WebhookOutcome
    foreign: str | None = None


class WebhookReceiver:
    """Verifies webhooks and publishes their changes."""

    def __init__(self, signers: Signers, publication: DurablePublication, clock: Clock, *, known_id: KnownId) -> None:
        self._signers = signers
        self._publication = publication
        self._clock = clock
        self._known_id = known_id
        self._sent_at: BoundedMap[tuple[str, str], datetime] = BoundedMap(MAX_ISSUES)
        """Organization and id of an issue → when the newest webhook about it was sent."""

    def parse_head(self, headers: Mapping[str, str]) -> WebhookHead | WebhookRejected:
        """What the headers say; a rejection costs no look at the body."""
        return parse_head(headers, self._clock.time())

    async def accept(self, head: WebhookHead, body: bytes) -> WebhookAccepted | WebhookRejected:
        """Verify and publish one webhook; returns after its change was published, or written to the journal."""
        organization = await self._signers.find(body, head.signature)
        if organization is None:
            return UNSIGNED
        try:
            envelope = decode_envelope(body)
        except ValueError as error:
            return WebhookRejected(HTTPStatus.BAD_REQUEST, str(error))
        change = parse_change(head.resource, envelope, self._source(organization, head, envelope))
        foreign = foreign_organization(bytes(envelope.data), organization, self._known_id)
        if foreign is not None:
            return WebhookAccepted(change, WebhookOutcome.SET_ASIDE, foreign)
        return await self._publish(body, change)

    async def _publish(self, body: bytes, change: Change) -> WebhookAccepted | WebhookRejected:
        if self._is_late(change):
            # A later webhook overtook this one, whose issue has an older state than readers have seen.
            change = replace(change, object=None)
        try:
            outcome = await self._publication.publish(Report(change, hash_body(body)))
        except NotPublished as error:
            return WebhookRejected(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return WebhookAccepted(change, outcome)

    def _is_late(self, change: Change) -> bool:
        """True for an issue of which a webhook that was sent later has arrived before. Sentry sends whole seconds."""
        if change.entity != ISSUE or change.subject is None:
            return False
        issue = (change.organization, change.subject)
        newest = self._sent_at.get(issue)
        if newest is not None and change.occurred_at < newest:
            return True
        self._sent_at.put(issue, change.occurred_at)
        return False

    def _source(self, organization: str, head: WebhookHead, envelope: Envelope) -> ChangeSource:
        return ChangeSource(
            organization=organization,
            action=f"{head.resource}.{envelope.action[:MAX_ACTION] or UNKNOWN_ACTION}",
            origin=Origin.WEBHOOK,
            actor=actor_of(envelope),
            occurred_at=head.sent_at,
            received_at=self._clock.now(),
        )


def hash_body(body: bytes) -> bytes:
    """What identifies a delivery: neither the time nor the request id of a webhook is signed."""
    return hashlib.blake2b(body, digest_size=16).digest()
