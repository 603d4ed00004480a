"""Stretches of time as Sentry wants to hear them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from strawberry import UNSET

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.ranges import Between, TimeRange, range_query
from support.sandbox import NOON


def test_no_range_is_the_default():
    """The field says which."""
    assert range_query(None, "90d") == (("statsPeriod", "90d"),)


@pytest.mark.parametrize("last", ["1s", "30m", "24h", "14d", "2w", "99999d"])
def test_last_is_sent_as_it_is(last):
    """A number and a unit."""
    assert range_query(TimeRange(last=last), "90d") == (("statsPeriod", last),)


@pytest.mark.parametrize(
    "last",
    ["", "0d", "01d", "-1d", "1", "d", "1y", "1 d", "1.5h", "100000d", "1d1h", "1\u0661d", "24h\n", None, UNSET],
)
def test_last_that_is_no_stretch_is_refused(last):
    """The message shows one that is."""
    with pytest.raises(BadUserInput, match=r"'last' must be .* '24h'"):
        range_query(TimeRange(last=last), "90d")


def test_between_is_sent_in_utc():
    """Whatever zone a client uses; fractions of a second are left out."""
    start = datetime(2026, 3, 4, 1, 30, 15, 999999, timezone(timedelta(hours=2)))

    assert range_query(TimeRange(between=Between(start=start, end=NOON)), "90d") == (
        ("start", "2026-03-03T23:30:15"),
        ("end", "2026-03-04T12:00:00"),
    )


@pytest.mark.parametrize("seconds", [0, 1, 86400])
def test_between_must_go_forward(seconds):
    """An empty or turned range is a mistake and not everything."""
    value = Between(start=NOON + timedelta(seconds=seconds), end=NOON)

    with pytest.raises(BadUserInput, match=r"'between\.start' must be before 'between\.end'"):
        range_query(TimeRange(between=value), "90d")


def test_years_have_four_digits():
    """Sentry reads no shorter ones."""
    value = Between(start=datetime(1, 1, 1, tzinfo=UTC), end=NOON)

    assert dict(range_query(TimeRange(between=value), "90d"))["start"] == "0001-01-01T00:00:00"
