"""Lookups and lists of events, the newest events of many issues, and the members of an event."""

from base64 import urlsafe_b64encode
from datetime import datetime

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.events import serialize_contexts, serialize_event_detail
from dexter_graphql.sandbox.world.event_attributes import get_end_user, get_tags
from support.events import EVENT, EVENTS, ISSUE, ISSUE_LIST, altered_event, event_of, find, ordinary

DISCOVER = "/organizations/{organization}/events/"


OF_PROJECT = "/projects/{organization}/{project}/events/{event_id}/"


PROJECTS = "/organizations/{organization}/projects/"


class TestFinding:
    """Which event it is, and what finding it costs."""

    @pytest.mark.parametrize(
        ("field", "coordinate"),
        [
            ("latestEvent", -1),
            ("oldestEvent", 0),
            ("event(which: LATEST)", -1),
            ("event(which: OLDEST)", 0),
        ],
    )
    async def test_word_names_the_event(self, asker, field, coordinate):
        """Newest and first are told apart; one call gives either of them whole."""
        issue = find(asker, ordinary)

        told = await asker.organization(f'issue(shortId: "{issue.short_id}") {{ event: {field} {{ eventId dist }} }}')

        assert told["issue"] == {"event": {"eventId": issue.events[coordinate].id, "dist": None}}
        assert told.routes == sorted([ISSUE, EVENT])

    async def test_recommended_is_what_is_taken_without_a_word(self, asker):
        """The event that tells the most is the default, and the same one under its word; both share a call."""
        issue = find(asker, ordinary)

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}")'
            " { plain: event { eventId } named: event(which: RECOMMENDED) { eventId } }"
        )

        assert told["issue"]["plain"] == told["issue"]["named"]
        assert told["issue"]["plain"]["eventId"] in {event.id for event in issue.events}
        assert told.routes == sorted([ISSUE, EVENT])

    @pytest.mark.parametrize("spell", [str, str.upper, lambda text: "-".join((text[:8], text[8:12], text[12:]))])
    async def test_id_names_the_event(self, asker, spell):
        """In capitals and with the hyphens of a UUID too."""
        issue = find(asker, ordinary)
        wanted = issue.events[1].id

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ event(eventId: "{spell(wanted)}") {{ eventId }} }}'
        )

        assert told["issue"] == {"event": {"eventId": wanted}}

    async def test_id_of_another_event_is_null(self, asker):
        """A lookup that finds nothing is null without an error."""
        issue = find(asker, ordinary)

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ event(eventId: "{"0" * 32}") {{ eventId }} }}'
        )

        assert told["issue"] == {"event": None}

    async def test_text_that_is_no_id_is_refused_before_any_call(self, asker):
        """What cannot be the id of an event is the client's mistake, and does not reach a path."""
        issue = find(asker, ordinary)

        told = await asker.ask(
            f'{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}")'
            ' { title event(eventId: "../x") { eventId } } } }'
        )

        [error] = told.errors
        assert told["organization"]["issue"] == {"title": issue.title, "event": None}
        assert (error["path"], error["extensions"]["code"]) == (["organization", "issue", "event"], "BAD_USER_INPUT")
        assert EVENT not in told.routes

    async def test_events_of_an_issue_are_paged_newest_first(self, asker):
        """Rows of the list, page after page, each event once."""
        issue = find(asker, lambda issue: 8 <= len(issue.events) <= 20)
        page = "nodes { eventId title kindRaw culprit location platform level environment releaseVersion tags { key } }"
        page += " pageInfo { hasNextPage endCursor }"

        first = await asker.organization(f'issue(shortId: "{issue.short_id}") {{ events(first: 5) {{ {page} }} }}')
        cursor = first["issue"]["events"]["pageInfo"]["endCursor"]
        rest = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ events(first: 50, after: "{cursor}") {{ {page} }} }}'
        )

        pages = [told["issue"]["events"] for told in (first, rest)]
        assert [node for page in pages for node in page["nodes"]] == [
            {
                "eventId": event.id,
                "title": issue.title,
                "kindRaw": issue.kind,
                "culprit": issue.culprit,
                "location": issue.culprit.partition(" in ")[0],
                "platform": issue.project.platform,
                "level": issue.level.upper(),
                "environment": event.environment,
                "releaseVersion": event.release and event.release.version,
                "tags": [{"key": key} for key in get_tags(event)],
            }
            for event in reversed(issue.events)
        ]
        assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, False]
        assert first.routes == sorted([ISSUE, EVENTS])

    async def test_events_are_narrowed_by_range_environment_and_search(self, asker):
        """The arguments become parameters of the one call, and all that comes back fits them."""
        issue = max(asker.acme.issues.values(), key=lambda issue: len(issue.events))

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ events(first: 100, range: {{ last: "7d" }},'
            ' environments: [{ name: "production" }], search: "user.id:*") { nodes { environment occurredAt } } }'
        )

        [query] = told.queries(EVENTS)
        since = asker.services.clock.now().timestamp() - 7 * 86_400
        nodes = told["issue"]["events"]["nodes"]
        assert {("environment", "production"), ("query", "user.id:*")} <= set(query)
        assert nodes
        assert {node["environment"] for node in nodes} == {"production"}
        assert min(datetime.fromisoformat(node["occurredAt"]).timestamp() for node in nodes) >= since

    async def test_members_that_rows_lack_are_one_call_for_each_event(self, asker):
        """Only the detail has all of an event, so that a list of whole events costs a call for each row."""
        issue = find(asker, lambda issue: len(issue.events) > 5)

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}")'
            " { events(first: 4) { nodes { eventId sdk { name } sizeBytes } } }"
        )

        newest = [serialize_event_detail(event) for event in reversed(issue.events[-4:])]
        assert told["issue"]["events"]["nodes"] == [
            {"eventId": body["id"], "sdk": {"name": body["sdk"]["name"]}, "sizeBytes": body["size"]} for body in newest
        ]
        assert told.routes == sorted([ISSUE, EVENTS, *[OF_PROJECT] * 4])

    async def test_node_of_an_event_is_fetched_by_its_id(self, asker):
        """The id of the graph names organization, project and event; one call."""
        event = find(asker, ordinary).events[0]
        identity = f"Event::{asker.acme.id}:{event.issue.project.id}:{event.id}"
        key = urlsafe_b64encode(identity.encode()).decode().rstrip("=")
        await asker.organization("slug")

        told = await asker.ask("query ($id: ID!) { node(id: $id) { id ... on Event { eventId title } } }", id=key)

        assert told.errors == []
        assert told["node"] == {"id": key, "eventId": event.id, "title": event.issue.title}
        assert told.routes == [OF_PROJECT]


class TestNewestOfMany:
    """The newest event of each issue of a list."""

    async def test_light_members_of_errors_are_two_calls(self, asker):
        """Fifty issues: the list, a search for the ids of their newest events, and one for the events."""
        told = await asker.organization(
            'issues(filter: { levels: [ERROR, FATAL], search: "issue.category:error" }, first: 50) {'
            " nodes { sentryId latestEvent { id eventId title occurredAt } } }"
        )

        nodes = told["issues"]["nodes"]
        newest = [asker.acme.issues[node["sentryId"]].events[-1] for node in nodes]
        assert [node["latestEvent"]["eventId"] for node in nodes] == [event.id for event in newest]
        assert [node["latestEvent"]["title"] for node in nodes] == [event.issue.title for event in newest]
        assert len(nodes) == 50
        assert told.routes == sorted([ISSUE_LIST, DISCOVER, DISCOVER])

    async def test_light_members_of_mixed_issues_are_four_calls(self, asker):
        """Issues that are not errors live in another data set, which is asked for those alone."""
        told = await asker.organization(
            "issues(first: 100) { nodes { sentryId category latestEvent { eventId occurredAt } } }"
        )

        nodes = told["issues"]["nodes"]
        newest = [asker.acme.issues[node["sentryId"]].events[-1] for node in nodes]
        assert len({node["category"] for node in nodes}) > 1
        assert [node["latestEvent"]["eventId"] for node in nodes] == [event.id for event in newest]
        assert told.routes == sorted([ISSUE_LIST, *[DISCOVER] * 4])
        datasets = [value for query in told.queries(DISCOVER) for name, value in query if name == "dataset"]
        assert datasets == ["errors", "errors", "issuePlatform", "issuePlatform"]

    async def test_fields_of_the_search_are_those_selected(self, asker):
        """Nothing is asked for that nobody reads."""
        told = await asker.organization("issues(first: 10) { nodes { latestEvent { eventId title } } }")

        asked = [sorted(value for name, value in query if name == "field") for query in told.queries(DISCOVER)[:2]]
        assert asked == [["issue.id", "latest_event()"], ["id", "project.id", "title"]]

    async def test_issue_below_its_newest_event_is_one_call_for_all(self, asker):
        """The way back to the issues is batched like any other."""
        told = await asker.organization(
            'issues(filter: { search: "issue.category:error" }, first: 20) {'
            " nodes { shortId latestEvent { issue { shortId } project { slug } } } }"
        )

        assert all(
            node["latestEvent"]["issue"] == {"shortId": node["shortId"]}
            and node["shortId"].startswith(node["latestEvent"]["project"]["slug"].upper())
            for node in told["issues"]["nodes"]
        )
        assert told.routes == sorted([ISSUE_LIST, DISCOVER, DISCOVER, ISSUE_LIST, PROJECTS])

    async def test_whole_newest_events_are_one_call_each(self, asker):
        """Members that searches do not know cost a call for each issue, and no search."""
        told = await asker.organization(
            "issues(first: 6) { nodes { sentryId latestEvent { eventId sdk { version } } } }"
        )

        nodes = told["issues"]["nodes"]
        newest = [serialize_event_detail(asker.acme.issues[node["sentryId"]].events[-1]) for node in nodes]
        assert [node["latestEvent"] for node in nodes] == [
            {"eventId": body["id"], "sdk": {"version": body["sdk"]["version"]}} for body in newest
        ]
        assert told.routes == sorted([ISSUE_LIST, *[EVENT] * 6])


class TestMembers:
    """What an event tells of itself."""

    async def test_detail_tells_all_of_the_event(self, asker):
        """Plain members as Sentry has them; moments in UTC."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.number % 10 == 0)

        node, told = await event_of(
            asker,
            issue,
            "eventId title message occurredAt receivedAt culprit location platform sizeBytes dist metadata fingerprints"
            " packages extra kind kindRaw level levelRaw environment releaseVersion occurrence { title }",
        )

        event = issue.events[-1]
        body = serialize_event_detail(event)
        moments = {name: datetime.fromisoformat(node[name]) for name in ("occurredAt", "receivedAt")}
        assert node | moments == {
            "eventId": event.id,
            "title": issue.title,
            "message": issue.title,
            "occurredAt": event.time.replace(microsecond=0),
            "receivedAt": event.time,
            "culprit": issue.culprit,
            "location": body["location"],
            "platform": issue.project.platform,
            "sizeBytes": body["size"],
            "dist": None,
            "metadata": body["metadata"],
            "fingerprints": issue.hashes,
            "packages": {"shop-kit": "4.1.0"},
            "extra": body["context"],
            "kind": "ERROR",
            "kindRaw": "error",
            "levelRaw": get_tags(event)["level"],
            "level": issue.level.upper(),
            "environment": event.environment,
            "releaseVersion": event.release.version,
            "occurrence": None,
        }
        assert told.routes == sorted([ISSUE, EVENT])

    async def test_user_sdk_and_tags_are_told(self, asker):
        """Who was there, what reported it, and the tags in Sentry's order."""
        issue = find(asker, ordinary)

        node, _ = await event_of(
            asker,
            issue,
            "endUser { userId email username ipAddress } endUserDetails { name geo data }"
            " sdk { name version } tags { key value }",
        )

        event = issue.events[-1]
        person = get_end_user(event)
        assert node == {
            "endUser": {
                "userId": person.id,
                "email": person.email,
                "username": person.username,
                "ipAddress": person.ip_address,
            },
            "endUserDetails": {
                "name": None,
                "geo": {"country_code": person.country, "city": person.city},
                "data": None,
            },
            "sdk": serialize_event_detail(event)["sdk"],
            "tags": [{"key": key, "value": value} for key, value in get_tags(event).items()],
        }

    async def test_event_without_a_user_has_none(self, asker):
        """Nobody was there; that is no error."""
        issue = find(asker, lambda issue: issue.events[-1].person < 0)

        node, _ = await event_of(asker, issue, "endUser { email }")

        assert node == {"endUser": None}

    async def test_contexts_are_listed_by_name(self, asker):
        """Each with its kind and with everything in it."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.project.language == "javascript")

        node, _ = await event_of(asker, issue, "contexts { name type value }")

        expected = serialize_contexts(issue.events[-1])
        assert {"os", "runtime", "trace", "browser", "device"} <= expected.keys()
        assert node["contexts"] == [
            {"name": name, "type": value["type"], "value": value} for name, value in expected.items()
        ]

    async def test_context_of_null_is_none(self, asker):
        """It says nothing, and what stands in a context may not be null."""
        contexts = {"os": None, "trace": {"type": "trace"}}

        told = await altered_event(asker, "contexts { name type value }", contexts=contexts)

        assert told["organization"]["issue"]["event"]["contexts"] == [
            {"name": "trace", "type": "trace", "value": {"type": "trace"}}
        ]

    async def test_occurrence_tells_what_was_detected(self, asker):
        """Issues that are not errors rest on evidence."""
        issue = find(asker, lambda issue: issue.category == "outage")

        node, _ = await event_of(
            asker,
            issue,
            "kind occurrence { occurrenceId title subtitle culprit level detectedAt evidenceData"
            " evidence { name value isImportant } }",
        )

        event = issue.events[-1]
        body = serialize_event_detail(event)["occurrence"]
        found = node["occurrence"]
        assert node["kind"] == "GENERIC"
        assert datetime.fromisoformat(found.pop("detectedAt")) == event.time
        assert found == {
            "occurrenceId": body["id"],
            "title": issue.title,
            "subtitle": issue.value,
            "culprit": issue.culprit,
            "level": issue.level,
            "evidenceData": body["evidenceData"],
            "evidence": [{"name": "Evidence", "value": issue.value, "isImportant": True}],
        }

    async def test_errors_of_processing_are_told(self, asker):
        """What Sentry could not do with the event stands beside it."""
        problem = {"type": "js_no_source", "message": "Source code was not found", "data": {"url": "~/app.js"}}

        told = await altered_event(asker, "processingErrors { type message data }", errors=[problem])

        assert (told["organization"]["issue"]["event"], told.errors) == ({"processingErrors": [problem]}, [])

    async def test_neighbours_are_known_by_id_for_no_call(self, asker):
        """The event before and the one after; beyond the last there is none. More of them costs a call each."""
        issue = find(asker, ordinary)
        middle = issue.events[1].id

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ event(eventId: "{middle}")'
            " { previous { eventId previous { eventId } } next { eventId } } }"
        )
        light = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ event(eventId: "{issue.events[2].id}")'
            " { previous { eventId } next { eventId } } }"
        )

        before, after = issue.events[0].id, issue.events[2].id
        assert told["issue"]["event"] == {"previous": {"eventId": before, "previous": None}, "next": {"eventId": after}}
        assert told.routes == sorted([ISSUE, EVENT, OF_PROJECT])
        assert light["issue"]["event"]["previous"] == {"eventId": middle}
        assert light.routes == [EVENT]

    async def test_links_lead_to_issue_release_and_project(self, asker):
        """An event knows where it belongs; an event that names no release has none."""
        issue = find(asker, ordinary)
        release = issue.events[-1].release
        fields = "issue { shortId } release { version releasedAt } project { slug }"

        node, told = await event_of(asker, issue, fields)

        found = node["release"].pop("releasedAt")
        assert datetime.fromisoformat(found) == release.date_released
        assert node == {
            "issue": {"shortId": issue.short_id},
            "release": {"version": release.version},
            "project": {"slug": issue.project.slug},
        }
        assert "/organizations/{organization}/releases/{version}/" in told.routes

    async def test_attachments_are_listed(self, asker):
        """Files with name, type and size; an event without files has an empty list."""
        attached = find(asker, lambda issue: issue.events[-1].id in asker.acme.attachments)
        fields = "attachments { sentryId name mimeType sizeBytes attachmentType sha1 createdAt }"

        node, told = await event_of(asker, attached, fields)
        none, _ = await event_of(
            asker, find(asker, lambda issue: issue.events[-1].id not in asker.acme.attachments), fields
        )

        files = asker.acme.attachments[attached.events[-1].id]
        assert [(one["sentryId"], one["name"], one["mimeType"], one["sizeBytes"]) for one in node["attachments"]] == [
            (file.id, file.name, file.mimetype, len(file.content)) for file in files
        ]
        assert {one["attachmentType"] for one in node["attachments"]} == {"event.attachment"}
        assert all(len(one["sha1"]) == 40 for one in node["attachments"])
        assert none == {"attachments": []}
        assert told.routes == sorted([ISSUE, EVENT, OF_PROJECT + "attachments/"])


async def test_event_of_a_list_stays_when_its_detail_fails(asker):
    """What only the detail has is null then, beside an error for each field."""
    issue = find(asker, ordinary)
    asker.server.faults.add(Fault(route=OF_PROJECT, status=403, body={"detail": "No"}, times=None))

    answer = await asker.ask(
        f'{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}") {{'
        " events(first: 1) { nodes { eventId contexts { name } entries { kind } } } } } }"
    )

    [event] = answer["organization"]["issue"]["events"]["nodes"]
    assert (bool(event["eventId"]), event["contexts"], event["entries"]) == (True, None, None)
    assert [error["path"][-1] for error in answer.errors] == ["contexts", "entries"]
