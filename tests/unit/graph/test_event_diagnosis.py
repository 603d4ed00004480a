"""What Sentry works out about events: source maps, links to source code, texts, and their traces."""

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.world.event_attributes import get_trace_id
from support.issues import find, one, select

LINK = "/projects/{organization}/{project}/stacktrace-link/"
EVENT = "/organizations/{organization}/issues/{issue}/events/{event_id}/"
BROWSER_FRAMES = (
    "latestEvent { exceptions { frames { file repositoryLink { url path attemptedUrl error errorRaw } } } }"
)


def browser_issue(asker):
    """The first error of a browser."""
    return find(asker, lambda issue: issue.short_id == "WEB-9")


async def test_frames_are_linked(asker):
    """Each frame costs one call, and has the URL of its line or the reason why there is none."""
    issue, answer = await one(asker, browser_issue(asker), BROWSER_FRAMES)

    library, own = [frame["repositoryLink"] for frame in issue["latestEvent"]["exceptions"][0]["frames"]]
    root = "https://github.example/acme/web/blob/main/"
    vendor = "vendor/react-dom.production.js"
    assert own == {
        "url": f"{root}src/router.ts#L31",
        "path": "src/router.ts",
        "attemptedUrl": None,
        "error": None,
        "errorRaw": None,
    }
    assert library == {
        "url": None,
        "path": vendor,
        "attemptedUrl": root + vendor,
        "error": "FILE_NOT_FOUND",
        "errorRaw": "file_not_found",
    }
    assert len(answer.queries(LINK)) == 2


async def test_equal_frames_are_linked_once(asker):
    """The same frame in the exceptions, the stack traces and the entries is one call."""
    frames = "frames { repositoryLink { url } }"
    _, answer = await one(
        asker,
        browser_issue(asker),
        f"latestEvent {{ exceptions {{ {frames} stackTrace {{ {frames} }} }}"
        f" entries {{ ... on ExceptionEntry {{ exceptions {{ {frames} }} }} }} }}",
    )

    assert len(answer.queries(LINK)) == 2


async def test_frame_without_file_has_no_link(asker):
    """A frame without a file, or with one whose path is no path, costs no call; too long details are left out."""
    issue = browser_issue(asker)
    frames = [{"filename": None}, {"filename": "x" * 1001}, {"filename": "a.js", "absPath": "data:" + "x" * 1000}]
    entry = {"type": "exception", "data": {"values": [{"type": "E", "stacktrace": {"frames": frames}}]}}
    body = {"id": "a" * 32, "eventID": "a" * 32, "projectID": "101000", "groupID": issue.id, "entries": [entry]}
    asker.server.faults.add(Fault(route=EVENT, status=200, body=body))

    answered, answer = await one(asker, issue, BROWSER_FRAMES)

    links = [frame["repositoryLink"] for frame in answered["latestEvent"]["exceptions"][0]["frames"]]
    assert [link and link["error"] for link in links] == [None, None, "FILE_NOT_FOUND"]
    assert answer.queries(LINK) == [[("file", "a.js")]]


@pytest.mark.parametrize("file", ["", " ", "x" * 1001])
async def test_odd_file_is_refused(asker, file):
    """A path that no file has is refused before any call."""
    answer = await asker.ask(
        """query ($file: String!) {
          organization(slug: "acme") { project(slug: "web") { sourceLink(file: $file) { url } } }
        }""",
        file=file,
    )

    [error] = answer.errors
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", ["file"])
    assert answer.queries(LINK) == []


async def test_project_without_mapping(asker):
    """A project that is mapped to no repository has the reason instead of a link."""
    asker.acme.repositories.clear()

    answer = await asker.organization('project(slug: "web") { sourceLink(file: "a.ts") { url path error } }')

    link = {"url": None, "path": None, "error": "NO_CODE_MAPPINGS"}
    assert answer["project"]["sourceLink"] == link


async def test_text_and_trace(asker):
    """An event names its trace without a call, and is written out in one call of its issue."""
    issue = browser_issue(asker)
    event = issue.events[-1]

    answered, answer = await one(
        asker, issue, "latestEvent { trace { traceId } markdown: formattedText xml: formattedText(format: XML) }"
    )

    latest = answered["latestEvent"]
    assert latest["trace"] == {"traceId": get_trace_id(event)}
    assert latest["markdown"].startswith(f"# {issue.title}")
    assert latest["xml"].startswith("<event>")
    assert [query for query in answer.queries(EVENT) if query] == [[("llmFormat", "markdown")], [("llmFormat", "xml")]]


@pytest.mark.parametrize("trace", [None, {}, {"trace_id": None}, {"trace_id": "no-trace"}])
async def test_event_without_trace(asker, trace):
    """An event whose context names no trace has none."""
    issue = browser_issue(asker)
    body = {"eventID": "a" * 32, "projectID": "101000", "groupID": issue.id, "contexts": {"trace": trace}}
    asker.server.faults.add(Fault(route=EVENT, status=200, body=body))

    answered, _ = await one(asker, issue, "latestEvent { trace { traceId } }")

    assert answered["latestEvent"] == {"trace": None}


@pytest.mark.parametrize(
    ("status", "body", "codes"),
    [
        (404, "", []),
        (404, {"detail": "The requested resource does not exist"}, []),
        (200, {"eventID": "x"}, []),
        (200, {"formatted": None}, []),
        (200, {"formatted": 7}, ["UPSTREAM_BAD_RESPONSE"]),
        (200, [], ["UPSTREAM_BAD_RESPONSE"]),
        (500, None, ["UPSTREAM_UNAVAILABLE"]),
    ],
)
async def test_event_without_text(asker, status, body, codes):
    """A server that cannot write events out has no text, and another failure is an error of the field."""
    issue = browser_issue(asker)
    event = f"events/{issue.events[-1].id}/"
    asker.server.faults.add(Fault(route=event, status=status, body=body, times=None))

    answer = await asker.ask(
        f'query {{ organization(slug: "acme") {{ {select(issue, "latestEvent { eventId formattedText }")} }} }}'
    )

    assert [error["extensions"]["code"] for error in answer.errors] == codes
    assert answer["organization"]["issue"]["latestEvent"] == {"eventId": issue.events[-1].id, "formattedText": None}


async def test_odd_trace_id_is_an_error(asker):
    """A trace ID that is no text is an error of the field alone."""
    issue = browser_issue(asker)
    body = {"eventID": "a" * 32, "projectID": "101000", "groupID": issue.id, "contexts": {"trace": {"trace_id": [7]}}}
    asker.server.faults.add(Fault(route=EVENT, status=200, body=body))

    answer = await asker.ask(
        f'query {{ organization(slug: "acme") {{ {select(issue, "latestEvent { eventId trace { traceId } }")} }} }}'
    )

    assert [error["extensions"]["code"] for error in answer.errors] == ["UPSTREAM_BAD_RESPONSE"]
    assert answer["organization"]["issue"]["latestEvent"] == {"eventId": "a" * 32, "trace": None}


async def test_source_maps_are_diagnosed(asker):
    """The diagnosis has the searches for the files of each frame. It costs one call."""
    answered, answer = await one(
        asker,
        browser_issue(asker),
        """latestEvent { sourceMapDebug {
          releaseVersion debugIdSupport hasDebugIds hasScrapingData
          exceptions { frames {
            debugIdLookup { debugId hasSourceMap }
            releaseLookup { sourceFileNames sourceFileResult sourceMapResultRaw }
            scraping { sourceFile { url } }
          } }
        } }""",
    )

    diagnosis = answered["latestEvent"]["sourceMapDebug"]
    frame = {
        "debugIdLookup": {"debugId": None, "hasSourceMap": False},
        "releaseLookup": {
            "sourceFileNames": ["~/src/router.ts"],
            "sourceFileResult": "UNSUCCESSFUL",
            "sourceMapResultRaw": "unsuccessful",
        },
        "scraping": {"sourceFile": None},
    }
    assert diagnosis.pop("exceptions")[0]["frames"][1] == frame
    assert diagnosis == {
        "releaseVersion": "web@1.8.2",
        "debugIdSupport": "FULL",
        "hasDebugIds": False,
        "hasScrapingData": False,
    }
    assert [call for call in answer.routes if "source-map-debug" in call] == [
        "/projects/{organization}/{project}/events/{event_id}/source-map-debug/"
    ]
