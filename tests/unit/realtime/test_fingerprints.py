"""Echoes: the same fact told twice is one, a fact that happened twice is two."""

import pytest

from dexter_graphql.realtime.events import Kind, Origin
from dexter_graphql.realtime.fingerprints import Echoes, fingerprint
from support.realtime import MovableClock, change

WEBHOOK = change()
MUTATION = change(origin=Origin.MUTATION)


@pytest.fixture
def clock():
    """A clock that moves when told."""
    return MovableClock()


@pytest.fixture
def echoes(clock):
    """Echoes within ten seconds."""
    return Echoes(clock, window_s=10)


@pytest.mark.parametrize(("first", "second"), [(MUTATION, WEBHOOK), (WEBHOOK, MUTATION)])
def test_echo_of_our_own_mutation_is_one(echoes, first, second):
    """Mutation and webhook tell one fact, whichever comes first."""
    assert [echoes.is_echo(first), echoes.is_echo(second)] == [False, True]


def test_fact_under_two_names_is_one(echoes):
    """Older servers send `issue.ignored` and `issue.archived` for one fact."""
    archived = [change(kind=Kind.ARCHIVED, action=action) for action in ("issue.ignored", "issue.archived")]

    assert [echoes.is_echo(one) for one in archived] == [False, True]


def test_fact_that_happened_twice_is_two(echoes):
    """One teller does not repeat itself: its second telling is a second fact, and so is the other's."""
    told = [MUTATION, MUTATION, WEBHOOK, WEBHOOK, WEBHOOK, MUTATION]

    assert [echoes.is_echo(one) for one in told] == [False, False, True, True, False, True]


@pytest.mark.parametrize(
    "different",
    [
        {"subject": "2"},
        {"organization": "globex"},
        {"noun": "comment"},
        {"kind": Kind.UNRESOLVED},
        {"state": "unresolved/ongoing"},
    ],
)
def test_another_fact_is_no_echo(echoes, different):
    """Subject, organization, noun, kind and resulting state tell facts apart."""
    other = change(origin=Origin.MUTATION, **different)

    assert fingerprint(other) != fingerprint(WEBHOOK)
    assert [echoes.is_echo(WEBHOOK), echoes.is_echo(other)] == [False, False]


@pytest.mark.parametrize(
    "different", [{"id": "x"}, {"level": "fatal"}, {"project": "web"}, {"object": b"{}"}, {"actor": None}]
)
def test_rest_does_not_matter(different):
    """What tellers know in different detail is not part of the fact."""
    assert fingerprint(change(**different)) == fingerprint(WEBHOOK)


@pytest.mark.parametrize(("seconds", "is_echo"), [(0, True), (10, True), (10.1, False)])
def test_echo_comes_within_the_window(clock, echoes, seconds, is_echo):
    """What is told later is another fact."""
    echoes.is_echo(MUTATION)
    clock.go_on(seconds)

    assert echoes.is_echo(WEBHOOK) is is_echo


def test_retracted_telling_does_not_count(echoes):
    """A change that could not be published is told again, and is news then."""
    echoes.is_echo(WEBHOOK)
    echoes.retract(WEBHOOK)

    assert [echoes.is_echo(WEBHOOK), echoes.is_echo(MUTATION)] == [False, True]


def test_retracting_what_was_never_told_does_nothing(clock, echoes):
    """Neither an unknown fact nor another teller's count changes."""
    echoes.retract(WEBHOOK)
    echoes.is_echo(MUTATION)
    echoes.retract(WEBHOOK)

    assert echoes.is_echo(WEBHOOK) is True


def test_number_of_facts_is_bounded(clock):
    """The oldest fact is forgotten for a new one, never for one that is known."""
    echoes = Echoes(clock, limit=3)
    for subject in "123":
        echoes.is_echo(change(subject))

    assert echoes.is_echo(change("1", origin=Origin.MUTATION)) is True
    assert echoes.is_echo(change("4")) is False
    assert len(echoes._told) == 3
    assert echoes.is_echo(change("2", origin=Origin.MUTATION)) is True
    assert echoes.is_echo(change("1", origin=Origin.POLL)) is False
