"""Discover over the world's events: tables, groups, pages and series agree with what is stored."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.sandbox import SandboxServer, build_world
from support.sandbox import NOON, Caller, StillClock

EVENTS = "/organizations/acme/events/"
DAY = NOON - timedelta(days=1)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def world():
    """Not the shared one: serving a world gives it an address."""
    return build_world(7, StillClock())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sentry(world):
    """One server for all tests here: they only read."""
    async with SandboxServer(world) as server, aiohttp.ClientSession() as session:
        yield Caller(server, session)


@pytest.fixture
def acme(world):
    return world.find_organization("acme")


def recent(organization, *, errors=True, since=DAY):
    return [event for event in organization.events.values() if event.time >= since and event.issue.is_error is errors]


async def rows(sentry, *fields, **options):
    pairs = [("field", field) for field in fields]
    pairs += [(key, str(value)) for key, value in {"dataset": "errors", "statsPeriod": "24h", **options}.items()]
    return await sentry.body(EVENTS, params=pairs)


async def test_total_is_the_number_of_events(sentry, acme):
    """Without a plain field there is one row over everything."""
    answer = await rows(sentry, "count()", "count_unique(issue)")

    found = recent(acme)
    assert answer["data"] == [{"count()": len(found), "count_unique(issue)": len({event.issue.id for event in found})}]
    assert answer["meta"]["fields"] == {"count()": "integer", "count_unique(issue)": "integer"}


async def test_groups_are_sorted_and_paged(sentry, acme):
    """The most frequent groups come first, and the next page goes on where the first ended."""
    counts = Counter(event.issue.id for event in recent(acme))
    params = [("field", "issue.id"), ("field", "count()"), ("dataset", "errors"), ("statsPeriod", "24h")]
    params += [("sort", "-count()"), ("per_page", "5")]
    _, headers, first = await sentry.get(EVENTS, params=params)
    second = await sentry.body(EVENTS, params=[*params, ("cursor", "0:5:0")])

    numbers = [row["count()"] for row in first["data"] + second["data"]]
    assert numbers == sorted(counts.values(), reverse=True)[:10]
    assert all(counts[str(row["issue.id"])] == row["count()"] for row in first["data"])
    assert 'rel="next"; results="true"; cursor="0:5:0"' in headers["Link"]


async def test_latest_event_of_each_issue(sentry, acme):
    """One question gives the newest event of many issues, and a second one its members."""
    issues = [issue for issue in acme.issues.values() if issue.is_error][:100]
    ids = ",".join(issue.id for issue in issues)
    newest = await rows(sentry, "issue.id", "latest_event()", query=f"issue.id:[{ids}]", statsPeriod="90d")
    found = {str(row["issue.id"]): row["latest_event()"] for row in newest["data"]}
    wanted = ",".join(found.values())
    members = await rows(sentry, "id", "title", "timestamp", query=f"id:[{wanted}]", statsPeriod="90d")

    assert found == {issue.id: issue.events[-1].id for issue in issues}
    assert {row["id"] for row in members["data"]} == set(found.values())


async def test_occurrences_have_their_own_dataset(sentry, acme):
    """Issues that are not errors are found in `issuePlatform`, and nowhere else."""
    issue = next(issue for issue in acme.issues.values() if not issue.is_error)
    errors = await rows(sentry, "id", query=f"issue.id:{issue.id}", statsPeriod="90d")
    others = await rows(sentry, "id", query=f"issue.id:{issue.id}", statsPeriod="90d", dataset="issuePlatform")

    assert errors["data"] == []
    assert {row["id"] for row in others["data"]} == {event.id for event in issue.events}


async def test_filters_add_up(sentry, acme):
    """Project, environment, search and window each narrow what is counted."""
    project = acme.find_project("web")
    answer = await rows(
        sentry,
        "count()",
        project=project.id,
        environment="production",
        query="release:latest level:error OR level:fatal",
    )
    newest = max((r for r in acme.releases if project in r.projects), key=lambda release: release.date_created)

    expected = [
        event
        for event in recent(acme)
        if event.issue.project is project
        and event.environment == "production"
        and ((event.release is newest and event.issue.level == "error") or event.issue.level == "fatal")
    ]
    assert answer["data"] == [{"count()": len(expected)}]


async def test_groups_can_be_filtered(sentry, acme):
    """A condition on a function drops groups, and `allowAggregateConditions=false` refuses it."""
    counts = Counter(event.issue.short_id for event in recent(acme))
    answer = await rows(sentry, "issue", "count()", query="count():>20")
    status, _, _ = await sentry.get(
        EVENTS,
        params={"field": "count()", "dataset": "errors", "query": "count():>3", "allowAggregateConditions": "false"},
    )

    assert {row["issue"]: row["count()"] for row in answer["data"]} == {k: n for k, n in counts.items() if n > 20}
    assert status == 400


@pytest.mark.parametrize(
    ("field", "kind", "unit"),
    [
        ("title", "string", None),
        ("issue.id", "integer", None),
        ("timestamp", "date", None),
        ("error.type", "array", None),
        ("tags[customer.tier]", "string", None),
        ("count_unique(user)", "integer", None),
        ("last_seen()", "date", None),
        ("latest_event()", "string", None),
        ("epm()", "rate", "1/minute"),
        ("p95(transaction.duration)", "duration", "millisecond"),
        ("equation|count() / count_unique(user)", "number", None),
    ],
)
async def test_types_and_units(field, kind, unit, sentry):
    """The literal text of each field is a key of the rows and of both maps that describe them."""
    answer = await rows(sentry, field, per_page=1)

    assert answer["data"][0].keys() == {field}
    assert (answer["meta"]["fields"], answer["meta"]["units"]) == ({field: kind}, {field: unit})


async def test_equations_compute(sentry, acme):
    """An equation works on the functions it names."""
    answer = await rows(sentry, "count()", "equation|(count() + 2) * 10")

    assert answer["data"] == [
        {"count()": len(recent(acme)), "equation|(count() + 2) * 10": (len(recent(acme)) + 2) * 10}
    ]


async def test_series_add_up_to_the_total(sentry, acme):
    """The buckets of a series cover the window without gap or overlap."""
    answer = await sentry.body(
        "/organizations/acme/events-timeseries/", params={"dataset": "errors", "statsPeriod": "24h", "interval": "1h"}
    )
    (series,) = answer["timeSeries"]
    times = [value["timestamp"] for value in series["values"]]

    assert {after - before for before, after in pairwise(times)} == {3_600_000}
    assert sum(value["value"] for value in series["values"]) == len(recent(acme))
    assert [value["incomplete"] for value in series["values"]][-1] is True


async def test_top_events_and_the_others(sentry, acme):
    """The top groups come in order, all others together unless they are excluded."""
    params = {"dataset": "errors", "statsPeriod": "24h", "topEvents": "3", "groupBy": "project", "sort": "-count()"}
    whole = await sentry.body("/organizations/acme/events-timeseries/", params=params)
    only = await sentry.body("/organizations/acme/events-timeseries/", params=params | {"excludeOther": "1"})
    counts = Counter(event.issue.project.slug for event in recent(acme))

    names = [series["groupBy"][0]["value"] for series in only["timeSeries"]]
    assert names == [slug for slug, _ in counts.most_common(3)]
    assert [series["meta"]["isOther"] for series in whole["timeSeries"]] == [False, False, False, True]


async def test_older_series_have_the_older_shape(sentry):
    """One axis gives one series; several give a map by axis."""
    one = await sentry.body("/organizations/acme/events-stats/", params={"statsPeriod": "24h"})
    two = await sentry.body(
        "/organizations/acme/events-stats/",
        params=[("statsPeriod", "24h"), ("yAxis", "count()"), ("yAxis", "count_unique(user)")],
    )

    assert one["data"][0][1][0].keys() == {"count"}
    assert two.keys() == {"count()", "count_unique(user)"}


async def test_tags_count_events(sentry, acme):
    """A tag's total is the number of events that carry it."""
    tags = await sentry.body("/organizations/acme/tags/", params={"statsPeriod": "24h"})
    values = await sentry.body("/organizations/acme/tags/environment/values/", params={"statsPeriod": "24h"})

    total = next(tag["totalValues"] for tag in tags if tag["key"] == "environment")
    assert total == len(recent(acme)) == sum(value["count"] for value in values)
