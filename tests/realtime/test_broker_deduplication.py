"""What every broker promises about reports of the same fact: redeliveries, duplicates and repeated facts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.realtime.brokers.base import Outcome, Report
from dexter_graphql.realtime.changes import Kind, Origin
from support.brokers import BROKERS, take
from support.realtime import make_change

PUBLISHED, UNTRUSTED, REDELIVERY, DUPLICATE = Outcome
BODY, OTHER = b"a" * 16, b"b" * 16


@pytest.fixture(params=BROKERS)
async def broker(request):
    """An empty broker of each kind."""
    async with BROKERS[request.param]() as under_test:
        yield under_test


async def report(broker, *reports):
    """Outcomes of reports, each given as the members of its change."""
    return [outcome for members in reports for outcome in await broker.publish("1", **members)]


WEBHOOK, MUTATION, POLL = ({"origin": origin} for origin in (Origin.WEBHOOK, Origin.MUTATION, Origin.POLL))


@pytest.mark.parametrize(("first", "second"), [(MUTATION, WEBHOOK), (WEBHOOK, MUTATION), (POLL, WEBHOOK)])
async def test_fact_of_two_reporters_is_published_once(broker, first, second):
    """Whichever reporter comes first is published."""
    start = await broker.newest()

    assert await report(broker, first, second) == [PUBLISHED, DUPLICATE]
    await broker.publish("2")
    assert await broker.read(start, 2) == ["1", "2"]


async def test_fact_under_two_names_is_published_once(broker):
    """Older servers send `issue.ignored` and `issue.archived` for one fact."""
    names = [{"kind": Kind.ARCHIVED, "action": action} for action in ("issue.ignored", "issue.archived")]

    assert await report(broker, *names) == [PUBLISHED, DUPLICATE]


async def test_fact_that_happened_twice_is_published_twice(broker):
    """The second report of one reporter is a second fact, and so is the second report of the other."""
    outcomes = await report(broker, MUTATION, MUTATION, WEBHOOK, WEBHOOK, WEBHOOK, MUTATION)

    assert outcomes == [PUBLISHED, PUBLISHED, DUPLICATE, DUPLICATE, PUBLISHED, DUPLICATE]


@pytest.mark.parametrize(
    "different",
    [
        {"subject": "2"},
        {"subject": None},
        {"organization": "globex"},
        {"entity": "comment"},
        {"kind": Kind.UNRESOLVED},
        {"state": "unresolved/ongoing"},
        {"entity": "issue\x00", "subject": "1"},
    ],
)
async def test_another_fact_is_no_duplicate(broker, different):
    """Subject, organization, entity, kind and resulting state distinguish facts."""
    other = {"subject": "1", "origin": Origin.MUTATION} | different
    subject = other.pop("subject")

    assert await broker.publish("1") + await broker.publish(subject, **other) == [PUBLISHED, PUBLISHED]


@pytest.mark.parametrize(("seconds", "outcome"), [(0, DUPLICATE), (119.9, DUPLICATE), (120, PUBLISHED)])
async def test_duplicates_arrive_within_two_minutes(broker, seconds, outcome):
    """A later report of another reporter is another fact."""
    await report(broker, MUTATION)
    broker.clock.go_on(seconds)

    assert await report(broker, WEBHOOK) == [outcome]


@pytest.mark.parametrize(("seconds", "outcome"), [(0, REDELIVERY), (1200, REDELIVERY), (1200.1, UNTRUSTED)])
async def test_same_body_within_twenty_minutes_is_a_redelivery(broker, seconds, outcome):
    """Later, it is a new change without its content."""
    await report(broker, {"body_hash": BODY})
    broker.clock.go_on(seconds)

    assert await report(broker, {"body_hash": BODY}) == [outcome]


@pytest.mark.parametrize("reporter", [{"body_hash": OTHER}, MUTATION, POLL])
async def test_same_body_after_another_change_is_a_new_change(broker, reporter):
    """Resolved, unresolved, resolved again: Sentry signs equal bytes twice."""
    other = {"kind": Kind.UNRESOLVED, **reporter}

    assert await report(broker, {"body_hash": BODY}, other, {"body_hash": BODY}) == [PUBLISHED, PUBLISHED, UNTRUSTED]


async def test_changes_of_other_objects_do_not_matter(broker):
    """A redelivery is recognized although other issues changed meanwhile."""
    await report(broker, {"body_hash": BODY})
    await broker.publish("2", "3", body_hash=None)

    assert await report(broker, {"body_hash": BODY}) == [REDELIVERY]


async def test_body_of_another_organization_is_unknown(broker):
    """Organizations share no memory of deliveries."""
    assert await report(broker, {"body_hash": BODY}, {"body_hash": BODY, "organization": "globex"}) == [PUBLISHED] * 2


async def test_same_body_under_another_class_is_not_trusted(broker):
    """The resource of a webhook is not signed: a captured body that is sent as another class is known."""
    await report(broker, {"body_hash": BODY})

    assert await report(broker, {"body_hash": BODY, "stream": "alerts", "entity": "alert"}) == [UNTRUSTED]


async def test_object_of_a_known_body_is_not_published(broker):
    """Readers receive the change without the object, and with the rest."""
    start = await broker.newest()
    await broker.publish("1", body_hash=BODY, object=b"{}")
    broker.clock.go_on(1201)
    await broker.publish("1", body_hash=BODY, object=b"{}", project_id="7")

    async with broker.reading(start) as entries:
        changes = [(await anext(entries)).change for _ in range(2)]

    assert [(change.object, change.project_id) for change in changes] == [(b"{}", None), (None, "7")]


@pytest.mark.parametrize("body_hash", [None, BODY])
async def test_repeated_publication_of_one_change_is_recognized(broker, body_hash):
    """A publication whose outcome was lost may be repeated, whatever happened to the object in between."""
    lost = Report(make_change("1"), body_hash)
    outcomes = [await broker.broker.publish(lost)]
    await broker.publish("1", kind=Kind.UNRESOLVED)
    broker.clock.go_on(3600)
    outcomes += [await broker.broker.publish(lost), await broker.broker.publish(replace(lost))]

    assert outcomes == [PUBLISHED, REDELIVERY, REDELIVERY]


@pytest.mark.parametrize("body_hash", [None, BODY])
async def test_repeated_publication_of_a_duplicate_is_recognized(broker, body_hash):
    """The repetition of a report is no second report of the fact."""
    await report(broker, MUTATION)
    lost = Report(make_change("1"), body_hash)
    outcomes = [await broker.broker.publish(lost) for _ in range(3)]

    assert outcomes == [DUPLICATE, REDELIVERY, REDELIVERY]


ORIGINS = st.sampled_from(list(Origin))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2"]),
        ORIGINS,
        st.sampled_from([Kind.RESOLVED, Kind.UNRESOLVED]),
        st.sampled_from([None, BODY, OTHER]),
        st.sampled_from([0, 1, 60, 119, 121, 1199, 1201, -30]),
    ),
    max_size=25,
)
"""Subject, origin, kind and body of reports, and the seconds that pass before each."""


@given(steps=STEPS)
async def test_published_changes_are_those_that_readers_receive(steps):
    """Exactly the reports with a published outcome are delivered, in order; those of every broker are the same."""
    outcomes = {}
    for name, kind in BROKERS.items():
        async with kind() as broker:
            start, outcomes[name], expected = await broker.newest(), [], []
            for subject, origin, change_kind, body_hash, seconds in steps:
                broker.clock.go_on(seconds)
                change = make_change(subject, origin=origin, kind=change_kind, object=b"{}")
                outcome = await broker.broker.publish(Report(change, body_hash))
                outcomes[name].append(outcome)
                if outcome.is_published:
                    expected.append((change.id, None if outcome is UNTRUSTED else b"{}"))
            async with broker.reading(start) as entries:
                changes = [(await anext(entries)).change for _ in expected]

            assert [(change.id, change.object) for change in changes] == expected
            assert await take(broker.broker.read({}), 0) == []

    assert len({tuple(map(str, judged)) for judged in outcomes.values()}) == 1
