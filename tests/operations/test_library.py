"""The documents of the library are the specification by example: what each answers, and what it may cost."""

import pytest

from dexter_graphql.operations.library import load_library

LIBRARY = {document.file.removesuffix(".graphql"): document for document in load_library()}
READS = [name for name, document in LIBRARY.items() if document.text.startswith("query")]
DIRECTORY = '{ acme: organization(slug: "acme") { slug } globex: organization(slug: "globex") { slug } }'


@pytest.fixture
async def known(asker):
    """The graph over a sandbox, with the directory of organizations known, as it is after the start of a server."""
    await asker.ask(DIRECTORY)
    return asker


async def run(asker, name):
    """The answer to a document of the library with its own variables."""
    document = LIBRARY[name]
    return await asker.ask(document.text, **document.variables)


@pytest.mark.parametrize("name", READS)
async def test_cold_calls_stay_within_the_limit_and_warm_ones_are_none(known, name):
    """The number of calls is the contract; an answer asked for again comes from the cache."""
    cold = await run(known, name)
    warm = await run(known, name)

    assert cold.errors == []
    assert len(cold.calls) <= LIBRARY[name].calls, cold.routes
    assert (warm.data, warm.calls) == (cold.data, [])


async def test_triage_list_batches_the_newest_events(known):
    """One list, and two searches for the newest events of all issues; what is not selected is collapsed."""
    told = await run(known, "01_triage_list")

    assert told.routes == ["/organizations/{organization}/events/"] * 2 + ["/organizations/{organization}/issues/"]
    [query] = told.queries("/organizations/{organization}/issues/")
    assert ("query", "is:unresolved level:[error,fatal] timeout") in query
    assert {("project", "web"), ("environment", "production"), ("sort", "freq"), ("limit", "50")} <= set(query)
    assert ("collapse", "unhandled") in query
    edges = told["organization"]["issues"]["edges"]
    assert edges
    assert all("timeout" in edge["node"]["title"].lower() for edge in edges)
    assert all(edge["node"]["latestEvent"]["eventId"] for edge in edges)


async def test_link_leads_to_its_issue(known):
    """The number in the address finds the issue that people call WEB-9."""
    told = await run(known, "02_paste_a_link")

    assert told["resource"]["__typename"] == "Issue"
    assert told["resource"]["shortId"] == "WEB-9"


async def test_issue_page_has_all_of_the_issue(known):
    """One call each for the issue, its tags, its comments and the event; whoever owns it costs none while unnamed."""
    told = await run(known, "03_issue_page")

    issue = told["organization"]["issue"]
    event = issue["event"]
    assert told.routes == [
        "/organizations/{organization}/issues/{issue}/",
        "/organizations/{organization}/issues/{issue}/events/{event_id}/",
        "/organizations/{organization}/issues/{issue}/notes/",
        "/organizations/{organization}/issues/{issue}/tags/",
    ]
    assert event["exceptions"][0]["frames"][-1]["context"]
    assert event["breadcrumbs"]
    assert {entry["__typename"] for entry in event["entries"]} >= {"ExceptionEntry", "BreadcrumbsEntry"}
    assert issue["activity"]["nodes"]
    assert issue["tags"][0]["topValues"]


async def test_bulk_resolve_answers_for_each_issue(known):
    """Two issues are resolved with one call, and seen with another; asked again nothing goes wrong."""
    told = await run(known, "04_bulk_resolve")

    payload = told["resolveIssues"]
    assert (told.errors, len(told.calls), payload["unmatched"]) == ([], 2, [])
    assert [result["issue"]["status"] for result in payload["results"]] == ["RESOLVED", "RESOLVED"]
    assert [result["userErrors"] for result in payload["results"]] == [[], []]


async def test_assigning_by_short_id_costs_two_calls(known):
    """One call for the number, one that assigns and brings the issue back."""
    told = await run(known, "05_assign")

    [result] = told["assignIssues"]["results"]
    assert (told.errors, len(told.calls)) == ([], 2)
    assert (result["issue"]["assignee"], result["userErrors"]) == ({"__typename": "Team"}, [])


async def test_release_report_has_commits_and_health(known):
    """The newest release of a project, with who wrote it and how it fares."""
    told = await run(known, "06_release_report")

    release = told["organization"]["release"]
    assert release["version"] == "mobile@1.9.0"
    assert len(release["commits"]["nodes"]) == min(release["commitCount"], 20)
    assert release["projects"] == [{"slug": "mobile"}]
    assert 0 <= release["health"]["crashFreeSessions"] <= 1


async def test_usage_adds_up(known):
    """The series of a group sums up to its total."""
    told = await run(known, "13_usage")

    groups = told["organization"]["usage"]["groups"]
    assert groups
    assert all(sum(group["series"]["values"]) == group["total"] for group in groups)


async def test_node_seen_through_two_windows_is_the_same_node(known):
    """What depends on a list's range stands on its edge; the node is one truth."""
    fields = "edges { inRange { eventCount firstSeen } node { id eventCount userCount firstSeen lastSeen status } }"
    told = await known.ask(
        'query { organization(slug: "acme") {'
        f'  day: issues(first: 100, range: {{ last: "24h" }}) {{ {fields} }}'
        f'  quarter: issues(first: 100, range: {{ last: "90d" }}) {{ {fields} }}'
        "} }"
    )

    day = {edge["node"]["id"]: edge for edge in told["organization"]["day"]["edges"]}
    quarter = {edge["node"]["id"]: edge for edge in told["organization"]["quarter"]["edges"]}
    both = day.keys() & quarter.keys()
    assert both
    assert all(day[one]["node"] == quarter[one]["node"] for one in both)
    assert any(day[one]["inRange"] != quarter[one]["inRange"] for one in both)


async def test_large_page_is_composed_of_several_calls(known):
    """A hundred and fifty issues are two calls, each issue once, in the order of the list."""
    told = await known.ask(
        '{ organization(slug: "acme") { issues(first: 150) { nodes { id } pageInfo { hasNextPage } isCut } } }'
    )

    page = told["organization"]["issues"]
    assert len({node["id"] for node in page["nodes"]}) == 150
    assert (len(told.calls), page["pageInfo"]["hasNextPage"], page["isCut"]) == (2, True, False)
