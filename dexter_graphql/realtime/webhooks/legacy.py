"""Webhooks of Sentry's legacy plugin, which are not signed: hints that an issue may have changed.

A secret in the path is all that protects them, and nothing of a body is trusted but the id of an issue. The change has
no object: subscribers fetch the issue with their own credentials, so that a made-up id shows nobody anything.
"""

import hmac
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.token_bucket import TokenBucket
from dexter_graphql.realtime.brokers.base import Report
from dexter_graphql.realtime.changes import Change, Kind, Origin, Stream
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.snapshots.issues import issue_tags
from dexter_graphql.realtime.snapshots.sources import Number, decode_snapshot
from dexter_graphql.realtime.webhooks.heads import WebhookRejected
from dexter_graphql.realtime.webhooks.publication import DurablePublication, NotPublished
from dexter_graphql.realtime.webhooks.receiver import WebhookAccepted, hash_body

ACTION = "legacy_webhook.triggered"
HINTS_PER_S, MAX_HINTS = 5.0, 50
"""Rate and burst of the hints of one organization: each costs a call for each credential that follows its issues."""
NO_PATH = WebhookRejected(HTTPStatus.NOT_FOUND, "There is no such path")
NO_ISSUE = WebhookRejected(HTTPStatus.BAD_REQUEST, "The body is not a legacy webhook of Sentry")
TOO_MANY = WebhookRejected(HTTPStatus.TOO_MANY_REQUESTS, "Too many legacy webhooks of this organization")


class LegacyPayload(msgspec.Struct, frozen=True, gc=False):
    """The only member of a legacy webhook that is read: the id of the issue."""

    id: Number


class LegacyReceiver:
    """Publishes the hints of some organizations. Never prints a secret."""

    def __init__(
        self, organizations_by_secret: Mapping[str, str], publication: DurablePublication, clock: Clock
    ) -> None:
        self._organizations = organizations_by_secret
        self._publication = publication
        self._clock = clock
        self._hints = {
            organization: TokenBucket(HINTS_PER_S, MAX_HINTS, clock.monotonic)
            for organization in organizations_by_secret.values()
        }

    def __repr__(self) -> str:
        return f"<LegacyReceiver of {', '.join(sorted(self._hints)) or 'no organization'}>"

    def find_organization(self, secret: str) -> str | None:
        """The organization with a secret; None for any other text. Constant time."""
        organization = None
        for known, owner in self._organizations.items():
            if hmac.compare_digest(known.encode(), secret.encode("utf-8", "replace")):
                organization = owner
        return organization

    def is_over_rate(self, organization: str) -> bool:
        """Count a hint; True when the organization has sent too many."""
        return not self._hints[organization].take()

    async def accept(self, organization: str, body: bytes) -> WebhookAccepted | WebhookRejected:
        """Publish that an issue may have changed."""
        try:
            issue = str(decode_snapshot(body, LegacyPayload).id)
        except (msgspec.DecodeError, RecursionError):
            return NO_ISSUE
        change = self._change(organization, issue)
        try:
            return WebhookAccepted(change, await self._publication.publish(Report(change, hash_body(body))))
        except NotPublished as error:
            return WebhookRejected(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    def _change(self, organization: str, issue: str) -> Change:
        now = self._clock.now()
        source = ChangeSource(organization, ACTION, Origin.WEBHOOK, None, now, now)
        change = source.make_change("issue", Stream.ISSUES, Kind.UPDATED, None)
        # The state keeps it apart from updates that mutations report.
        return replace(change, subject=issue, state=ACTION, tags=issue_tags(organization, issue))
