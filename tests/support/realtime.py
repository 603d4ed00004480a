"""Manual clock, changes to publish and signed webhooks."""

import hashlib
import hmac
from datetime import timedelta
from uuid import uuid4

import msgspec

from dexter_graphql.realtime.changes import Change, Kind, Origin, Stream
from support.sandbox import NOON, StillClock

SECRET = "client-secret-of-acme"


class MovableClock(StillClock):
    """A clock that stands still until `go_on` moves it."""

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


def make_change(subject="1", **different):
    """A change of an issue of acme, reported by a webhook. Every change has an id of its own."""
    members = {
        "id": uuid4().hex,
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
    return Change(**members | different)


def make_webhook(resource, action, data, *, secret=SECRET, at=NOON, actor=None):
    """Headers and body of a webhook, as Sentry sends it."""
    payload = {"action": action, "installation": {"uuid": "x"}, "data": data, **({"actor": actor} if actor else {})}
    body = msgspec.json.encode(payload)
    return sign_headers(body, resource, secret=secret, at=at), body


def sign_headers(body, resource="issue", *, secret=SECRET, at=NOON):
    """Headers of a webhook with that body."""
    return {
        "Content-Type": "application/json",
        "Request-ID": "0" * 32,
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": str(int(at.timestamp())),
        "Sentry-Hook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
