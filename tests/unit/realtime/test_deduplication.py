"""Deduplicator: redelivered bodies, facts that several reporters report, and facts that happened twice.

The broker in Redis follows the same rules; tests/realtime/test_broker_deduplication.py compares the two.
"""

import pytest

from dexter_graphql.realtime.brokers.base import Outcome, Report
from dexter_graphql.realtime.changes import Kind, Origin, Stream
from dexter_graphql.realtime.deduplication import MAX_FACTS, MAX_SUBJECTS, Deduplicator, fingerprint
from support.realtime import MovableClock, make_change

BODY, OTHER_BODY = b"hash of a body", b"hash of another"


@pytest.fixture
def clock():
    """A clock that tests move."""
    return MovableClock()


@pytest.fixture
def classify(clock):
    """The outcome of a report with these members, by an empty Deduplicator."""
    deduplicator = Deduplicator(clock)

    def classify_report(body_hash=None, **members):
        return deduplicator.classify(Report(make_change(**members), body_hash))

    return classify_report


@pytest.mark.parametrize(
    "different", [{"id": "x"}, {"level": "fatal"}, {"project": "web"}, {"object": b"{}"}, {"actor": None}]
)
def test_fingerprint_ignores_what_reporters_know_in_different_detail(different):
    """Only subject, kind and resulting state identify a fact."""
    assert fingerprint(make_change(**different)) == fingerprint(make_change())


@pytest.mark.parametrize("limit", [MAX_SUBJECTS, MAX_FACTS])
def test_flood_of_one_class_evicts_nothing_of_another(classify, limit):
    """After more errors than are remembered, the duplicate and the redelivery of an issue are still recognized."""
    classify(BODY)
    for number in range(limit + 1):
        classify(subject=str(number), stream=Stream.ERRORS, entity="error", kind=Kind.CREATED)

    assert classify(BODY) is Outcome.REDELIVERY
    assert classify(origin=Origin.MUTATION) is Outcome.DUPLICATE


def test_number_of_deliveries_is_bounded(clock):
    """Above the bound the delivery that was remembered first is forgotten."""
    deduplicator = Deduplicator(clock, max_deliveries=2)
    for number in range(3):
        deduplicator.classify(Report(make_change(str(number)), b"body %d" % number))

    outcomes = [deduplicator.classify(Report(make_change(str(number)), b"body %d" % number)) for number in (2, 1, 0)]

    assert outcomes == [Outcome.REDELIVERY, Outcome.REDELIVERY, Outcome.PUBLISHED]
