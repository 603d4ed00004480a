"""What an organization used: groups, series, and what is refused before any call."""

import pytest

USAGE = "/organizations/{organization}/stats_v2/"


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
