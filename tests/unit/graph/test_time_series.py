"""Series of events: values without gaps, groups, comparison, older releases, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from dexter_graphql.loaders.explore.series_values import MAX_VALUES, EventSeries, SeriesPoint
from dexter_graphql.loaders.time_ranges import Interval
from dexter_graphql.sandbox import Vintage
from dexter_graphql.sentry.errors import InvalidValue
from support.graph import graph_client_of_release

SERIES = "/organizations/{organization}/events-timeseries/"
OLDER = "/organizations/{organization}/events-stats/"
FIELDS = "{ name startsAt intervalSeconds values isOther order group { key value } }"
TOP = 'top: { count: 2, groupBy: ["title"], sort: ["-count()"] }'


async def test_each_function_has_a_series(asker):
    """The values cover the range in whole intervals; the running one is marked."""
    answer = await asker.organization(
        'timeSeries(dataset: ERRORS, yAxes: ["count()", "count_unique(user)"], interval: "6h")'
        " { name startsAt intervalSeconds values incompleteFrom group { key } isOther }"
    )

    counts, users = answer["timeSeries"]
    start = datetime.fromisoformat(counts["startsAt"])
    events = [event for issue in asker.acme.issues.values() if issue.is_error for event in issue.events]
    assert answer.routes == [SERIES]
    assert sum(counts["values"]) == sum(event.time >= start for event in events)
    assert (counts["intervalSeconds"], len(counts["values"]), counts["incompleteFrom"]) == (21600, 5, 4)
    assert (users["name"], users["group"], users["isOther"]) == ("count_unique(user)", None, None)


async def test_arguments_become_parameters(asker):
    """Intervals are sent in seconds; the range is in whole intervals."""
    answer = await asker.organization(
        'timeSeries(dataset: ERRORS, search: "level:error", interval: "30m", range: { last: "2h" },'
        " compareWithSeconds: 86400, extrapolates: false) { values comparedValues }"
    )

    [query] = answer.queries(SERIES)
    assert query == [
        ("yAxis", "count()"),
        ("query", "level:error"),
        ("dataset", "errors"),
        ("start", "2026-03-04T10:00:00"),
        ("end", "2026-03-04T12:30:00"),
        ("interval", "1800"),
        ("comparisonDelta", "86400"),
        ("disableAggregateExtrapolation", "1"),
    ]


async def test_comparison_has_the_values_of_the_earlier_period(asker):
    """The compared values are those of the same series a day earlier."""
    answer = await asker.organization(
        """now: timeSeries(dataset: ERRORS, interval: "1h", range: { last: "6h" }, compareWithSeconds: 86400)
        { values comparedValues }
        earlier: timeSeries(dataset: ERRORS, interval: "1h", range: { between: {
          startsAt: "2026-03-03T06:00:00Z", endsAt: "2026-03-03T13:00:00Z" } }) { values comparedValues }"""
    )

    [now], [earlier] = answer["now"], answer["earlier"]
    assert (now["comparedValues"], earlier["comparedValues"]) == (earlier["values"], None)


async def test_highest_groups_come_with_the_others(asker):
    """The groups are in the requested order; the rest is one series more, unless it is not wanted."""
    arguments = 'dataset: ERRORS, interval: "1d", range: { last: "7d" }'
    answer = await asker.organization(
        f"with: timeSeries({arguments}, {TOP}) {FIELDS}"
        f" without: timeSeries({arguments}, {TOP.replace('}', ', includesOther: false }')}) {FIELDS}"
    )

    with_other, without = answer["with"], answer["without"]
    assert [series["isOther"] for series in with_other] == [False, False, True]
    assert [(series["order"], series["group"][0]["key"]) for series in without] == [(0, "title"), (1, "title")]
    assert without == with_other[:2]
    assert sum(without[0]["values"]) >= sum(without[1]["values"]) > 0


@pytest.mark.parametrize("vintage", [Vintage.V24_1, Vintage.V26_7])
async def test_older_series_have_the_same_form(graph, asker, vintage):
    """Where the endpoint is missing, or fails to group, the older one has the same values for all forms."""
    document = f"""one: timeSeries(dataset: ERRORS, interval: "6h") {FIELDS}
      two: timeSeries(dataset: ERRORS, yAxes: ["count()", "count_unique(user)"], interval: "6h") {FIELDS}
      top: timeSeries(dataset: ERRORS, interval: "6h", {TOP}) {FIELDS}"""
    expected = await asker.organization(document)
    async with graph_client_of_release(graph, vintage) as older:
        answer = await older.organization(document)
        again = await older.organization(f'timeSeries(dataset: ERRORS, interval: "2h", {TOP}) {FIELDS}')

    assert answer.data == expected.data
    assert again.routes == [OLDER]


@pytest.mark.parametrize(
    "arguments",
    [
        "yAxes: []",
        'interval: "2d"',
        'interval: "x"',
        "compareWithSeconds: 0",
        f"compareWithSeconds: 60, {TOP}",
        TOP.replace("2", "11"),
        TOP.replace('["title"]', "[]"),
        TOP.replace('["-count()"]', "[]"),
    ],
)
async def test_mistakes_cost_no_call(asker, arguments):
    """Values that Sentry refuses, ignores or replaces are mistakes of the client."""
    answer = await asker.ask(
        f'{{ organization(slug: "acme") {{ timeSeries(dataset: ERRORS, {arguments}) {{ values }} }} }}'
    )

    [error] = answer.errors
    assert (error["extensions"]["code"], answer.routes.count(SERIES)) == ("BAD_USER_INPUT", 0)


RANGE = Interval(datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))


def series_of(name, *starts):
    """A series with the value 1 at these seconds after the start of the range."""
    first = RANGE.start.timestamp()
    return EventSeries(name, None, [SeriesPoint(first + start, 1.0) for start in starts], None, None)


@pytest.mark.parametrize(
    ("name", "starts", "requested_s", "values", "interval_s"),
    [
        ("count()", (0, 60, 120), None, [1, 1, 1], 60),
        ("count()", (0, 60, 240), None, [1, 1, 0, 0, 1], 60),
        ("count()", (240, 0), 60, [1, 0, 0, 0, 1], 60),
        ("p95(span.duration)", (0, 60, 180), None, [1, 1, None, 1], 60),
        ("count()", (30,), 60, [1], 60),
        ("count()", (), 60, [], 60),
        ("count()", (), None, [], 0),
    ],
)
def test_gaps_are_filled(name, starts, requested_s, values, interval_s):
    """Intervals that Sentry leaves out are 0 for functions that count, and null for others."""
    series = series_of(name, *starts).over(RANGE, requested_s)

    assert (series.values, series.interval_s) == (values, interval_s)
    assert series.start == RANGE.start + timedelta(seconds=min(starts, default=0))


def test_gaps_are_bounded():
    """Times that are absurdly far apart do not fill the memory."""
    with pytest.raises(InvalidValue):
        series_of("count()", 0, 1, MAX_VALUES + 2).over(RANGE, None)
