"""The documents of the library: the answer and the upstream calls of each."""

from dataclasses import replace
from datetime import datetime

import pytest

from dexter_graphql.graph.issues.enums import IssueActivityKind
from dexter_graphql.operations.library import load_library
from support.graph import ENGINES

LIBRARY = {document.file.removesuffix(".graphql"): document for document in load_library()}
READS = [name for name, document in LIBRARY.items() if document.text.startswith("query")]
DIRECTORY = '{ acme: organization(slug: "acme") { slug } globex: organization(slug: "globex") { slug } }'

ORGANIZATION = "/organizations/{organization}/"
ISSUES = ORGANIZATION + "issues/"
ISSUE = ISSUES + "{issue}/"
RELEASE = ORGANIZATION + "releases/{version}/"
COMMITTERS = "/projects/{organization}/{project}/events/{event_id}/committers/"
ROUTES = {
    "00_most_frequent_issues": [ISSUES],
    "01_triage_list": [ISSUES, *[ORGANIZATION + "events/"] * 2],
    "02_paste_a_link": [ISSUE],
    "03_issue_page": [ISSUE, ISSUE + "events/{event_id}/", ISSUE + "notes/", ISSUE + "tags/"],
    "06_release_report": [RELEASE, RELEASE + "commits/", RELEASE + "deploys/", ORGANIZATION + "sessions/", ISSUES],
    "07_dashboard_table": [ORGANIZATION + "events/", ISSUES],
    "08_chart": [ORGANIZATION + "events-timeseries/"],
    "09_alerts": [ORGANIZATION + "workflows/", ORGANIZATION + "detectors/"],
    "11_project_dashboard": [
        ORGANIZATION + "projects/",
        "/projects/{organization}/{project}/keys/",
        ORGANIZATION + "stats_v2/",
        *[ISSUES] * 2,
    ],
    "12_two_organizations": [ORGANIZATION + "projects/"] * 2,
    "13_usage": [ORGANIZATION + "stats_v2/"],
    "15_trace": [ORGANIZATION + "trace/{trace}/", ORGANIZATION + "trace-meta/{trace}/"],
    "17_cron_overview": [
        ORGANIZATION + "monitors/",
        ORGANIZATION + "detectors/",
        ORGANIZATION + "monitors/{monitor}/checkins/",
    ],
    "18_alert_editor": [ORGANIZATION + "workflows/", ORGANIZATION + "available-actions/"],
    "14_worst_issues": [
        ORGANIZATION + "projects/",
        ORGANIZATION + "workflows/",
        *[ISSUES] * 3,
        *[ISSUE] * 10,
        *[ORGANIZATION + "events/"] * 2,
        RELEASE + "commits/",
        RELEASE + "deploys/",
        *[COMMITTERS] * 4,
    ],
    "16_suspect_release": [
        ORGANIZATION + "projects/",
        ORGANIZATION + "workflows/",
        ORGANIZATION + "releases/",
        "/projects/{organization}/{project}/releases/",
        ORGANIZATION + "sessions/",
    ],
    "21_release_page": [
        RELEASE,
        RELEASE + "deploys/",
        ORGANIZATION + "releases/",
        ORGANIZATION + "sessions/",
        ISSUES,
        *[ORGANIZATION + "events/"] * 2,
        *[COMMITTERS] * 3,
    ],
    "20_autofix_state": [ISSUE, ISSUE + "autofix/"],
}
"""Upstream calls of each query when only the directory of organizations is cached."""


@pytest.fixture
async def known(asker):
    """A client of the graph over a sandbox, with only the directory of organizations cached."""
    await asker.ask(DIRECTORY)
    return asker


async def run(asker, name, **variables):
    """The answer to a document of the library with its variables, some of them replaced."""
    document = LIBRARY[name]
    return await asker.ask(document.text, **document.variables | variables)


@pytest.mark.parametrize("name", READS)
async def test_cold_calls_are_these_and_warm_ones_are_none(known, name):
    """Each document makes the declared calls; repeated, it is answered from the cache."""
    cold = await run(known, name)
    warm = await run(known, name)

    assert cold.errors == []
    assert cold.routes == sorted(ROUTES[name])
    assert len(cold.calls) <= LIBRARY[name].calls
    assert (warm.data, warm.errors, warm.calls) == (cold.data, [], [])


async def test_triage_list_shows_the_worst_of_a_day(known):
    """Fifty open errors of production with their latest events, the most frequent first, found by a Sentry search."""
    response = await run(known, "01_triage_list")

    [query] = response.queries(ISSUES)
    assert ("query", "is:unresolved level:[error,fatal] timeout") in query
    assert {("project", "web"), ("environment", "production"), ("sort", "freq"), ("limit", "50")} <= set(query)
    assert [value for name, value in query if name == "collapse"] == ["unhandled"]
    page = response["organization"]["issues"]
    nodes = [edge["node"] for edge in page["edges"]]
    counts = [edge["inRange"]["eventCount"] for edge in page["edges"]]
    issues = [known.acme.find_issue(node["shortId"]) for node in nodes]
    assert (len(nodes), page["totalCount"] > 50, page["pageInfo"]["hasNextPage"]) == (50, True, True)
    assert counts == sorted(counts, reverse=True)
    assert [node["title"] for node in nodes] == [issue.title for issue in issues]
    assert [node["eventCount"] for node in nodes] == [len(issue.events) for issue in issues]
    assert [node["latestEvent"]["eventId"] for node in nodes] == [issue.events[-1].id for issue in issues]
    for issue, edge in zip(issues, page["edges"], strict=True):
        series = edge["inRange"]["series"]
        since = datetime.fromisoformat(series["startsAt"])
        events = [event for event in issue.events if event.environment == "production" and event.time >= since]
        assert (series["intervalSeconds"], sum(series["values"])) == (3600, len(events))


async def test_triage_list_goes_on_after_its_cursor(known):
    """The next page is one more list call with its events and has no issue of the first page."""
    first = await run(known, "01_triage_list")
    cursor = first["organization"]["issues"]["pageInfo"]["endCursor"]

    second = await run(known, "01_triage_list", after=cursor)

    pages = [answer["organization"]["issues"]["edges"] for answer in (first, second)]
    ids = [edge["node"]["id"] for page in pages for edge in page]
    assert second.routes == sorted(ROUTES["01_triage_list"])
    assert len(ids) == len(set(ids)) > 50


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("issues/1000009/", {"__typename": "Issue", "shortId": "WEB-9"}),
        ("issues/1000009/events/{event}/", {"__typename": "Event", "eventId": "{event}"}),
        ("releases/web@1.8.2/", {"__typename": "Release", "version": "web@1.8.2"}),
        ("issues/99/", None),
    ],
)
async def test_link_leads_to_what_its_page_shows(known, path, expected):
    """Each kind of Sentry URL costs one call, on the server's host and on the organization's."""
    event = known.acme.find_issue("WEB-9").events[0].id
    url = f"https://acme.sentry.io/{path.replace('{event}', event)}"

    response = await run(known, "02_paste_a_link", url=url)

    found = response["resource"]
    wanted = expected and {name: value.replace("{event}", event) for name, value in expected.items()}
    assert (found and {name: found[name] for name in wanted}, response.errors) == (wanted, [])
    assert len(response.calls) <= LIBRARY["02_paste_a_link"].calls


async def test_issue_page_has_all_of_the_issue(known):
    """One call each for the issue, its tags, its comments and the event; an unselected owner costs none."""
    response = await run(known, "03_issue_page", shortId="WEB-B")

    known_issue = known.acme.find_issue("WEB-B")
    issue, [comment] = response["organization"]["issue"], known_issue.comments
    event = issue["event"]
    assert response.routes == sorted(ROUTES["03_issue_page"])
    assert issue["title"] == known_issue.title
    assert issue["firstRelease"]["version"] == known_issue.events[0].release.version
    assert issue["lastRelease"] == {"version": known_issue.events[-1].release.version}
    assert event["eventId"] in {event.id for event in known_issue.events}
    assert event["exceptions"][0]["frames"][-1]["context"]
    assert event["breadcrumbs"]
    assert {entry["__typename"] for entry in event["entries"]} >= {"ExceptionEntry", "BreadcrumbsEntry", "RequestEntry"}
    assert [line["kind"] for line in issue["activity"]["nodes"]] == [
        IssueActivityKind(line.type).name for line in known_issue.activity[::-1]
    ]
    assert issue["comments"]["nodes"] == [{"text": comment.data["text"], "author": {"name": comment.user.name}}]
    assert {tag["key"] for tag in issue["tags"]} >= {"browser", "environment", "release"}
    assert issue["owners"][0]["owner"] == {"__typename": "Team"}


async def test_bulk_resolve_answers_for_each_issue(known):
    """Two issues are resolved with one call and read with another; repeating the mutation has no errors."""
    response = await run(known, "04_bulk_resolve")
    again = await run(known, "04_bulk_resolve")

    for answer in (response, again):
        payload = answer["resolveIssues"]
        assert (answer.errors, len(answer.calls), payload["unmatched"]) == ([], 2, [])
        assert [result["issue"]["status"] for result in payload["results"]] == ["RESOLVED", "RESOLVED"]
        assert [result["userErrors"] for result in payload["results"]] == [[], []]
    assert response.routes == [ISSUES, ISSUES]
    assert [known.acme.find_issue(short_id).status for short_id in ("WEB-9", "WEB-A")] == ["resolved", "resolved"]


async def test_assigning_by_short_id_costs_two_calls(known):
    """One call resolves the short id, and one assigns and returns the issue."""
    response = await run(known, "05_assign")

    [result] = response["assignIssues"]["results"]
    assert response.errors == []
    assert response.routes == sorted([ORGANIZATION + "shortids/{short_id}/", ISSUE])
    assert (result["issue"]["assignee"], result["userErrors"]) == ({"__typename": "Team"}, [])
    assert known.acme.find_issue("WEB-9").assignee.team is known.acme.teams[0]


async def test_updated_alert_keeps_what_is_not_given(known):
    """The editor reads an alert, the update reads and writes it, and the next read shows it with all of its actions."""
    before = await run(known, "18_alert_editor")

    response = await run(known, "19_update_alert")
    after = await run(known, "18_alert_editor")

    assert (response.errors, response["updateAlert"]["userErrors"]) == ([], [])
    assert [call.method for call in response.calls] == ["GET", "PUT"]
    assert [one["type"] for one in after["node"]["triggers"]["conditions"]] == ["regression_event"]
    assert after["node"]["name"] == "Regressions"
    changed = {"name", "triggers"}
    assert {name: value for name, value in after["node"].items() if name not in changed} == {
        name: value for name, value in before["node"].items() if name not in changed
    }


async def test_ticket_is_created_and_linked(known):
    """The ticket is created by the integration, and its link is read from the issue."""
    response = await run(known, "22_create_ticket")

    [ticket] = known.acme.find_issue("WEB-9").external_issues
    assert (response.errors, response["createExternalIssue"]["userErrors"]) == ([], [])
    assert [call.method for call in response.calls] == ["GET", "POST", "GET"]
    assert response["createExternalIssue"]["externalIssue"] == {
        "displayName": ticket.display_name,
        "serviceType": "jira",
        "webUrl": ticket.web_url,
    }


@pytest.mark.parametrize("name", ["04_bulk_resolve", "05_assign"])
async def test_list_after_a_change_shows_it(known, name):
    """Answers that were cached before the change are not used after it."""
    await run(known, "02_paste_a_link")

    await run(known, name)
    response = await known.organization('issue(shortId: "WEB-9") { status assignee { __typename } }')

    expected = {"04_bulk_resolve": ("status", "RESOLVED"), "05_assign": ("assignee", {"__typename": "Team"})}
    field, value = expected[name]
    assert response["issue"][field] == value


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("is_shared_token", [True, False])
async def test_live_issues_cost_no_call_per_item(known, engine, is_shared_token):
    """The change contains the issue; the access of the token to its project is checked once."""
    document = LIBRARY["10_live_issues"]
    identity = replace(known.identity, is_shared_token=is_shared_token)
    async with known.following(document.text, engine=engine, identity=identity, **document.variables) as items:
        already = len(known.server.requests)

        changed = await run(known, "04_bulk_resolve")
        response = await items.next()

        item = response["data"]["issueChanged"]
        issue = known.acme.find_issue("WEB-9")
        change = item["change"] | {"occurredAt": None}
        assert ("errors" in response, item["gap"], bool(item["position"])) == (False, None, True)
        assert change == {
            "kind": "RESOLVED",
            "occurredAt": None,
            "origin": "MUTATION",
            "actor": None,
            "issue": {
                "id": changed["resolveIssues"]["results"][0]["issue"]["id"],
                "shortId": "WEB-9",
                "title": issue.title,
                "status": "RESOLVED",
                "eventCount": len(issue.events),
            },
        }
        write_and_look, check = [ISSUES, ISSUES], [ISSUES]
        assert [call.route for call in known.server.requests][already:] == [*write_and_look, *check]


async def test_release_report_has_commits_deploys_issues_and_health(known):
    """New issues, authors, deploys and health of a release."""
    response = await run(known, "06_release_report", version="web@1.8.2")

    release, wanted = response["organization"]["release"], known.acme.find_release("web@1.8.2")
    new = [issue for issue in known.acme.issues.values() if issue.events[0].release is wanted]
    assert (release["version"], release["commitCount"]) == (wanted.version, len(wanted.commits))
    assert {node["message"] for node in release["commits"]["nodes"]} == {commit.message for commit in wanted.commits}
    assert all(node["author"]["name"] for node in release["commits"]["nodes"])
    assert {deploy["environment"] for deploy in release["deploys"]["nodes"]} == {"staging", "production"}
    assert len(release["newIssues"]["nodes"]) == 10
    assert {node["shortId"] for node in release["newIssues"]["nodes"]} <= {issue.short_id for issue in new}
    assert release["projects"]["nodes"] == [{"slug": "web"}]
    assert 0 < release["health"]["crashFreeSessions"] <= 1
    assert release["health"]["sessions"] > 0


async def test_release_report_shows_the_incident(known):
    """With its own variables the report is about the release that broke checkout."""
    response = await run(known, "06_release_report")

    release = response["organization"]["release"]
    titles = [node["title"] for node in release["newIssues"]["nodes"]]
    assert release["health"]["crashFreeSessions"] < 0.85
    assert sum(title.startswith("TimeoutError: Request for the ") for title in titles) == 3
    assert "production" in {deploy["environment"] for deploy in release["deploys"]["nodes"]}
    assert release["commits"]["nodes"][0]["author"]["name"] == known.acme.find_release(release["version"]).owner.name


async def test_two_documents_say_what_broke_checkout_and_who_should_fix_it(known):
    """The release that broke checkout, its commit, and the author, in at most 15 calls without a cache."""
    overview = await run(known, "16_suspect_release")
    project = overview["organization"]["project"]
    suspect = min(project["releases"]["nodes"], key=lambda node: node["compare"]["health"]["crashFreeSessionsChange"])
    page = await run(known, "21_release_page", version=suspect["version"])

    release = page["organization"]["release"]
    broken = known.acme.find_release(release["version"])
    commit = broken.commits[0]
    assert (overview.errors, page.errors) == ([], [])
    assert len(overview.calls) + len(page.calls) <= 15
    assert suspect["compare"]["health"]["crashFreeSessionsChange"] < -0.1
    assert suspect["newIssueCount"] >= 3
    assert suspect["lastDeploy"]["environment"] == "production"
    triggered = [one["lastTriggeredAt"] for one in project["alerts"]["nodes"] if "new issues" in one["name"]]
    assert max(triggered) > suspect["lastDeploy"]["finishedAt"]
    health = release["compare"]["health"]
    assert health["release"]["crashFreeSessions"] < health["base"]["crashFreeSessions"] - 0.1
    assert release["owner"] == {"name": commit.author.name, "email": commit.author.email}
    for issue in release["compare"]["newIssues"]["nodes"]:
        assert known.acme.find_issue(issue["shortId"]).events[0].release is broken
        assert issue["suspectCommits"] == [
            {
                "score": 2,
                "commit": {"key": commit.id, "message": commit.message, "author": release["owner"]},
            }
        ]


async def test_worst_issues_are_explained(known):
    """The issues of the newest release with owners and tickets, and the commit that is suspect for three of them."""
    response = await run(known, "14_worst_issues")

    release = response["organization"]["project"]["latestRelease"]
    issues, edges = release["issues"]["nodes"], release["commits"]["edges"]
    broken = known.acme.find_release(release["version"])
    suspected = {edge["node"]["key"]: {issue["shortId"] for issue in edge["suspectFor"]} for edge in edges}
    assert len(issues) == 10
    assert issues[0]["userCount"] > issues[-1]["userCount"]
    assert suspected.pop(broken.commits[0].id) == {issue["shortId"] for issue in issues[:3]}
    assert set(map(len, suspected.values())) == {0}
    assert issues[0]["externalIssues"][0]["displayName"].startswith("acme/checkout#")
    assert all(issue["latestEvent"]["eventId"] for issue in issues)


async def test_alerts_have_triggers_actions_and_monitors(known):
    """An alert has its triggers, its recipients and its monitors."""
    response = await run(known, "09_alerts")

    alerts = response["organization"]["alerts"]["nodes"]
    project = known.acme.find_project("web")
    detectors = {detector.id: detector for detector in known.acme.detectors if detector.project_id == project.id}
    workflows = [one for one in known.acme.workflows if detectors.keys() & set(one.detector_ids)]
    assert [
        (alert["name"], alert["isEnabled"], [one["type"] for one in alert["triggers"]["conditions"]])
        for alert in alerts
    ] == [(one.name, one.enabled, [when["type"] for when in one.triggers["conditions"]]) for one in workflows]
    assert [{monitor["name"] for monitor in alert["monitors"]["nodes"]} for alert in alerts] == [
        {detectors[number].name for number in one.detector_ids if number in detectors} for one in workflows
    ]
    assert len(alerts) > 1
    assert all(alert["actions"] for alert in alerts)


async def test_project_dashboard_has_all_of_the_project(known):
    """Teams, keys, latest release, environments, the most frequent and the newest issues, and usage."""
    response = await run(known, "11_project_dashboard")

    found, project = response["organization"]["project"], known.acme.find_project("web")
    newest = sorted(
        (one for one in known.acme.issues.values() if one.project is project), key=lambda one: one.first_seen
    )
    assert (found["name"], found["platform"]) == (project.name, project.platform)
    assert found["teams"]["nodes"] == [{"slug": team.slug} for team in project.teams]
    assert [key["label"] for key in found["keys"]["nodes"]] == [key.label for key in project.keys]
    assert all(
        key.public in node["dsn"]["public"] for key, node in zip(project.keys, found["keys"]["nodes"], strict=True)
    )
    assert found["latestRelease"] == {"version": "web@1.9.3"}
    assert {one["name"] for one in found["environments"]["nodes"]} >= {"production", "staging"}
    assert len(found["topIssues"]["nodes"]) == 5
    assert [node["shortId"] for node in found["newest"]["nodes"]] == [one.short_id for one in newest[:-6:-1]]
    assert {"ERROR", "TRANSACTION"} & {row["category"] for row in found["usage"]["groups"]}
    assert sum(row["total"] for row in found["usage"]["groups"]) > 0


async def test_two_organizations_are_asked_side_by_side(known):
    """Each organization has its own projects and costs one call."""
    response = await run(known, "12_two_organizations")

    for alias, slug in (("a", "acme"), ("b", "globex")):
        organization = known.server.world.find_organization(slug)
        assert response[alias] == {
            "name": organization.name,
            "projects": {"nodes": [{"slug": project.slug} for project in organization.projects[:10]]},
        }


async def test_usage_adds_up(known):
    """The series of a group adds up to its total."""
    response = await run(known, "13_usage")

    groups = response["organization"]["usage"]["groups"]
    assert len({(group["category"], group["outcome"]) for group in groups}) == len(groups) > 3
    assert all(sum(group["series"]["values"]) == group["total"] for group in groups)


async def test_dashboard_table_is_typed_by_its_selection(known):
    """The rows are the issues of the newest releases, the most frequent first; the columns say what they are."""
    response = await run(known, "07_dashboard_table")

    table = response["organization"]["discover"]
    [query] = response.queries(ORGANIZATION + "events/")
    assert [value for name, value in query if name == "field"] == [
        "title",
        "count()",
        "count_unique(user)",
        "issue.id",
    ]
    assert {("sort", "-count()"), ("query", "release:latest"), ("dataset", "errors"), ("per_page", "20")} <= {*query}
    assert table["columns"][1] == {"name": "count()", "type": "integer", "unit": None}
    events = [row["events"] for row in table["nodes"]]
    assert len(events) == 20
    assert events == sorted(events, reverse=True)
    for row in table["nodes"]:
        assert known.acme.find_issue(row["issue"]["shortId"]).title == row["title"]
        assert row["users"] <= row["events"]


async def test_chart_has_a_value_for_each_interval(known):
    """The values of a day cover its five-minute steps and the running one, and count the events of the day."""
    response = await run(known, "08_chart")

    [series] = response["organization"]["timeSeries"]
    start = datetime.fromisoformat(series["startsAt"])
    events = [event for issue in known.acme.issues.values() if issue.is_error for event in issue.events]
    assert (series["name"], series["intervalSeconds"], len(series["values"])) == ("count()", 300, 24 * 12 + 1)
    assert sum(series["values"]) == sum(event.time >= start for event in events)


async def test_trace_has_its_spans_and_errors(known):
    """The spans are in order, and the error is that of the issue's newest event."""
    response = await run(known, "15_trace")

    trace, event = response["organization"]["trace"], known.acme.find_issue("WEB-9").events[-1]
    starts = [span["startedAt"] for span in trace["spans"]["nodes"]]
    assert (len(starts), starts) == (trace["counts"]["spanCount"], sorted(starts))
    assert [(error["eventId"], error["shortId"]) for error in trace["errors"]["nodes"]] == [(event.id, "WEB-9")]


async def test_node_seen_through_two_windows_is_the_same_node(known):
    """Values that depend on a list's range are on its edge; the node is the same in all lists."""
    fields = (
        "edges { inRange { eventCount firstSeenAt } node { id eventCount userCount firstSeenAt lastSeenAt status } }"
    )
    response = await known.ask(
        'query { organization(slug: "acme") {'
        f'  day: issues(first: 100, range: {{ last: "24h" }}) {{ {fields} }}'
        f'  quarter: issues(first: 100, range: {{ last: "90d" }}) {{ {fields} }}'
        "} }"
    )

    day = {edge["node"]["id"]: edge for edge in response["organization"]["day"]["edges"]}
    quarter = {edge["node"]["id"]: edge for edge in response["organization"]["quarter"]["edges"]}
    both = day.keys() & quarter.keys()
    assert both
    assert all(day[one]["node"] == quarter[one]["node"] for one in both)
    assert any(day[one]["inRange"] != quarter[one]["inRange"] for one in both)


async def test_large_page_is_composed_of_several_calls(known):
    """150 issues are two calls, with each issue once in the order of the list."""
    response = await known.ask(
        '{ organization(slug: "acme") { issues(first: 150) {'
        " nodes { id lastSeenAt } pageInfo { hasNextPage } isTruncated } } }"
    )

    page = response["organization"]["issues"]
    seen = [datetime.fromisoformat(node["lastSeenAt"]) for node in page["nodes"]]
    assert len({node["id"] for node in page["nodes"]}) == 150
    assert seen == sorted(seen, reverse=True)
    assert response.routes == [ISSUES, ISSUES]
    assert (page["pageInfo"]["hasNextPage"], page["isTruncated"]) == (True, False)


@pytest.mark.parametrize(
    ("selection", "collapsed", "expanded", "series"),
    [
        ("nodes { title }", ["stats", "filtered", "lifetime", "unhandled"], [], ""),
        ("nodes { title isUnhandled }", ["stats", "filtered", "lifetime"], [], ""),
        ("nodes { eventCount }", ["stats", "filtered", "unhandled"], [], ""),
        ("nodes { suggestedOwner { reason } }", ["stats", "filtered", "lifetime", "unhandled"], ["owners"], ""),
        ("edges { inRange { eventCount } }", ["stats", "unhandled"], [], ""),
        ("edges { inRange { series { values } } }", ["lifetime", "unhandled"], [], "auto"),
        ("totalCount", ["stats", "filtered", "lifetime", "unhandled"], [], ""),
    ],
)
async def test_sentry_is_asked_for_what_is_selected_alone(known, selection, collapsed, expanded, series):
    """Parts without selected fields are collapsed, and expensive parts are expanded only when they are selected."""
    response = await known.organization(f'issues(first: 5, range: {{ last: "24h" }}) {{ {selection} }}')

    [query] = response.queries(ISSUES)
    assert [value for name, value in query if name == "collapse"] == collapsed
    assert [value for name, value in query if name == "expand"] == expanded
    assert [value for name, value in query if name == "groupStatsPeriod"] == [series]
    assert ("limit", "5") in query


async def test_autofix_state_is_that_of_the_incident(known):
    """Seer found why checkout broke, and wrote a change for which no pull request is open yet."""
    response = await run(known, "20_autofix_state")

    issue = response["organization"]["issue"]
    broken = known.acme.find_issue("CHECKOUT-1F")
    assert issue["title"] == broken.title
    assert issue["autofix"]["runId"] == broken.autofix["sentry_run_id"]
    assert issue["autofix"]["rootCause"]["repositoryName"] == "acme/checkout"
    assert [change["change"] for change in issue["autofix"]["codeChanges"]] == ["MODIFIED"]
    assert issue["autofix"]["pullRequests"] == []
