"""Stretches of time: what clients may name, and the instants that Sentry is asked for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from strawberry import UNSET

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import Between, TimeRangeInput, time_range_of
from dexter_graphql.loaders.time_ranges import DAY_S, HOUR_S, Interval, Relative
from support.sandbox import NOON

A_MOMENT_LATER = NOON + timedelta(minutes=34, seconds=56, microseconds=789)


def instants(value, now=A_MOMENT_LATER, **options):
    """Start and end that Sentry is asked for."""
    return tuple(text for _, text in time_range_of(value, **options).at(now).query)


@pytest.mark.parametrize(
    ("last", "length_s"), [("1s", 1), ("30m", 1800), ("24h", DAY_S), ("14d", 14 * DAY_S), ("2w", 14 * DAY_S)]
)
def test_last_is_a_number_and_a_unit(last, length_s):
    """Equal ones are equal values, whenever they are asked for, so that they share a batch."""
    assert time_range_of(TimeRangeInput(last=last)) == Relative(length_s, 60)


@pytest.mark.parametrize("field", ["last", "exactly"])
@pytest.mark.parametrize(
    "period", ["", "0d", "01d", "-1d", "1", "d", "1y", "1 d", "1.5h", "100000d", "1d1h", "1\u0661d", "24h\n"]
)
def test_a_period_that_is_no_stretch_is_refused(field, period):
    """The message names the field and contains a valid example."""
    with pytest.raises(BadUserInput, match=rf"'{field}' must be .* '24h'"):
        time_range_of(TimeRangeInput(**{field: period}))


@pytest.mark.parametrize("last", [None, UNSET])
def test_nothing_is_refused(last):
    """A range that names nothing is a mistake and not everything."""
    with pytest.raises(BadUserInput, match="'last' must be"):
        time_range_of(TimeRangeInput(last=last))


@pytest.mark.parametrize(
    ("last", "step_s", "expected"),
    [
        ("1h", 60, ("2026-03-04T11:34:00", "2026-03-04T12:35:00")),
        ("1s", 60, ("2026-03-04T12:34:00", "2026-03-04T12:35:00")),
        ("90s", 60, ("2026-03-04T12:33:00", "2026-03-04T12:35:00")),
        ("24h", HOUR_S, ("2026-03-03T12:00:00", "2026-03-04T13:00:00")),
        ("24h", 6 * HOUR_S, ("2026-03-03T12:00:00", "2026-03-04T18:00:00")),
        ("7d", DAY_S, ("2026-02-25T00:00:00", "2026-03-05T00:00:00")),
        ("99999w", 60, ("0109-08-28T12:34:00", "2026-03-04T12:35:00")),
    ],
)
def test_last_is_widened_to_whole_steps(last, step_s, expected):
    """It includes the step in which it begins and the current one."""
    assert instants(TimeRangeInput(last=last), step_s=step_s) == expected


def test_all_within_a_minute_ask_for_the_same():
    """It is stable for one step, and another interval a microsecond later."""
    minute = NOON + timedelta(minutes=5)
    almost = timedelta(minutes=1, microseconds=-1)

    asked = [
        instants(TimeRangeInput(last="1h"), minute + later) for later in (timedelta(), almost, timedelta(minutes=1))
    ]

    assert asked == [
        ("2026-03-04T11:05:00", "2026-03-04T12:06:00"),
        ("2026-03-04T11:05:00", "2026-03-04T12:06:00"),
        ("2026-03-04T11:06:00", "2026-03-04T12:07:00"),
    ]


def test_steps_are_those_of_utc():
    """Whatever zone the clock is in."""
    local = A_MOMENT_LATER.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert instants(TimeRangeInput(last="1d"), local, step_s=DAY_S) == ("2026-03-03T00:00:00", "2026-03-05T00:00:00")


@pytest.mark.parametrize("step_s", [60, HOUR_S])
def test_exactly_opts_out(step_s):
    """It is to the second, whatever the step; the running second belongs to it."""
    assert instants(TimeRangeInput(exactly="1h"), step_s=step_s) == ("2026-03-04T11:34:56", "2026-03-04T12:34:57")


def test_between_is_sent_in_utc():
    """Any time zone is accepted; fractions of a second are dropped, also in the range that is returned."""
    start = datetime(2026, 3, 4, 1, 30, 15, 999999, timezone(timedelta(hours=2)))

    time_range = time_range_of(TimeRangeInput(between=Between(starts_at=start, ends_at=NOON)), HOUR_S)

    assert time_range == time_range.at(A_MOMENT_LATER) == Interval(datetime(2026, 3, 3, 23, 30, 15, tzinfo=UTC), NOON)
    assert time_range.query == (("start", "2026-03-03T23:30:15"), ("end", "2026-03-04T12:00:00"))


@pytest.mark.parametrize("seconds", [0, 0.5, 1, 86400])
def test_between_must_go_forward(seconds):
    """An empty or turned range is a mistake and not everything."""
    value = Between(starts_at=NOON + timedelta(seconds=seconds), ends_at=NOON)

    with pytest.raises(BadUserInput, match=r"'between\.startsAt' must be before 'between\.endsAt'"):
        time_range_of(TimeRangeInput(between=value))


def test_years_have_four_digits():
    """Sentry reads no shorter ones."""
    value = Between(starts_at=datetime(1, 1, 1, tzinfo=UTC), ends_at=NOON)

    assert instants(TimeRangeInput(between=value))[0] == "0001-01-01T00:00:00"
