"""Events: counts by time range, bodies, tags, attachments and user feedback."""

from itertools import pairwise

import pytest

from dexter_graphql.sandbox.serializers.entries import serialize_entries

ISSUE = "/organizations/acme/issues/WEB-9"


def largest(acme, predicate=lambda issue: True):
    return max((i for i in acme.issues.values() if predicate(i)), key=lambda issue: len(issue.events))


async def test_time_range_and_environments_change_counts(sentry, acme):
    """Counts cover the time range and environments; `lifetime` covers all events."""
    issue = largest(acme)
    now = sentry.server.world.clock.time()

    async def count(query):
        body = await sentry.body(f"/organizations/acme/issues/?group={issue.id}&{query}")
        return [(int(row["count"]), int(row["lifetime"]["count"])) for row in body]

    day = [e for e in issue.events if e.at >= now + 1 - 86_400]
    staging = [e for e in day if e.environment == "staging"]
    total = len(issue.events)
    assert await count("statsPeriod=90d") == [(total, total)]
    assert await count("statsPeriod=24h") == [(len(day), total)]
    assert await count("statsPeriod=24h&environment=staging") == [(len(staging), total)]
    assert len(staging) < len(day) < total


async def test_the_series_adds_up_to_the_count(sentry, acme):
    """The last bucket contains the present, and the buckets sum up to the events they span."""
    issue = largest(acme)
    [row] = await sentry.body(f"/organizations/acme/issues/?group={issue.id}&statsPeriod=14d&groupStatsPeriod=14d")

    series = row["stats"]["14d"]
    assert len(series) == 14
    assert {right[0] - left[0] for left, right in pairwise(series)} == {86_400}
    assert sum(n for _, n in series) == sum(e.at >= series[0][0] for e in issue.events)


async def test_collapse_omits_members(sentry):
    """`lifetime` omits the counts, `stats` the series, `filtered` the filtered counts, `unhandled` the flag."""
    base = "/organizations/acme/issues/?group=1000009"
    [full] = await sentry.body(base)
    [collapsed] = await sentry.body(f"{base}&collapse=lifetime&collapse=stats&collapse=filtered&collapse=unhandled")

    omitted = {"lifetime", "count", "userCount", "firstSeen", "lastSeen", "stats", "filtered", "isUnhandled"}
    assert set(full) - set(collapsed) == omitted


async def test_a_search_about_events_fills_filtered(sentry, acme):
    """`filtered` counts the matching events, and `matchingEventId` is the newest of them."""
    path = "/organizations/acme/issues/?query=environment:canary&sort=freq&limit=1&statsPeriod=90d"
    [row] = await sentry.body(path)

    events = [e for e in acme.issues[row["id"]].events if e.environment == "canary"]
    assert (row["filtered"]["count"], row["matchingEventId"]) == (str(len(events)), events[-1].id)
    assert int(row["count"]) == len(acme.issues[row["id"]].events)


async def test_counts_of_many_searches_come_in_one_call(sentry, acme):
    """Each query has its count, capped at 100."""
    path = "/organizations/acme/issues-count/?query=is:unresolved&query=issue:WEB-9&statsPeriod=90d"

    assert await sentry.body(path) == {"is:unresolved": 100, "issue:WEB-9": 1}


async def test_stats_of_exact_groups_come_in_one_call(sentry):
    """There is one item per known group, in the requested order."""
    body = await sentry.body("/organizations/acme/issues-stats/?groups=1000010&groups=1000009&groups=5&statsPeriod=90d")

    assert [row["id"] for row in body] == ["1000010", "1000009"]
    assert {"count", "userCount", "firstSeen", "lastSeen", "stats", "lifetime"} <= set(body[0])


async def test_neighbours_of_events_agree(sentry, acme):
    """Following `nextEventID` from the oldest event visits all events, and `previousEventID` is its inverse."""
    event_id = "oldest"
    visited, previous_ids = [], []
    while event_id:
        event = await sentry.body(f"{ISSUE}/events/{event_id}/")
        visited.append(event["id"])
        previous_ids.append(event["previousEventID"])
        event_id = event["nextEventID"]

    assert visited == [event.id for event in acme.issues["1000009"].events]
    assert previous_ids == [None, *visited[:-1]]


async def test_named_events_are_events_of_the_issue(sentry, acme):
    """`latest` is the newest event in the selected environments."""
    issue = largest(acme)
    staging = [e for e in issue.events if e.environment == "staging"]
    path = f"/organizations/acme/issues/{issue.id}/events/latest/"

    assert (await sentry.body(path))["id"] == issue.events[-1].id
    assert (await sentry.body(f"{path}?environment=staging"))["id"] == staging[-1].id
    assert (await sentry.get(f"/organizations/acme/issues/{issue.id}/events/{'0' * 32}/"))[0] == 404


@pytest.mark.parametrize("project", ["web", "api", "gateway", "search", "backoffice", "desk"])
async def test_errors_have_frames_with_context(sentry, project):
    """Frames run from library code to application code, each with its executed line in the context."""
    [issue] = await sentry.body(
        f"/organizations/acme/issues/?query=issue.category:error&project={project}&limit=1&statsPeriod=90d"
    )
    event = await sentry.body(f"/organizations/acme/issues/{issue['id']}/events/latest/")

    exception = next(entry for entry in event["entries"] if entry["type"] == "exception")["data"]["values"][-1]
    frames = exception["stacktrace"]["frames"]
    assert issue["title"] == f"{exception['type']}: {exception['value']}"
    assert [frames[0]["inApp"], frames[-1]["inApp"]] == [False, True]
    assert all(frame["lineNo"] in dict(map(tuple, frame["context"])) for frame in frames)


async def test_all_kinds_of_entries_occur(sentry, acme):
    """The world contains every supported kind of entry."""
    kinds = {entry["type"] for issue in acme.issues.values() for entry in serialize_entries(issue.events[-1])}

    assert kinds == {
        "exception", "message", "threads", "stacktrace", "template", "breadcrumbs", "csp", "request", "debugmeta",
        "spans",
    }  # fmt: skip


async def test_issues_that_are_not_errors_have_occurrences(sentry, acme):
    """Their events have an occurrence and are not in the project's event list."""
    issue = next(i for i in acme.issues.values() if i.category == "outage")
    event = await sentry.body(f"/organizations/acme/issues/{issue.id}/events/latest/")
    listed = await sentry.body(f"/projects/acme/{issue.project.slug}/events/?statsPeriod=90d")

    assert (event["occurrence"]["issueTitle"], event["occurrence"]["eventId"]) == (issue.title, event["id"])
    assert all(acme.events[row["id"]].issue.is_error for row in listed)


async def test_an_event_id_finds_its_issue(sentry, acme):
    """The lookup returns project, issue and event."""
    event = acme.issues["1000009"].events[0]
    body = await sentry.body(f"/organizations/acme/eventids/{event.id}/")

    assert (body["projectSlug"], body["groupId"], body["event"]["id"]) == ("web", "1000009", event.id)
    assert (await sentry.get(f"/organizations/globex/eventids/{event.id}/"))[0] == 404


async def test_tags_add_up(sentry, acme):
    """The counts of a tag's values sum up to the events of the issue."""
    values = await sentry.body(f"{ISSUE}/tags/environment/values/")
    tag = await sentry.body(f"{ISSUE}/tags/environment/")

    assert sum(value["count"] for value in values) == len(acme.issues["1000009"].events) == tag["totalValues"]


async def test_attachments_can_be_listed_and_downloaded(sentry, acme):
    """The download has the listed size and content type."""
    event_id = next(key for key, files in acme.attachments.items() if files)
    base = f"/projects/acme/{acme.events[event_id].issue.project.slug}/events/{event_id}/attachments/"
    [log, picture] = await sentry.body(base)
    _, headers, content = await sentry.get(f"{base}{picture['id']}/?download=1")

    assert (log["name"], headers["Content-Type"], len(content)) == ("app.log", "image/png", picture["size"])


async def test_feedback_can_be_left_and_read(sentry, acme):
    """A user report comes first in the project's list and is part of its event."""
    event = acme.issues["1000009"].events[-1]
    report = {"event_id": event.id, "name": "Ann", "email": "ann@customers.example", "comments": "broken"}
    status, headers, body = await sentry.call("POST", "/projects/acme/web/user-feedback/", json=report)

    assert (status, body["eventID"], body["issue"]["shortId"]) == (200, event.id, "WEB-9")
    assert "X-Sentry-Deprecation-Date" in headers
    assert (await sentry.body("/projects/acme/web/user-feedback/"))[0]["comments"] == "broken"
    assert (await sentry.get(f"{ISSUE}/events/{event.id}/"))[2]["userReport"]["name"] == "Ann"
