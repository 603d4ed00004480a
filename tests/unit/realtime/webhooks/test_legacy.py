"""Legacy webhooks: what of them is trusted, and how many are taken."""

from http import HTTPStatus

import msgspec
import pytest

from dexter_graphql.realtime.brokers.base import BrokerUnavailable
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Kind, Origin, Stream
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.webhooks.heads import WebhookRejected
from dexter_graphql.realtime.webhooks.legacy import HINTS_PER_S, MAX_HINTS, NO_ISSUE, LegacyReceiver
from dexter_graphql.realtime.webhooks.publication import DurablePublication, WebhookOutcome
from support.realtime import MovableClock
from support.sandbox import NOON
from support.webhook_payloads import EVENT, damaged

SECRETS = {"a" * 32: "acme", "b" * 32: "globex", "c" * 32: "acme"}
PAYLOAD = {
    "id": "12",
    "project": "web",
    "project_name": "Web",
    "project_slug": "web",
    "level": "error",
    "culprit": "app.views",
    "message": "TypeError: x",
    "url": "https://globex.sentry.io/issues/12/",
    "triggering_rules": ["Often"],
    "event": EVENT,
}


class Broker(MemoryBroker):
    """Remembers what was reported, and may be away."""

    is_away = False

    async def publish(self, report):
        if self.is_away:
            raise BrokerUnavailable("away")
        self.last = report
        return await super().publish(report)


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def broker(clock):
    return Broker(clock)


@pytest.fixture
def receiver(clock, broker):
    """A receiver over memory, at noon."""
    publication = DurablePublication(ChangeFeed(broker, PositionSigner(b"key")), list, clock)
    return LegacyReceiver(SECRETS, publication, clock)


async def test_hint_has_the_id_of_the_issue_and_nothing_else(receiver, broker):
    """Neither project, level and title nor the object are those of the body, which is not signed."""
    accepted = await receiver.accept("acme", msgspec.json.encode(PAYLOAD))

    change = accepted.change
    assert accepted.outcome is WebhookOutcome.PUBLISHED
    assert broker.last.change == change
    assert (change.organization, change.stream, change.entity, change.subject) == ("acme", Stream.ISSUES, "issue", "12")
    assert (change.kind, change.action, change.origin) == (Kind.UPDATED, "legacy_webhook.triggered", Origin.WEBHOOK)
    assert (change.object, change.actor, change.project, change.project_id) == (None, None, None, None)
    assert (change.level, change.category, change.assignee, change.occurred_at) == (None, None, None, NOON)
    assert change.tags == ("issues/acme", "issue/12")


async def test_same_hint_again_is_ignored(receiver):
    """Equal bodies within 20 minutes are redeliveries here, too."""
    body = msgspec.json.encode(PAYLOAD)

    outcomes = [(await receiver.accept("acme", body)).outcome for _ in range(2)]

    assert outcomes == [WebhookOutcome.PUBLISHED, WebhookOutcome.REDELIVERY]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"junk", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000),
        *(b'{"id": "x"}', b'{"id": "../1"}', b'{"id": null}', b'{"id": 1e400}', b'{"id": -1}', b'{"id": "1\\n"}'),
        b'{"id": "' + b"9" * 21 + b'"}',
    ],
)
async def test_body_without_an_issue_is_refused(receiver, body):
    """An id is a number."""
    assert await receiver.accept("acme", body) == NO_ISSUE


async def test_damaged_bodies_are_hints_or_refused(receiver):
    """No value of any member is an error of the server."""
    for path, data in damaged(PAYLOAD):
        answer = await receiver.accept("acme", msgspec.json.encode(data))

        assert answer == NO_ISSUE if path == ("id",) else answer.change.subject == "12"


@pytest.mark.parametrize(("secret", "organization"), [*SECRETS.items(), ("a" * 31, None), ("", None), ("ü" * 32, None)])
def test_secret_names_the_organization(receiver, secret, organization):
    """An organization may have several secrets; other text has none."""
    assert receiver.find_organization(secret) == organization


def test_hints_are_bounded_for_each_organization(receiver, clock):
    """A burst passes, then a steady rate; another organization is not affected."""
    burst = [receiver.is_over_rate("acme") for _ in range(MAX_HINTS + 1)]
    clock.go_on(1)
    later = [receiver.is_over_rate("acme") for _ in range(int(HINTS_PER_S) + 1)]

    assert burst == [False] * MAX_HINTS + [True]
    assert later == [False] * int(HINTS_PER_S) + [True]
    assert receiver.is_over_rate("globex") is False


async def test_hint_that_cannot_be_published(receiver, broker):
    """Without broker and journal the answer says so."""
    broker.is_away = True

    answer = await receiver.accept("acme", msgspec.json.encode(PAYLOAD))

    assert isinstance(answer, WebhookRejected)
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE


def test_secrets_are_not_printed(receiver):
    """Logs may show whose hints are taken."""
    assert repr(receiver) == "<LegacyReceiver of acme, globex>"
