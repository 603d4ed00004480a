"""A clock that moves when told, changes to publish, and webhooks to take in."""

import hashlib
import hmac
from datetime import timedelta

import msgspec

from dexter_graphql.realtime.changes import Change, Kind, Origin, Stream
from support.sandbox import NOON, StillClock

SECRET = "client-secret-of-acme"


class MovableClock(StillClock):
    """Stands still until it is told to go on."""

    def __init__(self):
        super().__init__()
        self.passed = 0.0

    def go_on(self, seconds):
        self.passed += seconds

    def now(self):
        return NOON + timedelta(seconds=self.passed)

    def time(self):
        return NOON.timestamp() + self.passed

    def monotonic(self):
        return 1000.0 + self.passed


def change(subject="1", **different):
    """A change of an issue of acme, told by a webhook."""
    told = {
        "id": f"change-{subject}",
        "organization": "acme",
        "stream": Stream.ISSUES,
        "entity": "issue",
        "kind": Kind.RESOLVED,
        "action": "issue.resolved",
        "origin": Origin.WEBHOOK,
        "occurred_at": NOON,
        "received_at": NOON,
        "subject": subject,
    }
    return Change(**told | different)


def delivery(resource, action, data, *, secret=SECRET, at=NOON, actor=None):
    """Headers and body of a webhook, as Sentry sends it."""
    whole = {"action": action, "installation": {"uuid": "x"}, "data": data, **({"actor": actor} if actor else {})}
    body = msgspec.json.encode(whole)
    return signed(body, resource, secret=secret, at=at), body


def signed(body, resource="issue", *, secret=SECRET, at=NOON):
    """Headers of a webhook with that body."""
    return {
        "Content-Type": "application/json",
        "Request-ID": "0" * 32,
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": str(int(at.timestamp())),
        "Sentry-Hook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
