"""Saved queries: what they are about, and what running them sends."""

import pytest

SAVED = "/organizations/{organization}/discover/saved/"
ONE = f"{SAVED}{{query}}/"
PROJECTS = "/organizations/{organization}/projects/"
EVENTS = "/organizations/{organization}/events/"
SERIES = "/organizations/{organization}/events-timeseries/"


async def series_query(asker, settings, selection="timeSeries { name }"):
    """The parameters of the call for the series of a query with these settings."""
    saved = asker.acme.saved_queries[0]
    saved.projects, saved.settings = [], settings
    answer = await asker.organization(f'savedQuery(reference: {{ sentryId: "{saved.id}" }}) {{ {selection} }}')
    [query] = answer.queries(SERIES)
    return dict(query)


async def test_projects_and_creator_of_a_list(asker):
    """The projects of all queries cost one call, and the creator none; queries of all projects name none."""
    first, second, _ = asker.acme.saved_queries
    second.projects = [-1]

    told = await asker.organization(
        "savedQueries { nodes { name createdBy { name email } environmentNames projects { nodes { slug } } } }"
    )

    rows = {row["name"]: row for row in told["savedQueries"]["nodes"]}
    assert rows[first.name]["projects"] == {"nodes": [{"slug": "web"}]}
    assert rows[second.name]["projects"] == {"nodes": []}
    assert rows[first.name]["environmentNames"] == ["production"]
    assert rows[first.name]["createdBy"] == {"name": first.created_by.name, "email": first.created_by.email}
    assert told.routes == [SAVED, PROJECTS]


async def test_table_and_series_have_the_range_of_the_query(asker):
    """Without an argument the range is that of the query, relative or fixed."""
    saved = asker.acme.saved_queries[0]
    document = f'savedQuery(reference: {{ sentryId: "{saved.id}" }}) {{ FIELDS }}'
    fields = "startsAt endsAt table(first: 1) { range { startsAt endsAt } } timeSeries { name }"
    relative = await asker.organization(document.replace("FIELDS", fields))
    saved.settings |= {"start": "2026-03-01T00:00:00", "end": "2026-03-02T12:00:00"}
    asker.client.invalidate(["saved-queries/acme"])
    fixed = await asker.organization(document.replace("FIELDS", fields))
    given = await asker.organization(
        document.replace("FIELDS", 'table(first: 1, range: { last: "1h" }) { range { startsAt } }')
    )

    assert relative["savedQuery"]["table"]["range"]["startsAt"] == "2026-03-03T12:00:00Z"
    assert fixed["savedQuery"]["startsAt"] == "2026-03-01T00:00:00Z"
    assert fixed["savedQuery"]["table"]["range"] == {
        "startsAt": "2026-03-01T00:00:00Z", "endsAt": "2026-03-02T12:00:00Z",
    }  # fmt: skip
    assert dict(fixed.queries(SERIES)[0])["end"] == "2026-03-02T12:00:00"
    assert given["savedQuery"]["table"]["range"]["startsAt"] == "2026-03-04T11:00:00Z"
    assert relative.routes == sorted([ONE, EVENTS, SERIES])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"yAxis": "p95()", "query": None}, {"yAxis": "p95()", "query": ""}),
        ({"display": "daily", "range": "7d"}, {"interval": "86400", "start": "2026-02-25T00:00:00"}),
        ({"display": "previous", "range": "2h", "interval": "30m"}, {"comparisonDelta": "7200", "interval": "1800"}),
        ({"interval": "2d"}, {"interval": "86400"}),
        ({"range": "soon", "start": "x", "end": "y"}, {"start": "2026-03-03T12:00:00"}),
        (
            {"display": "top5", "fields": ["title", "count()", "equation|count() * 2"], "topEvents": 99},
            {"topEvents": "5", "groupBy": "title", "sort": "-count()"},
        ),
        (
            {"display": "dailytop5", "fields": ["level", "p95()"], "orderby": "-p95", "topEvents": 2},
            {"topEvents": "2", "groupBy": "level", "sort": "-p95()", "interval": "86400"},
        ),
    ],
)
async def test_settings_of_the_chart(asker, settings, expected):
    """The form of the chart decides about groups, intervals and comparison; odd settings have Sentry's defaults."""
    query = await series_query(asker, settings)

    assert {name: query.get(name) for name in expected} == expected


@pytest.mark.parametrize("settings", [{"environment": [1]}, {"query": {}}, {"fields": "title"}, {"projects": ["web"]}])
async def test_query_with_odd_settings_is_not_run(asker, settings):
    """Without a part of its settings the query would search something else: it is an error, and no further call."""
    saved = asker.acme.saved_queries[0]
    saved.projects = settings.get("projects", [])
    saved.settings |= settings

    told = await asker.ask(
        f"""{{ organization(slug: "acme") {{ savedQuery(reference: {{ sentryId: "{saved.id}" }}) {{
          id table(first: 1) {{ table }} timeSeries {{ name }} }} }} }}"""
    )

    assert [error["extensions"]["code"] for error in told.errors] == ["UPSTREAM_BAD_RESPONSE"] * 2
    assert told.data["organization"]["savedQuery"]["id"]
    assert not {EVENTS, SERIES} & set(told.routes)


async def test_chart_of_the_top_groups_needs_a_column(asker):
    """A query with functions alone has one series of all events."""
    assert "topEvents" not in await series_query(asker, {"display": "top5", "fields": ["count()"]})
