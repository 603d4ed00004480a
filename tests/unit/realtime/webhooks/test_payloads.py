"""What each kind of webhook tells, and which answers it makes stale."""

import msgspec
import pytest

from dexter_graphql.realtime.changes import Actor, Kind, Origin, Stream
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import actor_of, decode_envelope, parse_change
from support.sandbox import NOON

ISSUE = {
    "id": "12",
    "shortId": "WEB-1",
    "status": "resolved",
    "substatus": None,
    "level": "error",
    "project": {"id": "3", "slug": "web"},
    "assignedTo": {"type": "user", "id": "5", "name": "Ada"},
}
COMMENT = {"comment": "hm", "project_slug": "web", "comment_id": 8, "issue_id": 12, "timestamp": "2026-03-04T12:00:00Z"}
ERROR = {"event_id": "e" * 32, "level": "fatal", "issue_id": "12", "platform": "python"}


def told(resource, action, data):
    """The change that a webhook tells."""
    envelope = decode_envelope(msgspec.json.encode({"action": action, "data": data}))
    return parse_change(
        resource, envelope, ChangeSource("acme", f"{resource}.{action}", Origin.WEBHOOK, None, NOON, NOON)
    )


def snapshot(change):
    """What a change says besides who told it when."""
    return (change.stream, change.entity, change.kind, change.subject, change.state, change.project, change.level)


@pytest.mark.parametrize(
    ("action", "different", "kind", "state"),
    [
        ("created", {}, Kind.CREATED, ""),
        ("resolved", {}, Kind.RESOLVED, "resolved/"),
        ("unresolved", {"status": "unresolved", "substatus": "regressed"}, Kind.UNRESOLVED, "unresolved/regressed"),
        ("assigned", {}, Kind.ASSIGNED, "user:5"),
        ("assigned", {"assignedTo": {"type": "team", "id": 9}}, Kind.ASSIGNED, "team:9"),
        ("assigned", {"assignedTo": None}, Kind.ASSIGNED, "nobody"),
        ("ignored", {"status": "ignored", "substatus": "archived_forever"}, Kind.ARCHIVED, "ignored/archived_forever"),
        ("archived", {"status": "ignored", "substatus": "archived_forever"}, Kind.ARCHIVED, "ignored/archived_forever"),
        ("polished", {}, Kind.UNKNOWN, ""),
    ],
)
def test_issue(action, different, kind, state):
    """Subject, resulting state, project and level; the issue's own bytes are kept."""
    issue = ISSUE | different

    change = told("issue", action, {"issue": issue, "resolution_type": "now"})

    assert snapshot(change) == (Stream.ISSUES, "issue", kind, "12", state, "web", "error")
    assert msgspec.json.decode(change.object) == issue


def test_issue_may_say_little():
    """An id is enough; Sentry writes some as numbers."""
    assert snapshot(told("issue", "created", {"issue": {"id": 12}})) == (
        (Stream.ISSUES, "issue", Kind.CREATED, "12", "", None, None)
    )


@pytest.mark.parametrize(
    ("action", "kind"),
    [("created", Kind.CREATED), ("updated", Kind.UPDATED), ("deleted", Kind.DELETED), ("liked", Kind.UNKNOWN)],
)
def test_comment(action, kind):
    """The subject is the issue, because comments are read below it; the state tells comments apart."""
    change = told("comment", action, COMMENT)

    assert snapshot(change) == (Stream.COMMENTS, "comment", kind, "12", "8", "web", None)
    assert msgspec.json.decode(change.object) == COMMENT


@pytest.mark.parametrize(("issue_id", "state"), [("12", "12"), (12, "12"), (None, "")])
def test_error(issue_id, state):
    """The subject is the event; its issue may be unknown."""
    error = ERROR | {"issue_id": issue_id}

    change = told("error", "created", {"error": error})

    assert snapshot(change) == (Stream.ERRORS, "error", Kind.CREATED, "e" * 32, state, None, "fatal")
    assert msgspec.json.decode(change.object) == error


@pytest.mark.parametrize(
    ("resource", "action", "data", "stream"),
    [
        ("installation", "created", {"installation": {"uuid": "x", "code": "y"}}, Stream.OTHER),
        ("installation", "deleted", {"installation": {"uuid": "x"}}, Stream.OTHER),
        ("event_alert", "triggered", {"event": ERROR, "triggered_rule": "Often"}, Stream.ALERTS),
        ("metric_alert", "critical", {"metric_alert": {"id": "1"}, "web_url": "u"}, Stream.ALERTS),
        ("metric_alert", "warning", {"metric_alert": {"id": "1"}}, Stream.ALERTS),
        ("metric_alert", "resolved", {"metric_alert": {"id": "1"}}, Stream.ALERTS),
        ("metric_alert", "open", {"metric_alert": {"id": "1"}}, Stream.ALERTS),
        ("activity_alert", "triggered", {"issue": ISSUE, "activity": {"type": "seer_x"}}, Stream.ALERTS),
        ("seer", "root_cause_started", {"run_id": 1, "group_id": 12}, Stream.OTHER),
        ("seer", "solution_completed", {"run_id": 1, "group_id": 12}, Stream.OTHER),
        ("seer", "pr_created", {"run_id": 1, "group_id": 12, "pull_requests": []}, Stream.OTHER),
        ("preprod_artifact", "size_analysis_completed", {"buildId": "b"}, Stream.OTHER),
        ("error", "deleted", {"error": ERROR}, Stream.ERRORS),
        ("something", "new", {}, Stream.OTHER),
    ],
)
def test_kind_that_nobody_looks_into_is_kept_whole(resource, action, data, stream):
    """Its stream is told by the resource, and all of its data is there for whoever knows it."""
    change = told(resource, action, data)

    assert snapshot(change) == (stream, resource, Kind.UNKNOWN, None, "", None, None)
    assert change.action == f"{resource}.{action}"
    assert msgspec.json.decode(change.object) == data


@pytest.mark.parametrize(
    ("resource", "action", "data", "stream"),
    [
        ("issue", "resolved", {}, Stream.ISSUES),
        ("issue", "resolved", {"issue": None}, Stream.ISSUES),
        ("issue", "resolved", {"issue": {"id": {}}}, Stream.ISSUES),
        ("issue", "resolved", {"issue": {"id": "1", "project": "web"}}, Stream.ISSUES),
        ("comment", "created", {"comment_id": 1}, Stream.COMMENTS),
        ("error", "created", {"error": {"event_id": 5}}, Stream.ERRORS),
        ("error", "created", {}, Stream.ERRORS),
    ],
)
def test_object_in_another_form_is_kept_whole(resource, action, data, stream):
    """A webhook that does not look as documented is not lost and breaks nothing."""
    change = told(resource, action, data)

    assert snapshot(change) == (stream, resource, Kind.UNKNOWN, None, "", None, None)
    assert msgspec.json.decode(change.object) == data


def test_every_change_has_an_id_of_its_own():
    """Two tellings of one fact differ in it."""
    assert told("comment", "created", COMMENT).id != told("comment", "created", COMMENT).id


@pytest.mark.parametrize(
    ("given", "actor"),
    [
        ({"type": "user", "id": 5, "name": "Ada"}, Actor("user", "Ada", "5")),
        ({"type": "application", "id": "sentry", "name": "Sentry"}, Actor("application", "Sentry", "sentry")),
        ({"type": "user", "name": "Ada"}, Actor("user", "Ada", None)),
        ({"type": "user", "id": 0, "name": ""}, Actor("user", "", "0")),
        ({"type": "t" * 99, "id": "i" * 999, "name": "n" * 999}, Actor("t" * 64, "n" * 200, "i" * 200)),
        ({"id": 5, "name": "Ada"}, None),
        ({"type": "user", "name": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_actor_is_who_did_it(given, actor):
    """Users, applications and Sentry itself; bounded, and None when the webhook does not say."""
    envelope = decode_envelope(msgspec.json.encode({"action": "created", "data": {}, "actor": given}))

    assert actor_of(envelope) == actor


@pytest.mark.parametrize(
    ("resource", "action", "data", "tags"),
    [
        ("issue", "resolved", {"issue": ISSUE}, ("issues/acme", "issue/12")),
        ("issue", "resolved", {}, ("issues/acme",)),
        ("comment", "created", COMMENT, ("issues/acme", "issue/12")),
        ("error", "created", {"error": ERROR}, ("issue/12",)),
        ("error", "created", {"error": ERROR | {"issue_id": None}}, ()),
        ("error", "deleted", {"error": ERROR}, ()),
        ("seer", "pr_created", {"group_id": 12}, ()),
    ],
)
def test_what_changed_is_stale(resource, action, data, tags):
    """The issue itself and the lists that it stands in; errors come too often to empty lists."""
    assert told(resource, action, data).tags == tags


def test_size_counts_the_object():
    """What a broker keeps is bounded by it."""
    assert told("comment", "created", COMMENT).size_bytes == 512 + len(msgspec.json.encode(COMMENT))
