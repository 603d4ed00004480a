"""Events: how they are found, what they tell, and the parts that they are made of.

Long, because it is about one noun with many parts, found by the functions at its beginning; a class for each side.
"""

from base64 import urlsafe_b64encode
from datetime import datetime

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.entries import serialize_entries
from dexter_graphql.sandbox.serializers.events import serialize_contexts, serialize_event_detail
from dexter_graphql.sandbox.world.event_attributes import get_end_user, get_tags

ISSUE_LIST = "/organizations/{organization}/issues/"
ISSUE = ISSUE_LIST + "{issue}/"
EVENTS = ISSUE + "events/"
EVENT = EVENTS + "{event_id}/"
DISCOVER = "/organizations/{organization}/events/"
OF_PROJECT = "/projects/{organization}/{project}/events/{event_id}/"
PROJECTS = "/organizations/{organization}/projects/"


def find(asker, fits):
    """The first issue of acme that fits."""
    return next(issue for issue in asker.acme.issues.values() if fits(issue))


def ordinary(issue):
    """Fits an error with several events, of which the newest has a user and a release."""
    newest = issue.events[-1]
    return issue.is_error and len(issue.events) > 3 and newest.person >= 0 and newest.release


async def event_of(asker, issue, fields, which="LATEST"):
    """What is selected on an event of an issue, and the calls that it cost."""
    told = await asker.organization(f'issue(shortId: "{issue.short_id}") {{ event(which: {which}) {{ {fields} }} }}')
    return told["issue"]["event"], told


async def altered_event(asker, fields, **members):
    """An event of which Sentry's answer has some members changed: what is selected on it, and the errors."""
    issue = find(asker, ordinary)
    asker.server.faults.add(
        Fault(route=EVENT, times=None, status=200, body=serialize_event_detail(issue.events[-1]) | members)
    )
    await asker.organization("slug")
    return await asker.ask(
        f'{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}") {{ event(which: LATEST)'
        f" {{ {fields} }} }} }} }}"
    )


def part(event, kind):
    """The data of the entry of one kind, as the sandbox makes it."""
    return next(one["data"] for one in serialize_entries(event) if one["type"] == kind)


def frame_of(wire):
    """A stack frame of the wire as the graph tells it."""
    return {
        "file": wire["filename"],
        "absolutePath": wire["absPath"],
        "module": wire["module"],
        "function": wire["function"],
        "line": wire["lineNo"],
        "column": wire["colNo"],
        "inApp": wire["inApp"],
        "context": [{"line": line, "text": text} for line, text in wire["context"]],
        "variables": wire["vars"],
    }


FRAME = "file absolutePath module function line column inApp context { line text } variables"


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
            f'issue(shortId: "{issue.short_id}") {{ event(id: "{spell(wanted)}") {{ eventId }} }}'
        )

        assert told["issue"] == {"event": {"eventId": wanted}}

    async def test_id_of_another_event_is_null(self, asker):
        """A lookup that finds nothing is null without an error."""
        issue = find(asker, ordinary)

        told = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ event(id: "{"0" * 32}") {{ eventId }} }}'
        )

        assert told["issue"] == {"event": None}

    async def test_text_that_is_no_id_is_refused_before_any_call(self, asker):
        """What cannot be the id of an event is the client's mistake, and does not reach a path."""
        issue = find(asker, ordinary)

        told = await asker.ask(
            f'{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}")'
            ' { title event(id: "../x") { eventId } } } }'
        )

        [error] = told.errors
        assert told["organization"]["issue"] == {"title": issue.title, "event": None}
        assert (error["path"], error["extensions"]["code"]) == (["organization", "issue", "event"], "BAD_USER_INPUT")
        assert EVENT not in told.routes

    async def test_events_of_an_issue_are_paged_newest_first(self, asker):
        """Rows of the list, page after page, each event once."""
        issue = find(asker, lambda issue: 8 <= len(issue.events) <= 20)
        page = "nodes { eventId title kind culprit location platform level environment releaseVersion tags { key } } "
        page += "pageInfo { hasNextPage endCursor }"

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
                "kind": issue.kind,
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
            ' environments: ["production"], search: "user.id:*") { nodes { environment occurredAt } } }'
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
            " nodes { sentryId latestEvent { id eventId title message occurredAt } } }"
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
        told = await asker.organization("issues(first: 10) { nodes { latestEvent { eventId message } } }")

        asked = [sorted(value for name, value in query if name == "field") for query in told.queries(DISCOVER)[:2]]
        assert asked == [["issue.id", "latest_event()"], ["id", "message", "project.id"]]

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
            " packages extra kind level environment releaseVersion occurrence { title }",
        )

        event = issue.events[-1]
        body = serialize_event_detail(event)
        moments = {name: datetime.fromisoformat(node[name]) for name in ("occurredAt", "receivedAt")}
        assert node | moments == {
            "eventId": event.id,
            "title": issue.title,
            "message": issue.title,
            "occurredAt": event.time,
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
            "kind": "error",
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
            "user { userId email username name ipAddress geo data } sdk { name version } tags { key value }",
        )

        event = issue.events[-1]
        person = get_end_user(event)
        assert node == {
            "user": {
                "userId": person.id,
                "email": person.email,
                "username": person.username,
                "name": None,
                "ipAddress": person.ip_address,
                "geo": {"country_code": person.country, "city": person.city},
                "data": None,
            },
            "sdk": serialize_event_detail(event)["sdk"],
            "tags": [{"key": key, "value": value} for key, value in get_tags(event).items()],
        }

    async def test_event_without_a_user_has_none(self, asker):
        """Nobody was there; that is no error."""
        issue = find(asker, lambda issue: issue.events[-1].person < 0)

        node, _ = await event_of(asker, issue, "user { email }")

        assert node == {"user": None}

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
            " evidence { name value important } }",
        )

        event = issue.events[-1]
        body = serialize_event_detail(event)["occurrence"]
        found = node["occurrence"]
        assert node["kind"] == "generic"
        assert datetime.fromisoformat(found.pop("detectedAt")) == event.time
        assert found == {
            "occurrenceId": body["id"],
            "title": issue.title,
            "subtitle": issue.value,
            "culprit": issue.culprit,
            "level": issue.level,
            "evidenceData": body["evidenceData"],
            "evidence": [{"name": "Evidence", "value": issue.value, "important": True}],
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
            f'issue(shortId: "{issue.short_id}") {{ event(id: "{middle}")'
            " { previous { eventId previous { eventId } } next { eventId } } }"
        )
        light = await asker.organization(
            f'issue(shortId: "{issue.short_id}") {{ event(id: "{issue.events[2].id}")'
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
        fields = "issue { shortId } release { version dateReleased } project { slug }"

        node, told = await event_of(asker, issue, fields)

        found = node["release"].pop("dateReleased")
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
        fields = "attachments { attachmentId name mimeType sizeBytes kind sha1 createdAt }"

        node, told = await event_of(asker, attached, fields)
        none, _ = await event_of(
            asker, find(asker, lambda issue: issue.events[-1].id not in asker.acme.attachments), fields
        )

        files = asker.acme.attachments[attached.events[-1].id]
        assert [
            (one["attachmentId"], one["name"], one["mimeType"], one["sizeBytes"]) for one in node["attachments"]
        ] == [(file.id, file.name, file.mimetype, len(file.content)) for file in files]
        assert {one["kind"] for one in node["attachments"]} == {"event.attachment"}
        assert all(len(one["sha1"]) == 40 for one in node["attachments"])
        assert none == {"attachments": []}
        assert told.routes == sorted([ISSUE, EVENT, OF_PROJECT + "attachments/"])


class TestParts:
    """The parts of an event, each of its own type."""

    async def test_exception_has_mechanism_and_frames_with_context(self, asker):
        """Frames stand oldest first, with the lines of code around them and the variables of our own code."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.project.language == "python")

        node, _ = await event_of(
            asker,
            issue,
            "exceptions { type value module threadId mechanism { type handled synthetic }"
            f" frames {{ {FRAME} }}"
            " stackTrace { hasSystemFrames frames { function } } rawStackTrace { registers } }",
        )

        [value] = part(issue.events[-1], "exception")["values"]
        frames = value["stacktrace"]["frames"]
        assert [frame["inApp"] for frame in frames][-1] is True
        assert node["exceptions"] == [
            {
                "type": issue.type_name,
                "value": issue.value,
                "module": None,
                "threadId": None,
                "mechanism": {
                    "type": value["mechanism"]["type"],
                    "handled": not issue.is_unhandled,
                    "synthetic": False,
                },
                "frames": [frame_of(frame) for frame in frames],
                "stackTrace": {
                    "hasSystemFrames": True,
                    "frames": [{"function": frame["function"]} for frame in frames],
                },
                "rawStackTrace": None,
            }
        ]

    async def test_causes_stand_before_the_exception(self, asker):
        """The outermost exception is the last of the chain."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.number % 8 == 0)

        node, _ = await event_of(
            asker, issue, "exceptions { type } entries { ... on ExceptionEntry { exceptions { type } } }"
        )

        chain = [{"type": "ConnectionError"}, {"type": issue.type_name}]
        assert node["exceptions"] == chain
        assert node["entries"][0] == {"exceptions": chain}

    @pytest.mark.parametrize(("values", "codes"), [(None, []), ("lost", ["UPSTREAM_BAD_RESPONSE"]), ([], [])])
    async def test_breadcrumbs_that_are_no_list(self, asker, values, codes):
        """There are none, or it is said at their place that they did not fit."""
        entries = [{"type": "breadcrumbs", "data": {"values": values}}]

        told = await altered_event(asker, "breadcrumbs { category }", entries=entries)

        assert [error["extensions"]["code"] for error in told.errors] == codes
        assert told["organization"]["issue"]["event"]["breadcrumbs"] == ([] if values == [] else None)

    async def test_last_breadcrumbs_are_the_ones_before_the_event(self, asker):
        """`last` counts from the event; what is left stays oldest first."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.events[-1].variant % 12 > 2)
        fields = "timestamp type category level message data eventId"

        node, _ = await event_of(
            asker, issue, f"two: breadcrumbs(last: 2) {{ {fields} }} all: breadcrumbs {{ {fields} }}"
        )

        values = part(issue.events[-1], "breadcrumbs")["values"]
        for crumb in (*node["all"], *node["two"]):
            crumb["timestamp"] = datetime.fromisoformat(crumb["timestamp"])
        expected = [
            {name: value for name, value in crumb.items() if name != "event_id"}
            | {"eventId": None, "timestamp": crumb["timestamp"]}
            for crumb in values
        ]
        assert len(values) > 5
        assert node["all"] == expected
        assert node["two"] == expected[-2:]

    async def test_request_is_told_with_its_pairs(self, asker):
        """Query, headers and cookies are pairs in the order in which they were sent."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.events[-1].variant % 2)

        node, _ = await event_of(
            asker,
            issue,
            "request { url method fragment contentType apiTarget body environment query { key value }"
            " headers { key value } cookies { key value } }",
        )

        wire = part(issue.events[-1], "request")
        assert node["request"] == {
            "url": wire["url"],
            "method": "POST",
            "fragment": None,
            "contentType": "application/json",
            "apiTarget": None,
            "body": wire["data"],
            "environment": None,
            "query": [{"key": key, "value": value} for key, value in wire["query"]],
            "headers": [{"key": key, "value": value} for key, value in wire["headers"]],
            "cookies": [],
        }

    async def test_query_of_a_request_may_be_text(self, asker):
        """Sentry gives what the program sent: pairs, or the text behind the question mark."""
        request = {"url": "https://x.example/", "method": "GET", "query": "page=2&empty=&page=3"}

        told = await altered_event(
            asker, "request { query { key value } }", entries=[{"type": "request", "data": request}]
        )

        pairs = [{"key": "page", "value": "2"}, {"key": "empty", "value": ""}, {"key": "page", "value": "3"}]
        assert told.errors == []
        assert told["organization"]["issue"]["event"] == {"request": {"query": pairs}}

    @pytest.mark.parametrize(
        ("kind", "fits", "selection", "expect"),
        [
            (
                "MessageEntry",
                lambda issue: issue.is_error and issue.number % 10 == 0,
                "formatted message parameters",
                lambda event: {
                    "kind": "message",
                    "formatted": event.issue.title,
                    "message": "%s: %s",
                    "parameters": [event.issue.type_name],
                },
            ),
            (
                "ThreadsEntry",
                lambda issue: issue.is_error and issue.project.language == "java",
                "threads { threadId name crashed current state stackTrace { hasSystemFrames } }",
                lambda _: {
                    "kind": "threads",
                    "threads": [
                        {
                            "threadId": "1",
                            "name": "main",
                            "crashed": True,
                            "current": True,
                            "state": "RUNNABLE",
                            "stackTrace": None,
                        },
                        {
                            "threadId": "2",
                            "name": "pool-1",
                            "crashed": False,
                            "current": False,
                            "state": "WAITING",
                            "stackTrace": None,
                        },
                    ],
                },
            ),
            (
                "StackTraceEntry",
                lambda issue: issue.is_error and issue.number % 12 == 0,
                f"frames {{ {FRAME} }}",
                lambda event: {
                    "kind": "stacktrace",
                    "frames": [frame_of(frame) for frame in part(event, "stacktrace")["frames"]],
                },
            ),
            (
                "TemplateEntry",
                lambda issue: issue.is_error and issue.project.language == "python" and issue.number % 14 == 0,
                "file absolutePath line context { line text }",
                lambda event: {
                    "kind": "template",
                    "file": f"{event.issue.project.slug}/item.html",
                    "absolutePath": f"/srv/{event.issue.project.slug}/item.html",
                    "line": 12,
                    "context": [{"line": 12, "text": "{{ item.name }}"}],
                },
            ),
            (
                "CSPEntry",
                lambda issue: issue.is_error and issue.project.language == "javascript" and issue.number % 30 == 0,
                "effectiveDirective violatedDirective blockedUri documentUri disposition",
                lambda event: {
                    "kind": "csp",
                    "effectiveDirective": "script-src",
                    "violatedDirective": None,
                    "blockedUri": "https://cdn.example/tracker.js",
                    "documentUri": part(event, "csp")["document_uri"],
                    "disposition": "enforce",
                },
            ),
            (
                "DebugMetaEntry",
                lambda issue: issue.is_error and issue.project.language == "csharp",
                "images",
                lambda event: {"kind": "debugmeta", "images": part(event, "debugmeta")["images"]},
            ),
            (
                "SpansEntry",
                lambda issue: issue.kind == "transaction",
                "spans",
                lambda event: {"kind": "spans", "spans": part(event, "spans")},
            ),
            (
                "RequestEntry",
                lambda issue: issue.is_error,
                "url method",
                lambda event: {
                    "kind": "request",
                    "url": part(event, "request")["url"],
                    "method": part(event, "request")["method"],
                },
            ),
            (
                "BreadcrumbsEntry",
                lambda issue: issue.is_error,
                "breadcrumbs { category message }",
                lambda event: {
                    "kind": "breadcrumbs",
                    "breadcrumbs": [
                        {"category": crumb["category"], "message": crumb["message"]}
                        for crumb in part(event, "breadcrumbs")["values"]
                    ],
                },
            ),
        ],
        ids=lambda value: value if isinstance(value, str) and value.endswith("Entry") else "",
    )
    async def test_part_has_the_type_that_its_kind_says(self, asker, kind, fits, selection, expect):
        """Every kind of part has its own type with its own members; the parts keep Sentry's order."""
        issue = find(asker, fits)

        node, _ = await event_of(asker, issue, f"entries {{ __typename kind ... on {kind} {{ {selection} }} }}")

        event = issue.events[-1]
        assert [one["kind"] for one in node["entries"]] == [one["type"] for one in serialize_entries(event)]
        assert [one for one in node["entries"] if one["__typename"] == kind] == [{"__typename": kind} | expect(event)]

    @pytest.mark.parametrize("kind", ["expectct", "expectstaple", "hpkp"])
    async def test_reports_about_certificates_are_told_apart(self, asker, kind):
        """Three kinds share a type; the kind says which it is."""
        data = {"hostname": "shop.example", "port": 443}

        told = await altered_event(
            asker,
            "entries { __typename kind ... on ReportEntry { hostname port } }",
            entries=[{"type": kind, "data": data}],
        )

        assert told.errors == []
        assert told["organization"]["issue"]["event"]["entries"] == [{"__typename": "ReportEntry", "kind": kind} | data]

    @pytest.mark.parametrize("data", [{"holes": [1, 2.5, None]}, [1, "two"], "text", 7, None])
    async def test_part_of_a_new_kind_is_given_raw(self, asker, data):
        """What Sentry invents after us is passed on as it is, beside the parts that are known."""
        known = {"type": "message", "data": {"formatted": "Hello"}}

        told = await altered_event(
            asker,
            "entries { __typename kind ... on UnknownEntry { data } ... on MessageEntry { formatted } }",
            entries=[{"type": "punchcard", "data": data}, known],
        )

        assert told.errors == []
        assert told["organization"]["issue"]["event"]["entries"] == [
            {"__typename": "UnknownEntry", "kind": "punchcard", "data": data},
            {"__typename": "MessageEntry", "kind": "message", "formatted": "Hello"},
        ]

    async def test_event_without_parts_has_no_exception_request_nor_breadcrumbs(self, asker):
        """A cron failure has no parts at all; that is no error."""
        issue = find(asker, lambda issue: issue.category == "outage")

        node, _ = await event_of(
            asker, issue, "entries { kind } exceptions { type } request { url } breadcrumbs { message }"
        )

        assert node == {"entries": [], "exceptions": None, "request": None, "breadcrumbs": None}

    async def test_part_of_the_wrong_shape_costs_itself_alone(self, asker):
        """One error at the member that does not fit; the parts beside it stand."""
        wrong = {"type": "exception", "data": {"values": [{"type": [7], "value": "v"}]}}
        good = {"type": "message", "data": {"formatted": "Hello"}}

        told = await altered_event(
            asker,
            "title exceptions { type value } entries { kind ... on MessageEntry { formatted } }",
            entries=[wrong, good],
        )

        coordinate = ["organization", "issue", "event", "exceptions", 0, "type"]
        event = told["organization"]["issue"]["event"]
        assert [(error["path"], error["extensions"]["code"]) for error in told.errors] == [
            (coordinate, "UPSTREAM_BAD_RESPONSE")
        ]
        assert event["exceptions"] == [{"type": None, "value": "v"}]
        assert event["entries"] == [{"kind": "exception"}, {"kind": "message", "formatted": "Hello"}]
