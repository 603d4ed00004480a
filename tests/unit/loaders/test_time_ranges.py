"""Ranges that end now: who shares an answer, what each request is told, and what Sentry is asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from dexter_graphql.graph.context import Context
from dexter_graphql.loaders.time_ranges import Relative
from support.graph import GraphClient
from support.sandbox import NOON, StillClock, running_sandbox
from support.upstream import MovedClock

USAGE = "/organizations/{organization}/stats_v2/"
SESSIONS = "/organizations/{organization}/sessions/"
ISSUES = "/organizations/{organization}/issues/"
BULK = """mutation ($input: ResolveIssuesInput!) { resolveIssues(input: $input) { unmatched } }"""


class WalkingClock(MovedClock):
    """Its instants go with its seconds, and begin a moment after noon."""

    def __init__(self):
        super().__init__()
        self.begin = NOON + timedelta(seconds=7)

    def now(self):
        return self.begin + timedelta(seconds=self.monotonic())

    def time(self):
        return self.now().timestamp()


class HurryingClock(StillClock):
    """Goes on by more than a minute whenever it is looked at."""

    def __init__(self):
        super().__init__()
        self.instant = NOON

    def now(self):
        self.instant += timedelta(seconds=61)
        return self.instant


@pytest.fixture
async def walking(graph):
    """An asker whose clock can be moved; the directory knows the organization."""
    clock = WalkingClock()
    async with running_sandbox(StillClock()) as server:
        asker = GraphClient(graph, server, clock)
        await asker.organization("slug")
        yield asker, clock
        await asker.client.close()


async def every_second(walking, seconds, selection):
    """Calls that it takes to ask for that every second, and the answers."""
    asker, clock = walking
    answers, calls = [], []
    for _ in range(seconds):
        told = await asker.organization(selection)
        answers.append(told.data)
        calls += told.calls
        clock.move(1)
    return answers, [call.route for call in calls]


async def test_a_panel_that_asks_every_second_costs_a_call_a_minute(walking):
    """However many tabs show it; the range that it is told stays the same until the hour is over."""
    answers, calls = await every_second(
        walking, 120, 'usage(groupBy: [OUTCOME], range: { last: "1h" }) { range { startsAt endsAt } groups { total } }'
    )

    assert calls == [USAGE] * 2
    assert [one["usage"]["range"] for one in answers] == [
        {"startsAt": "2026-03-04T11:00:00Z", "endsAt": "2026-03-04T13:00:00Z"}
    ] * 120


async def test_release_health_costs_a_call_a_minute(walking):
    """As usage does."""
    version = walking[0].acme.releases[0].version

    answers, calls = await every_second(
        walking, 60, f'release(version: "{version}") {{ health {{ sessions range {{ startsAt endsAt }} }} }}'
    )

    assert calls.count(SESSIONS) == 1
    assert [one["release"]["health"]["range"] for one in answers] == [
        {"startsAt": "2026-03-03T12:00:00Z", "endsAt": "2026-03-04T13:00:00Z"}
    ] * 60


async def test_whoever_wants_it_exactly_pays_for_it(walking):
    """Each second is another range."""
    answers, calls = await every_second(
        walking, 3, 'usage(groupBy: [OUTCOME], range: { exactly: "1h" }) { range { startsAt endsAt } }'
    )

    assert calls == [USAGE] * 3
    assert [one["usage"]["range"] for one in answers] == [
        {"startsAt": f"2026-03-04T11:00:{second:02}Z", "endsAt": f"2026-03-04T12:00:{second + 1:02}Z"}
        for second in (7, 8, 9)
    ]


async def test_a_list_of_issues_tells_its_range(walking):
    """It is the one that Sentry was asked for; without a range there is none to tell."""
    asker, _ = walking

    told = await asker.organization(
        'last: issues(first: 1, range: { last: "24h" }) { range { startsAt endsAt } }'
        " all: issues(first: 2) { range { startsAt endsAt } }"
    )

    assert told.data == {
        "last": {"range": {"startsAt": "2026-03-03T12:00:00Z", "endsAt": "2026-03-04T12:01:00Z"}},
        "all": {"range": None},
    }
    spans = [
        {name: value for name, value in q if name in {"start", "end", "statsPeriod"}} for q in told.queries(ISSUES)
    ]
    assert sorted(spans, key=len, reverse=True) == [
        {"start": "2026-03-03T12:00:00", "end": "2026-03-04T12:01:00"},
        {"statsPeriod": "90d"},
    ]


async def test_what_happened_this_minute_is_in_the_list(walking):
    """Whoever reads the list because of an announcement finds what was announced."""
    asker, clock = walking
    newest = max(asker.acme.issues.values(), key=lambda issue: issue.events[-1].at)
    clock.begin = datetime.fromtimestamp(newest.events[-1].at, UTC)

    told = await asker.organization('issues(first: 1, range: { last: "1m" }) { nodes { sentryId } }')

    assert told["issues"]["nodes"] == [{"sentryId": newest.id}]


async def test_a_project_is_asked_about_whole_hours(walking):
    """Its usage is counted by the hour; a list of projects shares the call."""
    asker, _ = walking

    told = await asker.organization(
        'projects(first: 3) { nodes { usage(range: { last: "90m" }) { groups { total } } } }'
    )

    (query,) = told.queries(USAGE)
    assert query[-2:] == [("start", "2026-03-04T10:00:00"), ("end", "2026-03-04T13:00:00")]


async def test_a_request_has_one_present_instant(graph):
    """Two fields with the same range are about the same stretch, however long the request takes."""
    async with running_sandbox(StillClock()) as server:
        asker = GraphClient(graph, server, HurryingClock())
        told = await asker.organization(
            'a: issues(first: 1, range: { last: "1h" })'
            ' { range { startsAt endsAt } nodes { inRange(range: { last: "1h" }) { eventCount } } }'
            ' b: issues(first: 1, range: { last: "1h" }) { range { startsAt endsAt } }'
        )
        await asker.client.close()

    assert told["a"]["range"] == told["b"]["range"]
    assert len({dict(call.query)["start"] for call in told.calls}) == 1


async def test_each_item_of_a_stream_has_its_own_present_instant(walking):
    """An operation that lasts looks at the clock for each item."""
    asker, clock = walking
    context = Context(asker.services, asker.identity, "request")
    first = context.loaders.now

    clock.move(90)
    await context.renew()

    assert (first, context.loaders.now) == (clock.begin, clock.begin + timedelta(seconds=90))
    await context.close()


async def test_a_change_touches_the_range_to_the_second(walking):
    """Widening it would change issues that nobody asked for."""
    asker, _ = walking
    only_web = {"projects": {"slug": "web"}}
    chosen = {"matching": {"organization": {"slug": "acme"}, "filter": only_web, "range": {"last": "1h"}, "max": 1}}

    told = await asker.ask(BULK, input={"issues": chosen, "dryRun": True})

    assert told.errors == []
    query = told.queries(ISSUES)[0]
    assert {"start": "2026-03-04T11:00:07", "end": "2026-03-04T12:00:08"}.items() <= dict(query).items()


@pytest.mark.parametrize("length_s", [60, 3600, 90, 86_400, 100])
@pytest.mark.parametrize("step_s", [1, 60, 3600])
@pytest.mark.parametrize("second", [0, 1, 59, 3599])
def test_a_stretch_is_the_same_until_its_next_step(length_s, step_s, second):
    """To the moment: of its end or of its start, whichever steps first."""
    time_range, now = Relative(length_s, step_s), datetime(2026, 3, 4, 12, tzinfo=UTC) + timedelta(seconds=second)

    until = time_range.stable_until(now)

    assert time_range.at(until - timedelta(microseconds=1)) == time_range.at(now) != time_range.at(until)
