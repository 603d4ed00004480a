"""The entries of an event and the values inside them."""

from datetime import datetime

import pytest

from dexter_graphql.sandbox.serializers.entries import serialize_entries
from support.events import altered_event, event_of, find, ordinary


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
        "isInApp": wire["inApp"],
        "context": [{"line": line, "text": text} for line, text in wire["context"]],
        "variables": wire["vars"],
    }


FRAME = "file absolutePath module function line column isInApp context { line text } variables"


class TestParts:
    """The parts of an event, each of its own type."""

    async def test_exception_has_mechanism_and_frames_with_context(self, asker):
        """Frames stand oldest first, with the lines of code around them and the variables of our own code."""
        issue = find(asker, lambda issue: ordinary(issue) and issue.project.language == "python")

        node, _ = await event_of(
            asker,
            issue,
            "exceptions { type value module threadId mechanism { type isHandled isSynthetic }"
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
                    "isHandled": not issue.is_unhandled,
                    "isSynthetic": False,
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
        fields = "occurredAt type category level message data eventId"

        node, _ = await event_of(
            asker, issue, f"two: breadcrumbs(last: 2) {{ {fields} }} all: breadcrumbs {{ {fields} }}"
        )

        values = part(issue.events[-1], "breadcrumbs")["values"]
        for crumb in (*node["all"], *node["two"]):
            crumb["occurredAt"] = datetime.fromisoformat(crumb["occurredAt"])
        expected = [
            {name: value for name, value in crumb.items() if name not in {"event_id", "timestamp"}}
            | {"eventId": None, "occurredAt": crumb["timestamp"]}
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
                "threads { threadId name hasCrashed isCurrent state stackTrace { hasSystemFrames } }",
                lambda _: {
                    "kind": "threads",
                    "threads": [
                        {
                            "threadId": "1",
                            "name": "main",
                            "hasCrashed": True,
                            "isCurrent": True,
                            "state": "RUNNABLE",
                            "stackTrace": None,
                        },
                        {
                            "threadId": "2",
                            "name": "pool-1",
                            "hasCrashed": False,
                            "isCurrent": False,
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
