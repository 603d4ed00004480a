"""Event bodies of ten platforms with one odd value: it changes nothing but itself, on both engines."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.events import serialize_event_detail
from support.marked import ODD_VALUES, at, damage, is_silent, marks, positions

EXAMPLES = 20_000 if settings.default.max_examples > 1000 else 150
EVENT = "/organizations/{organization}/issues/{issue}/events/{event_id}/"
MEMBERS = ("contexts", "context", "culprit", "dist", "entries", "errors", "fingerprints", "location", "message",
           "metadata", "occurrence", "packages", "sdk", "tags", "title", "user")  # fmt: skip
"""Members whose every position is tried; the others identify the event or hold a single value."""
FIXED = {"eventID", "groupID", "id", "lineNo", "platform", "projectID", "timestamp", "type"}
"""Members whose text has a meaning, so that it cannot be replaced by a mark."""
FIXED_TAGS = {"environment", "level", "release"}
FRAME = "file absolutePath module function line column context { line text } variables"
SELECTION = f"""
  eventId title message culprit location dist metadata extra packages fingerprints
  endUser {{ userId email username ipAddress }} endUserDetails {{ name geo data }}
  sdk {{ name version }}
  tags {{ key value }}
  contexts {{ name type value }}
  processingErrors {{ type message data }}
  occurrence {{ title subtitle culprit evidence {{ name value }} evidenceData }}
  exceptions {{ type value module stackTrace {{ frames {{ {FRAME} }} }} frames {{ {FRAME} }} }}
  request {{ url method query {{ key value }} headers {{ key value }} cookies {{ key value }} body environment }}
  breadcrumbs {{ category message data level }}
  entries {{
    kind
    ... on ExceptionEntry {{ exceptions {{ type value module frames {{ {FRAME} }} }} }}
    ... on MessageEntry {{ formatted message parameters }}
    ... on BreadcrumbsEntry {{ breadcrumbs {{ category message data }} }}
    ... on RequestEntry {{ url method }}
    ... on StackTraceEntry {{ frames {{ {FRAME} }} }}
    ... on ThreadsEntry {{ threads {{ name state stackTrace {{ frames {{ {FRAME} }} }} }} }}
    ... on UnknownEntry {{ data }}
  }}
"""
DOCUMENT = f"""
query ($issue: String!) {{
  organization(slug: "acme") {{ issue(shortId: $issue) {{ event(which: LATEST) {{ {SELECTION} }} }} }}
}}
"""


def marked(body):
    """The body with a unique mark in every text that may be any text."""
    numbers = count()

    def mark(value, name):
        if isinstance(value, dict):
            is_fixed = value.get("key") in FIXED_TAGS
            return {key: item if is_fixed else mark(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [mark(item, None if isinstance(item, list) else name) for item in value]
        return f"mark-{next(numbers)}-{value}" if isinstance(value, str) and name not in FIXED else value

    return body | {name: mark(body[name], name) for name in MEMBERS if name in body}


def owner_of(path):
    """The path of the element that a value belongs to: the type of an entry decides on the whole entry."""
    return path[:2] if path[0] == "entries" and path[2:] == ("type",) else path


class MarkedEvent:
    """An issue, the marked body of its newest event, and the marks in the answer to it."""

    def __init__(self, issue, body, expected):
        self.issue, self.body, self.expected = issue, body, expected


@pytest.fixture
async def events(asker):
    """A marked event of each platform."""
    issues = {issue.project.platform: issue for issue in asker.acme.issues.values() if issue.is_error and issue.events}
    events = []
    for issue in list(issues.values())[:10]:
        body = marked(serialize_event_detail(issue.events[-1]))
        event, errors = await ask(asker, issue, body)
        assert errors == []
        assert marks(event)
        events.append(MarkedEvent(issue, body, marks(event)))
    return events


async def ask(asker, issue, body):
    """The event and the errors when Sentry sends this body."""
    asker.server.faults.clear()
    asker.server.faults.add(Fault(route=EVENT, times=None, status=200, body=body))
    asker.client.invalidate([f"issue/{issue.id}"])
    told = await asker.ask(DOCUMENT, issue=issue.short_id)
    return told["organization"]["issue"]["event"], told.errors


@settings(max_examples=EXAMPLES)
@given(number=st.integers(0, 9), position=st.integers(0, 9999), value=st.sampled_from(ODD_VALUES))
async def test_odd_value_costs_itself(asker, events, number, position, value):
    """Every text of the event outside of the damaged element is in the answer, and no error is internal."""
    marked_event = events[number % len(events)]
    body = marked_event.body
    paths = [path for path in positions(body) if path[0] in MEMBERS]
    path = paths[position % len(paths)]

    event, errors = await ask(asker, marked_event.issue, damage(body, path, value))

    assert event is not None, path
    lost = marked_event.expected - marks(event)
    assert lost - marks(at(body, owner_of(path))) == set(), (path, value)
    assert {error["extensions"]["code"] for error in errors} <= {"UPSTREAM_BAD_RESPONSE"}
    paths = [tuple(error["path"]) for error in errors]
    assert len(paths) == len(set(paths)), (path, value, paths)
    assert not is_silent(lost, value, at(body, path), errors, repr(event)), (path, value)
