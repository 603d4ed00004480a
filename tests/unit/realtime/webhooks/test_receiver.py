"""Webhooks in: what is refused and why, and that nothing is answered before it is published."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from http import HTTPStatus

import pytest

from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Kind, Origin, Stream, Topic
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.webhooks.heads import WebhookRejected
from dexter_graphql.realtime.webhooks.publication import DurablePublication, WebhookOutcome
from dexter_graphql.realtime.webhooks.receiver import WebhookAccepted, WebhookReceiver
from dexter_graphql.realtime.webhooks.signatures import MAX_BLOCKING_BYTES, Signers
from support.realtime import SECRET, MovableClock, make_change, make_webhook, sign_headers
from support.sandbox import NOON

ISSUE = {"issue": {"id": "7", "status": "resolved", "level": "error", "project": {"slug": "web"}}}


class Broker(MemoryBroker):
    """A memory that can break and that can be slow."""

    def __init__(self, *bounds, **more_bounds):
        super().__init__(*bounds, **more_bounds)
        self.error, self.gate, self.published = None, None, []

    async def publish(self, report):
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        outcome = await super().publish(report)
        if outcome.is_published:
            self.published.append(report.published(outcome))
        return outcome


class Door:
    """An intake with everything around it."""

    def __init__(self, *, max_deliveries=None):
        self.clock, self.stale, self.ids = MovableClock(), [], {"acme": "100000"}
        self.broker = Broker(self.clock, self._invalidate, max_deliveries=max_deliveries)
        self.changes = ChangeFeed(self.broker, PositionSigner(b"key"))
        signers = Signers([("acme", SECRET), ("globex", "two")])
        publication = DurablePublication(self.changes, self._invalidate, self.clock)
        self.receiver = WebhookReceiver(signers, publication, self.clock, known_id=self.ids.get)

    def _invalidate(self, tags):
        self.stale.append((tuple(tags), len(self.broker.published)))

    async def take(self, resource="issue", action="resolved", data=ISSUE, **how):
        """What is answered to a webhook."""
        return await self.deliver(*make_webhook(resource, action, data, **how))

    async def deliver(self, headers, body):
        """What is answered to headers and a body."""
        head = self.receiver.parse_head(headers)
        return head if isinstance(head, WebhookRejected) else await self.receiver.accept(head, body)


@pytest.fixture
def door():
    """An intake over memory, at noon."""
    return Door()


def refusal(answer):
    """Status and message of a refusal."""
    assert isinstance(answer, WebhookRejected)
    return answer.status, answer.message


async def test_webhook_is_published(door):
    """What it tells, when, whose and by whom."""
    actor = {"type": "user", "id": 5, "name": "Ada"}

    answer = await door.take(actor=actor, at=NOON - timedelta(seconds=2))

    [change] = door.broker.published
    assert answer == WebhookAccepted(change, WebhookOutcome.PUBLISHED)
    assert (change.organization, change.entity, change.subject, change.project) == ("acme", "issue", "7", "web")
    assert (change.kind, change.action, change.origin) == (Kind.RESOLVED, "issue.resolved", Origin.WEBHOOK)
    assert (change.occurred_at, change.received_at) == (NOON - timedelta(seconds=2), NOON)
    assert (change.actor.type, change.actor.name, change.actor.id) == ("user", "Ada", "5")


async def test_secret_names_the_organization(door):
    """The body does not say whose it is; the secret does."""
    await door.take(secret="two")

    assert [change.organization for change in door.broker.published] == ["globex"]


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
async def test_header_names_have_any_case(door, case):
    """HTTP does not tell them apart."""
    headers, body = make_webhook("issue", "resolved", ISSUE)

    assert isinstance(await door.deliver({case(name): text for name, text in headers.items()}, body), WebhookAccepted)


@pytest.mark.parametrize("given", [None, "", "0" * 64, "wrong", "ü"])
async def test_unsigned_webhook_is_refused(door, given):
    """Nothing of its body is looked at."""
    headers, body = make_webhook("issue", "resolved", ISSUE)
    headers["Sentry-Hook-Signature"] = given
    headers = {name: text for name, text in headers.items() if text is not None}

    answer = await door.deliver(headers, body)

    assert refusal(answer) == (HTTPStatus.UNAUTHORIZED, "The signature is missing or wrong")
    assert (door.broker.published, door.stale) == ([], [])


async def test_signature_is_over_the_raw_bytes(door):
    """The same JSON written in another way is not what was signed."""
    headers, body = make_webhook("issue", "resolved", ISSUE)

    answer = await door.deliver(headers, body.replace(b":", b": "))

    assert refusal(answer)[0] == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(("seconds", "is_taken"), [(0, True), (-300, True), (-301, False), (300, True), (301, False)])
async def test_webhook_is_fresh(door, seconds, is_taken):
    """Five minutes before or after our time are taken, one second more is not."""
    answer = await door.take(at=NOON + timedelta(seconds=seconds))

    assert isinstance(answer, WebhookAccepted) is is_taken
    if not is_taken:
        assert refusal(answer) == (
            HTTPStatus.UNAUTHORIZED,
            "The timestamp is missing, too old or in the future",
        )


@pytest.mark.parametrize("text", [None, "", "now", "-5", "1e9", "1772625600.0", "9" * 13, "9" * 5000, "١٢٣", " 1"])
async def test_time_that_is_none_is_refused(door, text):
    """Only a whole number of seconds is a time."""
    headers, body = make_webhook("issue", "resolved", ISSUE)
    headers = {name: value for name, value in headers.items() if name != "Sentry-Hook-Timestamp"}

    answer = await door.deliver(headers | ({"Sentry-Hook-Timestamp": text} if text is not None else {}), body)

    assert refusal(answer)[0] == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("resource", ["", "Issue", "a b", "x" * 65, "ä", "issue\n"])
async def test_resource_that_is_no_word_is_refused(door, resource):
    """The header says what the body is about; a missing or strange one says nothing."""
    answer = await door.take(resource=resource)

    assert refusal(answer) == (HTTPStatus.BAD_REQUEST, "The Sentry-Hook-Resource header is missing or malformed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"5",
        b'"text"',
        b'{"action": "\xff", "data": {}}',
        b'{"action": "resolved", "data": {"issue": "\xff"}}',
        b"[" * 200_000,
        b'{"action": "x", "data": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
        b'{"action": "resolved", "data": {}} trailing',
    ],
)
async def test_body_that_is_no_webhook_is_refused(door, body):
    """Signed or not, it must be JSON in UTF-8 with action and data; and it is not remembered."""
    answer = await door.deliver(sign_headers(body), body)

    assert refusal(answer) == (HTTPStatus.BAD_REQUEST, "The body is not a webhook of Sentry")
    assert door.broker.published == []


@pytest.mark.parametrize(
    ("body", "action", "data"),
    [
        (b"{}", "issue.unknown", b"null"),
        (b'{"action": "resolved"}', "issue.resolved", b"null"),
        (b'{"action": null, "data": {"x": 1}}', "issue.unknown", b'{"x": 1}'),
        (b'{"action": ["resolved"], "data": 5}', "issue.unknown", b"5"),
        (b'{"action": "resolved", "data": [1, {}]}', "issue.resolved", b"[1, {}]"),
        (b'{"action": "resolved", "data": {"text": "a\\ud800b"}}', "issue.resolved", b'{"text": "a?b"}'),
        (b'{"action": "resolved", "data": {"rate": NaN}}', "issue.resolved", b'{"rate": null}'),
    ],
)
async def test_odd_envelope_is_kept(door, body, action, data):
    """A signed object is kept as it is when it has not the known form, or is JSON as only Python writes it."""
    await door.deliver(sign_headers(body), body)

    [change] = door.broker.published
    assert (change.action, change.kind, change.object, change.actor) == (action, Kind.UNKNOWN, data, None)


@pytest.mark.parametrize("actor", [5, [], {"type": 5}, {"type": "user", "id": 5.5, "name": "Ada"}])
async def test_odd_actor_costs_itself(door, actor):
    """The change is published without its author."""
    answer = await door.take(actor=actor)

    assert (answer.outcome, answer.change.kind, answer.change.actor) == (WebhookOutcome.PUBLISHED, Kind.RESOLVED, None)


async def test_replayed_body_is_taken_once(door):
    """A second delivery is answered as the first and changes nothing, whatever its headers say."""
    first = await door.take()
    door.clock.go_on(200)
    again = await door.take(at=NOON + timedelta(seconds=200))

    assert [first.outcome, again.outcome] == [WebhookOutcome.PUBLISHED, WebhookOutcome.REDELIVERY]
    assert len(door.broker.published) == len(door.stale) == 1


@pytest.mark.parametrize(("seconds", "is_redelivery"), [(1200, True), (1201, False)])
async def test_redelivery_comes_within_twenty_minutes(door, seconds, is_redelivery):
    """The same bytes later than Sentry's retries are a new change."""
    await door.take()
    door.clock.go_on(seconds)

    answer = await door.take(at=door.clock.now())

    assert (answer.outcome is WebhookOutcome.REDELIVERY) is is_redelivery
    assert len(door.broker.published) == (1 if is_redelivery else 2)


async def test_same_bytes_after_another_change_are_a_new_change(door):
    """Resolved, unresolved and resolved again within minutes: Sentry signs equal bytes twice."""
    unresolved = {"issue": ISSUE["issue"] | {"status": "unresolved"}}
    for action, data in (("resolved", ISSUE), ("unresolved", unresolved), ("resolved", ISSUE)):
        await door.take(action=action, data=data)

    assert [change.kind for change in door.broker.published] == [Kind.RESOLVED, Kind.UNRESOLVED, Kind.RESOLVED]
    assert len(door.stale) == 3


async def test_other_changes_may_come_from_mutations(door):
    """A mutation between two equal webhooks makes the second one a new change, too."""
    await door.take()
    await door.changes.publish(make_change(subject="7", kind=Kind.UNRESOLVED, origin=Origin.MUTATION))

    assert (await door.take()).outcome is WebhookOutcome.UNTRUSTED


async def test_changes_of_other_objects_do_not_matter(door):
    """A redelivery is recognised whatever happened to other issues meanwhile."""
    await door.take()
    await door.take(data={"issue": ISSUE["issue"] | {"id": "8"}})

    assert (await door.take()).outcome is WebhookOutcome.REDELIVERY


@pytest.mark.parametrize("seconds", [1201, 7200, 30 * 86400])
async def test_content_of_known_bytes_is_not_trusted_again(door, seconds):
    """Bytes that were captured can make subscribers fetch the issue, and cannot show them an old one."""
    await door.take()
    door.clock.go_on(seconds)
    answer = await door.take(at=door.clock.now())

    first, again = door.broker.published
    assert answer.outcome is WebhookOutcome.UNTRUSTED
    assert first.object is not None
    assert (again.object, again.subject, again.project_id) == (None, "7", None)


async def test_equal_deliveries_at_the_same_time_are_one(door):
    """The second waits for the first, and is needed only when that one failed."""
    door.broker.gate = asyncio.Event()
    answering = [asyncio.ensure_future(door.take()) for _ in range(3)]
    for _ in range(10):
        await asyncio.sleep(0)
    door.broker.gate.set()

    answers = await asyncio.gather(*answering)

    assert [answer.outcome is WebhookOutcome.REDELIVERY for answer in answers] == [False, True, True]
    assert len(door.broker.published) == 1


async def test_equal_delivery_takes_over_when_the_first_fails(door):
    """A delivery that waited for one that failed is published itself."""
    door.broker.gate = asyncio.Event()
    first, second = (asyncio.ensure_future(door.take()) for _ in range(2))
    for _ in range(10):
        await asyncio.sleep(0)
    first.cancel()
    door.broker.gate.set()

    assert (await second).outcome is WebhookOutcome.PUBLISHED
    assert first.cancelled()
    assert len(door.broker.published) == 1


async def test_number_of_remembered_bodies_is_bounded():
    """The oldest is dropped first."""
    door = Door(max_deliveries=2)
    bodies = [{"issue": ISSUE["issue"] | {"id": str(n)}} for n in range(3)]
    for data in bodies:
        await door.take(data=data)

    again = [await door.take(data=data) for data in reversed(bodies)]

    assert [answer.outcome is WebhookOutcome.REDELIVERY for answer in again] == [True, True, False]


async def test_unknown_resource_is_kept(door):
    """The set grows at Sentry; what is newer than this server reaches whoever follows everything."""
    answer = await door.take("preprod_thing", "baked", {"x": [1, 2]})

    assert (answer.change.kind, answer.change.stream) == (Kind.UNKNOWN, Stream.OTHER)
    assert (answer.change.action, answer.change.object) == ("preprod_thing.baked", b'{"x":[1,2]}')


@pytest.mark.parametrize(
    ("names", "foreign"),
    [
        ({"web_url": "https://sentry.io/organizations/globex/issues/7/"}, "globex"),
        ({"metric_alert": {"id": 1, "organization_id": 999}}, "999"),
        ({"metric_alert": {"id": 1, "organization_id": "100000"}}, None),
    ],
)
async def test_webhook_of_another_organization_is_set_aside(door, names, foreign):
    """It is accepted, so that Sentry does not disable the integration; it publishes and invalidates nothing."""
    answer = await door.take("metric_alert", "critical", names)

    assert (answer.outcome is WebhookOutcome.SET_ASIDE, answer.foreign) == (foreign is not None, foreign)
    assert len(door.broker.published) == len(door.stale) == (1 if foreign is None else 0)


async def test_large_bodies_are_verified_beside_the_event_loop(door):
    """Hashing a body once for each secret must not delay other answers."""
    data = {"issue": ISSUE["issue"] | {"title": "x" * MAX_BLOCKING_BYTES}}
    right, forged = door.take(data=data), door.take(data=data, secret="other")

    assert (await right).outcome is WebhookOutcome.PUBLISHED
    assert refusal(await forged)[0] == HTTPStatus.UNAUTHORIZED


async def test_webhook_that_was_overtaken_has_no_object(door):
    """Its issue is fetched: readers have seen a later state. Other issues and equal seconds are not affected."""
    other = {"issue": ISSUE["issue"] | {"id": "8"}}
    for action, data, seconds in (
        ("resolved", ISSUE, 0),
        ("unresolved", ISSUE, -1),
        ("assigned", ISSUE, 0),
        ("unresolved", other, -1),
    ):
        await door.take(action=action, data=data, at=NOON + timedelta(seconds=seconds))

    assert [(change.subject, change.object is None) for change in door.broker.published] == [
        ("7", False), ("7", True), ("7", False), ("8", False)
    ]  # fmt: skip
    assert door.broker.published[1].state == "resolved/"


async def test_long_action_is_cut(door):
    """A word of any length does not fill the memory."""
    assert (await door.take(action="x" * 5000)).change.action == "issue." + "x" * 64


async def test_answer_waits_until_it_is_published(door):
    """A webhook that was answered is not lost."""
    door.broker.gate = asyncio.Event()

    answering = asyncio.ensure_future(door.take())
    for _ in range(10):
        await asyncio.sleep(0)
    before = answering.done()
    door.broker.gate.set()
    answer = await asyncio.wait_for(answering, 5)

    assert before is False
    assert door.broker.published == [answer.change]


async def test_answers_are_stale_before_the_change_is_seen(door):
    """A reader whom the change wakes finds nothing that was true before it."""
    await door.take()

    assert door.stale == [(("issues/acme", "issue/7"), 0)]


@pytest.mark.parametrize("error", [ConnectionError("gone"), asyncio.CancelledError()])
async def test_webhook_that_was_not_published_may_come_again(door, error):
    """Neither its body nor its fact is remembered when publishing failed or was given up."""
    door.broker.error = error
    with pytest.raises(type(error)):
        await door.take()
    door.broker.error = None

    answer = await door.take()

    assert [answer.change] == door.broker.published


async def test_echo_is_accepted_and_not_published_twice(door):
    """Two bodies about one fact under two names: Sentry is content, followers see one."""
    data = {"issue": {"id": "7", "status": "ignored", "substatus": "archived_forever"}}

    answers = [await door.take(action=action, data=data) for action in ("ignored", "archived")]

    assert [answer.outcome for answer in answers] == [WebhookOutcome.PUBLISHED, WebhookOutcome.DUPLICATE]
    assert [change.action for change in door.broker.published] == ["issue.ignored"]


async def test_follower_sees_the_webhook(door):
    """From the door to whoever follows."""
    async with aclosing(await door.changes.subscribe([Topic("acme", Stream.ISSUES)], None)) as followed:
        await door.take()

        assert (await asyncio.wait_for(anext(followed), 5)).change.subject == "7"
