"""Discover queries agree with the stored events."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from support.sandbox import NOON

EVENTS = "/organizations/acme/events/"
DAY = NOON - timedelta(days=1)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def recent(organization, *, errors=True, since=DAY):
    return [event for event in organization.events.values() if event.time >= since and event.issue.is_error is errors]


async def rows(sentry, *fields, **options):
    pairs = [("field", field) for field in fields]
    pairs += [(key, str(value)) for key, value in {"dataset": "errors", "statsPeriod": "24h", **options}.items()]
    return await sentry.body(EVENTS, params=pairs)


async def test_total_is_the_number_of_events(sentry, acme):
    """Without a plain field the table has one row over all events."""
    table = await rows(sentry, "count()", "count_unique(issue)")

    events = recent(acme)
    assert table["data"] == [{"count()": len(events), "count_unique(issue)": len({event.issue.id for event in events})}]
    assert table["meta"]["fields"] == {"count()": "integer", "count_unique(issue)": "integer"}


async def test_groups_are_sorted_and_paged(sentry, acme):
    """Groups are sorted by the given key, and the next page continues after the last one."""
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
    """One query returns the newest event of many issues, and a second one their fields."""
    issues = [issue for issue in acme.issues.values() if issue.is_error][:100]
    ids = ",".join(issue.id for issue in issues)
    newest = await rows(sentry, "issue.id", "latest_event()", query=f"issue.id:[{ids}]", statsPeriod="90d")
    latest_ids = {str(row["issue.id"]): row["latest_event()"] for row in newest["data"]}
    event_ids = ",".join(latest_ids.values())
    members = await rows(sentry, "id", "title", "timestamp", query=f"id:[{event_ids}]", statsPeriod="90d")

    assert latest_ids == {issue.id: issue.events[-1].id for issue in issues}
    assert {row["id"] for row in members["data"]} == set(latest_ids.values())


async def test_occurrences_have_their_own_dataset(sentry, acme):
    """Issues that are not errors are found in `issuePlatform` only."""
    issue = next(issue for issue in acme.issues.values() if not issue.is_error)
    errors = await rows(sentry, "id", query=f"issue.id:{issue.id}", statsPeriod="90d")
    others = await rows(sentry, "id", query=f"issue.id:{issue.id}", statsPeriod="90d", dataset="issuePlatform")

    assert errors["data"] == []
    assert {row["id"] for row in others["data"]} == {event.id for event in issue.events}


async def test_filters_add_up(sentry, acme):
    """Project, environment, search and time range all narrow the result."""
    project = acme.find_project("web")
    table = await rows(
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
    assert table["data"] == [{"count()": len(expected)}]


async def test_groups_can_be_filtered(sentry, acme):
    """A condition on a function filters groups; `allowAggregateConditions=false` rejects it."""
    counts = Counter(event.issue.short_id for event in recent(acme))
    table = await rows(sentry, "issue", "count()", query="count():>20")
    status, _, _ = await sentry.get(
        EVENTS,
        params={"field": "count()", "dataset": "errors", "query": "count():>3", "allowAggregateConditions": "false"},
    )

    assert {row["issue"]: row["count()"] for row in table["data"]} == {k: n for k, n in counts.items() if n > 20}
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
    """The text of each field is the key of its value, type and unit."""
    table = await rows(sentry, field, per_page=1)

    assert table["data"][0].keys() == {field}
    assert (table["meta"]["fields"], table["meta"]["units"]) == ({field: kind}, {field: unit})


async def test_equations_compute(sentry, acme):
    """An equation is evaluated over the functions in it."""
    table = await rows(sentry, "count()", "equation|(count() + 2) * 10")

    assert table["data"] == [
        {"count()": len(recent(acme)), "equation|(count() + 2) * 10": (len(recent(acme)) + 2) * 10}
    ]


async def test_series_add_up_to_the_total(sentry, acme):
    """The buckets of a series cover the time range without gaps and overlaps."""
    table = await sentry.body(
        "/organizations/acme/events-timeseries/", params={"dataset": "errors", "statsPeriod": "24h", "interval": "1h"}
    )
    (series,) = table["timeSeries"]
    times = [value["timestamp"] for value in series["values"]]

    assert {after - before for before, after in pairwise(times)} == {3_600_000}
    assert sum(value["value"] for value in series["values"]) == len(recent(acme))
    assert [value["incomplete"] for value in series["values"]][-1] is True


async def test_top_events_and_the_others(sentry, acme):
    """The top groups come in order, followed by the others unless `excludeOther` is set."""
    params = {"dataset": "errors", "statsPeriod": "24h", "topEvents": "3", "groupBy": "project", "sort": "-count()"}
    with_other = await sentry.body("/organizations/acme/events-timeseries/", params=params)
    without_other = await sentry.body("/organizations/acme/events-timeseries/", params=params | {"excludeOther": "1"})
    counts = Counter(event.issue.project.slug for event in recent(acme))

    names = [series["groupBy"][0]["value"] for series in without_other["timeSeries"]]
    assert names == [slug for slug, _ in counts.most_common(3)]
    assert [series["meta"]["isOther"] for series in with_other["timeSeries"]] == [False, False, False, True]


async def test_older_series_have_the_older_shape(sentry):
    """`events-stats` returns a single series for one axis and a map by axis for several."""
    single = await sentry.body("/organizations/acme/events-stats/", params={"statsPeriod": "24h"})
    by_axis = await sentry.body(
        "/organizations/acme/events-stats/",
        params=[("statsPeriod", "24h"), ("yAxis", "count()"), ("yAxis", "count_unique(user)")],
    )

    assert single["data"][0][1][0].keys() == {"count"}
    assert by_axis.keys() == {"count()", "count_unique(user)"}


async def test_tags_count_events(sentry, acme):
    """The total of a tag is the number of events that have it."""
    tags = await sentry.body("/organizations/acme/tags/", params={"statsPeriod": "24h"})
    values = await sentry.body("/organizations/acme/tags/environment/values/", params={"statsPeriod": "24h"})

    total = next(tag["totalValues"] for tag in tags if tag["key"] == "environment")
    assert total == len(recent(acme)) == sum(value["count"] for value in values)
