"""What an organization used: groups, series, and what is refused before any call."""

import pytest

USAGE = "/organizations/{organization}/stats_v2/"
STATS = "/projects/{organization}/{project}/stats/"
SUMMARY = "/organizations/{organization}/stats-summary/"


async def test_groups_have_totals_and_series(asker):
    """A series has one value per interval, adding up to the total."""
    told = await asker.organization(
        'usage(groupBy: [CATEGORY, OUTCOME], range: { last: "30d" }, interval: "1d")'
        " { startsAt endsAt groups { category outcome total project { slug }"
        " series { name startsAt intervalSeconds values } } }"
    )

    groups = told["usage"]["groups"]
    assert all(group["series"]["intervalSeconds"] == 86_400 for group in groups)
    assert all(sum(group["series"]["values"]) == group["total"] for group in groups)
    assert {"category": "ERROR", "outcome": "ACCEPTED", "project": None}.items() <= groups[0].items()
    assert told.routes == [USAGE]


async def test_groups_by_project_link_to_it_and_have_no_series(asker):
    """Sentry gives totals alone for projects, which are looked up in one call."""
    told = await asker.organization(
        "usage(groupBy: [PROJECT], categories: [ERROR]) { groups { category total project { slug } series { name } } }"
    )

    groups = told["usage"]["groups"]
    assert [group["project"]["slug"] for group in groups] == [project.slug for project in asker.acme.projects]
    assert all(group["series"] is None and group["category"] is None for group in groups)
    assert told.routes == sorted([USAGE, "/organizations/{organization}/projects/"])


async def test_filters_become_parameters(asker):
    """Categories, outcomes and projects are repeated parameters."""
    told = await asker.organization(
        'usage(groupBy: [REASON], categories: [ERROR, REPLAY], outcomes: [FILTERED], projects: {slug: "web"},'
        ' interval: "6h") { groups { reason total } }'
    )

    (query,) = told.queries(USAGE)
    assert query == [
        ("field", "sum(quantity)"),
        ("groupBy", "reason"),
        ("category", "error"),
        ("category", "replay"),
        ("outcome", "filtered"),
        ("project", asker.acme.projects[0].id),
        ("interval", "6h"),
        ("start", "2026-03-03T12:00:00"),
        ("end", "2026-03-04T18:00:00"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        "groupBy: []",
        'groupBy: [CATEGORY], interval: "5h"',
        'groupBy: [CATEGORY], interval: "30m"',
        'groupBy: [CATEGORY], interval: "2d"',
        'groupBy: [CATEGORY], interval: "soon"',
        "groupBy: [CATEGORY], categories: [ATTACHMENT, ERROR]",
        "groupBy: [CATEGORY], categories: [UNKNOWN]",
        'groupBy: [CATEGORY], range: { last: "0d" }',
    ],
)
async def test_mistakes_cost_no_call(asker, arguments):
    """What Sentry would refuse is refused before it is asked."""
    await asker.organization("slug")

    told = await asker.ask(f'{{ organization(slug: "acme") {{ usage({arguments}) {{ startsAt }} }} }}')

    assert [error["extensions"]["code"] for error in told.errors] == ["BAD_USER_INPUT"]
    assert told.calls == []


async def test_summary_has_the_totals_of_each_project(asker):
    """The summary and the usage by project have the same totals; categories have one name in both."""
    told = await asker.organization(
        "usageSummary(category: REPLAY) { projects { project { slug } categories { category categoryRaw total dropped"
        " outcomes { outcome total } } } }"
        " usage(groupBy: [PROJECT], categories: [REPLAY]) { groups { project { slug } total } }"
    )

    by_project = {project["project"]["slug"]: project["categories"] for project in told["usageSummary"]["projects"]}
    expected = {group["project"]["slug"]: group["total"] for group in told["usage"]["groups"]}
    assert {slug: category["total"] for slug, (category,) in by_project.items()} == expected
    [category] = by_project["web"]
    outcomes = {outcome["outcome"]: outcome["total"] for outcome in category["outcomes"]}
    assert (category["category"], category["categoryRaw"]) == ("REPLAY", "replays")
    assert category["total"] == sum(outcomes.values())
    assert category["dropped"] == outcomes["RATE_LIMITED"] + outcomes["ABUSE"]
    assert told.routes == sorted([USAGE, SUMMARY, "/organizations/{organization}/projects/"])


async def test_measure_of_attachments(asker):
    """Attachments are measured in bytes or in numbers, and a series is named after the measure."""
    told = await asker.organization(
        "bytes: usage(groupBy: [CATEGORY], categories: [ATTACHMENT]) { groups { total series { name } } }"
        " files: usage(groupBy: [CATEGORY], categories: [ATTACHMENT], measure: TIMES_SEEN)"
        " { groups { total series { name } } }"
    )

    [[in_bytes], [in_files]] = told["bytes"]["groups"], told["files"]["groups"]
    assert in_bytes["total"] > 1000 * in_files["total"] > 0
    assert [in_bytes["series"]["name"], in_files["series"]["name"]] == ["sum(quantity)", "sum(times_seen)"]


async def test_event_counts_have_a_value_per_interval(asker):
    """The interval that runs is the last one, and each project costs one call."""
    told = await asker.organization(
        'projects(first: 2) { nodes { eventCounts(range: { last: "2h" }) { name startsAt intervalSeconds values } } }'
    )

    for project in told["projects"]["nodes"]:
        assert project["eventCounts"]["startsAt"] == "2026-03-04T10:00:00Z"
        assert (project["eventCounts"]["name"], project["eventCounts"]["intervalSeconds"]) == ("received", 3600)
        assert len(project["eventCounts"]["values"]) == 3
    assert told.routes == ["/organizations/{organization}/projects/", STATS, STATS]


@pytest.mark.parametrize(
    "selection",
    [
        "usageSummary(category: SPAN) { startsAt }",
        "usageSummary(outcome: UNKNOWN) { startsAt }",
        'project(slug: "web") { eventCounts(interval: "5m") { name } }',
        'project(slug: "web") { eventCounts(interval: "10s", range: { last: "2d" }) { name } }',
    ],
)
async def test_mistakes_in_counts_are_refused(asker, selection):
    """Values that Sentry does not take, and more intervals than a series has, are mistakes of the client."""
    told = await asker.ask(f'{{ organization(slug: "acme") {{ {selection} }} }}')

    assert [error["extensions"]["code"] for error in told.errors] == ["BAD_USER_INPUT"]
