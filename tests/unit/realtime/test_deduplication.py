"""ChangeDeduplicator: the same fact told twice is one, a fact that happened twice is two."""

import pytest

from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.deduplication import ChangeDeduplicator, fingerprint
from support.realtime import MovableClock, make_change

WEBHOOK = make_change()
MUTATION = make_change(origin=Origin.MUTATION)


@pytest.fixture
def clock():
    """A clock that moves when told."""
    return MovableClock()


@pytest.fixture
def deduplicator(clock):
    """ChangeDeduplicator within ten seconds."""
    return ChangeDeduplicator(clock, window_s=10)


@pytest.mark.parametrize(("first", "second"), [(MUTATION, WEBHOOK), (WEBHOOK, MUTATION)])
def test_echo_of_our_own_mutation_is_one(deduplicator, first, second):
    """Mutation and webhook tell one fact, whichever comes first."""
    assert [deduplicator.is_duplicate(first), deduplicator.is_duplicate(second)] == [False, True]


def test_fact_under_two_names_is_one(deduplicator):
    """Older servers send `issue.ignored` and `issue.archived` for one fact."""
    archived = [make_change(kind=Kind.ARCHIVED, action=action) for action in ("issue.ignored", "issue.archived")]

    assert [deduplicator.is_duplicate(one) for one in archived] == [False, True]


def test_fact_that_happened_twice_is_two(deduplicator):
    """One teller does not repeat itself: its second telling is a second fact, and so is the other's."""
    told = [MUTATION, MUTATION, WEBHOOK, WEBHOOK, WEBHOOK, MUTATION]

    assert [deduplicator.is_duplicate(one) for one in told] == [False, False, True, True, False, True]


@pytest.mark.parametrize(
    "different",
    [
        {"subject": "2"},
        {"organization": "globex"},
        {"entity": "comment"},
        {"kind": Kind.UNRESOLVED},
        {"state": "unresolved/ongoing"},
    ],
)
def test_another_fact_is_no_echo(deduplicator, different):
    """Subject, organization, noun, kind and resulting state tell facts apart."""
    other = make_change(origin=Origin.MUTATION, **different)

    assert fingerprint(other) != fingerprint(WEBHOOK)
    assert [deduplicator.is_duplicate(WEBHOOK), deduplicator.is_duplicate(other)] == [False, False]


@pytest.mark.parametrize(
    "different", [{"id": "x"}, {"level": "fatal"}, {"project": "web"}, {"object": b"{}"}, {"actor": None}]
)
def test_rest_does_not_matter(different):
    """What tellers know in different detail is not part of the fact."""
    assert fingerprint(make_change(**different)) == fingerprint(WEBHOOK)


@pytest.mark.parametrize(("seconds", "is_duplicate"), [(0, True), (9.9, True), (10, False)])
def test_echo_comes_within_the_window(clock, deduplicator, seconds, is_duplicate):
    """What is told later is another fact."""
    deduplicator.is_duplicate(MUTATION)
    clock.go_on(seconds)

    assert deduplicator.is_duplicate(WEBHOOK) is is_duplicate


def test_retracted_telling_does_not_count(deduplicator):
    """A change that could not be published is told again, and is news then."""
    deduplicator.is_duplicate(WEBHOOK)
    deduplicator.retract(WEBHOOK)

    assert [deduplicator.is_duplicate(WEBHOOK), deduplicator.is_duplicate(MUTATION)] == [False, True]


def test_retracting_what_was_never_told_does_nothing(clock, deduplicator):
    """Neither an unknown fact nor another teller's count changes."""
    deduplicator.retract(WEBHOOK)
    deduplicator.is_duplicate(MUTATION)
    deduplicator.retract(WEBHOOK)

    assert deduplicator.is_duplicate(WEBHOOK) is True


def test_number_of_facts_is_bounded(clock):
    """The oldest fact is forgotten for a new one, never for one that is known."""
    deduplicator = ChangeDeduplicator(clock, limit=3)
    for subject in "123":
        deduplicator.is_duplicate(make_change(subject))

    assert deduplicator.is_duplicate(make_change("1", origin=Origin.MUTATION)) is True
    assert deduplicator.is_duplicate(make_change("4")) is False
    assert len(deduplicator._sightings) == 3
    assert deduplicator.is_duplicate(make_change("2", origin=Origin.MUTATION)) is True
    assert deduplicator.is_duplicate(make_change("1", origin=Origin.POLL)) is False
