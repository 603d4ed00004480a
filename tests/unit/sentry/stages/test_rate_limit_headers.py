"""Rate limit headers of Sentry's answers."""

import pytest

from dexter_graphql.sentry.stages.rate_limit_headers import NO_LIMITS, RateLimitInfo, parse
from support.upstream import EPOCH_S

PREFIX = "x-sentry-rate-limit-"


def headers(**values):
    """Headers of an answer, by the ends of their names."""
    return {PREFIX + name: str(value) for name, value in values.items()}


def test_all_of_it():
    """Four of the five headers are used; the end of the window is on our clock."""
    sent = headers(limit=40, remaining=39, reset=EPOCH_S + 1, concurrentlimit=25, concurrentremaining=24)

    assert parse(sent, EPOCH_S) == RateLimitInfo(40, 39, EPOCH_S + 1, 25)


@pytest.mark.parametrize("given", [{}, {"date": "x"}, headers(remaining=1, reset=EPOCH_S), headers(limit="many")])
def test_nothing(given):
    """Self-hosted servers without a limiter send no limits."""
    assert parse(given, EPOCH_S) == NO_LIMITS


@pytest.mark.parametrize("reset", ["", "soon", "nan", "inf", "-inf", "1e999", EPOCH_S - 10, EPOCH_S + 10_000])
def test_ends_that_make_no_sense(reset):
    """A window that ended long ago, or ends in hours, is ignored."""
    assert parse(headers(limit=40, remaining=1, reset=reset), EPOCH_S).resets_at is None


@pytest.mark.parametrize("number", ["-1", "1.5", "٣", "9" * 20, "0x10", " 4"])
def test_numbers_that_make_no_sense(number):
    """A value that is no plain number is ignored."""
    assert parse(headers(limit=40, concurrentlimit=number), EPOCH_S) == RateLimitInfo(limit=40)


@pytest.mark.parametrize("limit", [0, "0"])
def test_limit_of_nothing(limit):
    """A limit of no calls at all would stop everything for good; it is not believed."""
    assert parse(headers(limit=limit, remaining=0), EPOCH_S).limit is None


@pytest.mark.parametrize(
    ("date", "resets_in"),
    [
        ("Fri, 15 Jan 2027 08:00:00 GMT", 1.0),
        ("Fri, 15 Jan 2027 08:00:01 GMT", 1.0),
        ("Fri, 15 Jan 2027 07:59:58 GMT", 1.0),
        ("Fri, 15 Jan 2027 08:10:00 GMT", None),
        ("no date", 1.0),
    ],
)
def test_clocks_that_differ(date, resets_in):
    """Sentry's own clock counts when it is far from ours; `Date` may be two seconds old, which is no difference."""
    sent = headers(limit=40, reset=EPOCH_S + 1) | {"date": date}

    resets_at = parse(sent, EPOCH_S).resets_at

    assert resets_at == (None if resets_in is None else EPOCH_S + resets_in)


def test_window_on_another_clock():
    """Ten minutes ahead, with a window that ends in a second there."""
    sent = headers(limit=40, reset=EPOCH_S + 601) | {"date": "Fri, 15 Jan 2027 08:10:00 GMT"}

    assert parse(sent, EPOCH_S).resets_at == EPOCH_S + 1
