"""Usage and release health: totals, groups and limits agree with each other."""

from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.sandbox import SandboxServer, build_world
from dexter_graphql.sandbox.world.releases import compute_health
from support.sandbox import NOON, Caller, StillClock

USAGE = "/organizations/acme/stats_v2/"
SESSIONS = "/organizations/acme/sessions/"

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


async def usage(sentry, *groups, **options):
    pairs = [("groupBy", group) for group in groups]
    pairs += [(key, str(value)) for key, value in {"field": "sum(quantity)", "statsPeriod": "7d", **options}.items()]
    return await sentry.body(USAGE, params=pairs)


async def sessions(sentry, *fields, **options):
    pairs = [("field", field) for field in fields]
    pairs += [(key, str(value)) for key, value in {"statsPeriod": "7d", **options}.items()]
    return await sentry.body(SESSIONS, params=pairs)


async def test_series_add_up_to_totals(sentry):
    """Every group's series has one number per interval, and they add up to its total."""
    answer = await usage(sentry, "category", "outcome", interval="1d")

    assert answer["groups"]
    for group in answer["groups"]:
        assert len(group["series"]["sum(quantity)"]) == len(answer["intervals"])
        assert sum(group["series"]["sum(quantity)"]) == group["totals"]["sum(quantity)"]


async def test_interval_does_not_change_the_total(sentry):
    """Finer buckets cut the same quantity into more pieces."""
    hourly, daily = [await usage(sentry, "outcome", interval=interval, start="2026-02-20T00:00:00",
                                 end="2026-02-27T00:00:00", statsPeriod="") for interval in ("1h", "1d")]  # fmt: skip

    assert [group["totals"] for group in hourly["groups"]] == [group["totals"] for group in daily["groups"]]


async def test_projects_have_totals_only(sentry, acme):
    """Grouped by project there are no intervals and no series; the sum is that of all projects."""
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
async def test_rules_are_enforced(options, sentry):
    """Intervals are whole hours that divide a day; unknown names and a missing window are refused."""
    params = {"field": "sum(quantity)", "groupBy": "outcome", "statsPeriod": "7d", **options}
    status, _, body = await sentry.get(USAGE, params=params)

    assert (status, body.keys()) == (400, {"detail"})


async def test_bytes_are_never_added_to_counts(sentry):
    """Attachments are bytes: they show when asked for, or when categories are told apart."""
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
    """The summary's totals by project are those of the series, and the download has a line for each."""
    params = {"field": "sum(quantity)", "statsPeriod": "7d", "category": "error"}
    summary = await sentry.body("/organizations/acme/stats-summary/", params=params)
    by_project = await usage(sentry, "project", category="error")
    _, headers, table = await sentry.get("/organizations/acme/stats-summary/", params=params | {"download": "1"})

    totals = {int(project["id"]): project["stats"][0]["totals"]["sum(quantity)"] for project in summary["projects"]}
    assert totals == {group["by"]["project"]: group["totals"]["sum(quantity)"] for group in by_project["groups"]}
    assert headers["Content-Type"] == "text/csv"
    assert len(table.splitlines()) == 1 + len(acme.projects)


async def test_sessions_follow_the_health_of_releases(sentry, acme):
    """Sessions of one release are the sum of its hours."""
    release = acme.find_project("web") and max(
        (release for release in acme.releases if release.projects[0].slug == "web"),
        key=lambda release: release.date_created,
    )
    answer = await sessions(sentry, "sum(session)", query=f'release:"{release.version}"', statsPeriod="48h")

    hours = [NOON - timedelta(hours=hour) for hour in range(49)]
    expected = sum(
        compute_health(release, release.projects[0], environment.name, hour).sessions
        for environment in acme.environments
        for hour in hours
    )
    assert [group["totals"] for group in answer["groups"]] == [{"sum(session)": expected}]


async def test_statuses_add_up(sentry):
    """Every session has exactly one status."""
    whole = await sessions(sentry, "sum(session)")
    parts = await sessions(sentry, "sum(session)", groupBy="session.status")

    assert (
        sum(group["totals"]["sum(session)"] for group in parts["groups"])
        == (whole["groups"][0]["totals"]["sum(session)"])
    )


async def test_rates_are_shares(sentry):
    """Crash free rates lie between 0 and 1 and complete the crash rate."""
    answer = await sessions(sentry, "crash_rate(session)", "crash_free_rate(session)", groupBy="project")

    for group in answer["groups"]:
        totals = group["totals"]
        assert 0 <= totals["crash_free_rate(session)"] <= 1
        assert totals["crash_rate(session)"] + totals["crash_free_rate(session)"] == pytest.approx(1)


async def test_answers_are_bounded(sentry):
    """Groups times intervals stay below ten thousand points: long series leave room for few groups."""
    answer = await sessions(sentry, "sum(session)", groupBy="release", statsPeriod="30d", interval="1h")

    assert len(answer["groups"]) == 10_000 // (len(answer["intervals"]) + 1)


async def test_parts_can_be_left_out(sentry):
    """Totals and series are empty when they are not wanted, and `orderBy` still ranks."""
    answer = await sessions(
        sentry, "sum(session)", groupBy="release", includeSeries=0, orderBy="-sum(session)", per_page=3
    )
    numbers = [group["totals"]["sum(session)"] for group in answer["groups"]]

    assert [group["series"] for group in answer["groups"]] == [{}, {}, {}]
    assert numbers == sorted(numbers, reverse=True)
