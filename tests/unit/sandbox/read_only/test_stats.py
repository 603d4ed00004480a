"""Usage and release health: totals, groups and limits are consistent."""

from datetime import timedelta

import pytest

from dexter_graphql.sandbox.world.releases import compute_health
from support.sandbox import NOON

USAGE = "/organizations/acme/stats_v2/"
SESSIONS = "/organizations/acme/sessions/"

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def usage(sentry, *groups, **options):
    pairs = [("groupBy", group) for group in groups]
    pairs += [(key, str(value)) for key, value in {"field": "sum(quantity)", "statsPeriod": "7d", **options}.items()]
    return await sentry.body(USAGE, params=pairs)


async def sessions(sentry, *fields, **options):
    pairs = [("field", field) for field in fields]
    pairs += [(key, str(value)) for key, value in {"statsPeriod": "7d", **options}.items()]
    return await sentry.body(SESSIONS, params=pairs)


async def test_series_add_up_to_totals(sentry):
    """Each series has one value per interval, and they sum up to the total."""
    body = await usage(sentry, "category", "outcome", interval="1d")

    assert body["groups"]
    for group in body["groups"]:
        assert len(group["series"]["sum(quantity)"]) == len(body["intervals"])
        assert sum(group["series"]["sum(quantity)"]) == group["totals"]["sum(quantity)"]


async def test_interval_does_not_change_the_total(sentry):
    """The total is the same for every interval."""
    hourly, daily = [await usage(sentry, "outcome", interval=interval, start="2026-02-20T00:00:00",
                                 end="2026-02-27T00:00:00", statsPeriod="") for interval in ("1h", "1d")]  # fmt: skip

    assert [group["totals"] for group in hourly["groups"]] == [group["totals"] for group in daily["groups"]]


async def test_projects_have_totals_only(sentry, acme):
    """Grouped by project there are no intervals and series, and the sum is that of all projects."""
    by_project = await usage(sentry, "project", category="error")
    together = await usage(sentry, "category", category="error")

    assert (by_project["intervals"], {len(group["series"]) for group in by_project["groups"]}) == ([], {0})
    assert {group["by"]["project"] for group in by_project["groups"]} == {int(project.id) for project in acme.projects}
    assert sum(group["totals"]["sum(quantity)"] for group in by_project["groups"]) == sum(
        group["totals"]["sum(quantity)"] for group in together["groups"]
    )


@pytest.mark.parametrize(
    "options",
    [
        {"interval": "30m"},
        {"interval": "7h"},
        {"interval": "2d"},
        {"field": "sum(moods)"},
        {"category": "moods"},
        {"statsPeriod": ""},
    ],
)
async def test_invalid_parameters_are_rejected(options, sentry):
    """Intervals other than whole hours that divide a day, unknown names and a missing time range are rejected."""
    params = {"field": "sum(quantity)", "groupBy": "outcome", "statsPeriod": "7d", **options}
    status, _, body = await sentry.get(USAGE, params=params)

    assert (status, body.keys()) == (400, {"detail"})


async def test_bytes_are_not_added_to_counts(sentry):
    """Attachments are in bytes and only present when selected or grouped by category."""
    everything = await usage(sentry, "outcome")
    apart = await usage(sentry, "category")
    status, _, _ = await sentry.get(
        USAGE,
        params=[("field", "sum(quantity)"), ("groupBy", "outcome"), ("statsPeriod", "1d"), ("category", "error"),
                ("category", "attachment")],
    )  # fmt: skip

    by_category = {group["by"]["category"]: group["totals"]["sum(quantity)"] for group in apart["groups"]}
    counted = sum(group["totals"]["sum(quantity)"] for group in everything["groups"])
    assert counted == sum(by_category.values()) - by_category["attachment"]
    assert status == 400


async def test_summary_agrees_with_usage(sentry, acme):
    """The summary has the same totals by project, and the download one line per project."""
    params = {"field": "sum(quantity)", "statsPeriod": "7d", "category": "error"}
    summary = await sentry.body("/organizations/acme/stats-summary/", params=params)
    by_project = await usage(sentry, "project", category="error")
    _, headers, table = await sentry.get("/organizations/acme/stats-summary/", params=params | {"download": "1"})

    totals = {int(project["id"]): project["stats"][0]["totals"]["sum(quantity)"] for project in summary["projects"]}
    assert totals == {group["by"]["project"]: group["totals"]["sum(quantity)"] for group in by_project["groups"]}
    assert headers["Content-Type"] == "text/csv"
    assert len(table.splitlines()) == 1 + len(acme.projects)


async def test_sessions_follow_the_health_of_releases(sentry, acme):
    """The sessions of a release are the sum of its hours."""
    release = acme.find_project("web") and max(
        (release for release in acme.releases if release.projects[0].slug == "web"),
        key=lambda release: release.date_created,
    )
    body = await sessions(sentry, "sum(session)", query=f'release:"{release.version}"', statsPeriod="48h")

    hours = [NOON - timedelta(hours=hour) for hour in range(49)]
    expected = sum(
        compute_health(release, release.projects[0], environment.name, hour).sessions
        for environment in acme.environments
        for hour in hours
    )
    assert [group["totals"] for group in body["groups"]] == [{"sum(session)": expected}]


async def test_statuses_add_up(sentry):
    """Every session has exactly one status."""
    total = await sessions(sentry, "sum(session)")
    by_status = await sessions(sentry, "sum(session)", groupBy="session.status")

    assert (
        sum(group["totals"]["sum(session)"] for group in by_status["groups"])
        == (total["groups"][0]["totals"]["sum(session)"])
    )


async def test_rates_are_ratios(sentry):
    """Crash rates and crash free rates are ratios that add up to 1."""
    body = await sessions(sentry, "crash_rate(session)", "crash_free_rate(session)", groupBy="project")

    for group in body["groups"]:
        totals = group["totals"]
        assert 0 <= totals["crash_free_rate(session)"] <= 1
        assert totals["crash_rate(session)"] + totals["crash_free_rate(session)"] == pytest.approx(1)


async def test_responses_are_bounded(sentry):
    """The number of groups is limited to 10,000 points."""
    body = await sessions(sentry, "sum(session)", groupBy="release", statsPeriod="30d", interval="1h")

    assert len(body["groups"]) == 10_000 // (len(body["intervals"]) + 1)


async def test_series_can_be_omitted(sentry):
    """`includeSeries=0` omits series, and `orderBy` still sorts."""
    body = await sessions(
        sentry, "sum(session)", groupBy="release", includeSeries=0, orderBy="-sum(session)", per_page=3
    )
    numbers = [group["totals"]["sum(session)"] for group in body["groups"]]

    assert [group["series"] for group in body["groups"]] == [{}, {}, {}]
    assert numbers == sorted(numbers, reverse=True)
