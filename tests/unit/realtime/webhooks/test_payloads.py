"""The change that each kind of webhook reports, and the cached answers that it makes stale."""

import msgspec
import pytest

from dexter_graphql.realtime.changes import Actor, Kind, Origin, Stream
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import KINDS_BY_ACTION, actor_of, decode_envelope, parse_change
from support.sandbox import NOON
from support.webhook_payloads import (
    ACTIVITY_ALERT,
    BUILD,
    COMMENT,
    EVENT,
    EVENT_ALERT,
    INCIDENT,
    INSTALLATION,
    ISSUE,
    METRIC_ALERT,
    PAYLOADS,
    RUN,
    damaged,
)

UUID = INSTALLATION["installation"]["uuid"]


def change_of(resource, action, data):
    """The change that a webhook reports."""
    envelope = decode_envelope(msgspec.json.encode({"action": action, "data": data}))
    source = ChangeSource("acme", f"{resource}.{action}", Origin.WEBHOOK, None, NOON, NOON)
    return parse_change(resource, envelope, source)


def described(change):
    """Kind, object and place of a change."""
    return (change.stream, change.entity, change.kind, change.subject, change.state, change.project, change.level)


def test_every_known_action_has_a_payload():
    """No action is known to the server alone, or to the tests alone."""
    assert set(PAYLOADS) == set(KINDS_BY_ACTION)


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_known_action_is_typed(name):
    """Its change has a kind and a subject, and invalidates what it makes stale."""
    change = change_of(*name.split("."), PAYLOADS[name])

    assert (change.action, change.kind) == (name, KINDS_BY_ACTION[name])
    assert change.kind is not Kind.UNKNOWN
    assert change.subject
    assert bool(change.tags) is not name.startswith("preprod_artifact")


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

    change = change_of("issue", action, {"issue": issue, "resolution_type": "now"})

    assert described(change) == (Stream.ISSUES, "issue", kind, "12", state, "web", "error")
    assert (change.project_id, change.category) == ("3", "error")
    assert msgspec.json.decode(change.object) == issue


def test_issue_may_have_few_members():
    """An id is enough; Sentry writes some as numbers."""
    assert described(change_of("issue", "created", {"issue": {"id": 12}})) == (
        (Stream.ISSUES, "issue", Kind.CREATED, "12", "", None, None)
    )


@pytest.mark.parametrize(
    ("action", "kind"),
    [("created", Kind.CREATED), ("updated", Kind.UPDATED), ("deleted", Kind.DELETED), ("liked", Kind.UNKNOWN)],
)
def test_comment(action, kind):
    """The subject is the issue, because comments are read below it; the state tells comments apart."""
    change = change_of("comment", action, COMMENT)

    assert described(change) == (Stream.COMMENTS, "comment", kind, "12", "8", "web", None)
    assert msgspec.json.decode(change.object) == COMMENT


@pytest.mark.parametrize(("issue_id", "state"), [("12", "12"), (12, "12"), (None, "")])
def test_error(issue_id, state):
    """The subject is the event; its issue may be unknown. The project is named by its id and in the address."""
    change = change_of("error", "created", {"error": EVENT | {"issue_id": issue_id}})

    assert described(change) == (Stream.ERRORS, "error", Kind.CREATED, "e" * 32, state, "web", "fatal")
    assert change.project_id == "3"


@pytest.mark.parametrize(("resource", "action", "data"), [("error", "created", {"error": EVENT})])
def test_large_members_of_events_are_not_kept(resource, action, data):
    """A flood of errors does not fill the retention with stack traces."""
    event = msgspec.json.decode(change_of(resource, action, data).object)

    assert set(EVENT) - set(event) == {"exception", "breadcrumbs", "contexts"}
    assert event == {name: EVENT[name] for name in event}


@pytest.mark.parametrize(
    ("different", "state"),
    [({}, "41"), ({"issue_alert": None}, "Often"), ({"issue_alert": None, "triggered_rule": None}, "")],
)
def test_event_alert(different, state):
    """The subject is the event, the state the alert: by its id when the webhook has it, else by its name."""
    change = change_of("event_alert", "triggered", EVENT_ALERT | different)

    assert described(change) == (Stream.ALERTS, "event_alert", Kind.FIRED, "e" * 32, state, "web", "fatal")
    assert change.project_id == "3"
    payload = msgspec.json.decode(change.object)
    assert "exception" not in payload["event"]
    assert payload == EVENT_ALERT | different | {"event": payload["event"]}


@pytest.mark.parametrize(
    ("action", "kind"),
    [("critical", Kind.FIRED), ("warning", Kind.FIRED), ("open", Kind.FIRED), ("resolved", Kind.RESOLVED)],
)
def test_metric_alert(action, kind):
    """The subject is the incident, which may belong to several projects; the state is its severity."""
    change = change_of("metric_alert", action, METRIC_ALERT)

    assert described(change) == (Stream.ALERTS, "metric_alert", kind, "70", action, None, None)
    assert change.projects == ("web", "api")
    assert msgspec.json.decode(change.object) == METRIC_ALERT


@pytest.mark.parametrize(
    ("projects", "slugs", "project"),
    [
        (["web"], ("web",), "web"),
        (["web", 5, None, "a b", "api"], ("web", "api"), None),
        (["web"] * 500, ("web",) * 100, None),
        ("web", (), None),
        (None, (), None),
    ],
)
def test_projects_of_metric_alert(projects, slugs, project):
    """Slugs that cannot be right are left out, and their number is bounded."""
    change = change_of("metric_alert", "open", {"metric_alert": INCIDENT | {"projects": projects}})

    assert (change.subject, change.projects, change.project) == ("70", slugs, project)


def test_activity_alert():
    """The subject is the issue with its members, the state the alert and the activity that it fired on."""
    change = change_of("activity_alert", "triggered", ACTIVITY_ALERT)

    assert described(change) == (
        (Stream.ALERTS, "activity_alert", Kind.FIRED, "12", "51/seer_pr_created", "web", "error")
    )
    assert change.project_id == "3"


def test_autofix():
    """The subject is the issue, the state the run and its step."""
    change = change_of("seer", "solution_started", RUN)

    assert described(change) == (Stream.AUTOFIX, "seer", Kind.UPDATED, "12", "91/solution_started", None, None)


def test_build():
    """The subject is the build, the state what has ended and how."""
    change = change_of("preprod_artifact", "size_analysis_completed", BUILD)

    assert described(change) == (
        (Stream.OTHER, "preprod_artifact", Kind.UPDATED, "81", "size_analysis_completed/COMPLETED", "web", None)
    )


@pytest.mark.parametrize("data", [INSTALLATION, {"code": "secret"}, {"installation": {"uuid": 5, "code": "secret"}}])
def test_grant_code_of_installation_is_not_kept(data):
    """It can be exchanged for a token, and readers of changes are not the integration."""
    change = change_of("installation", "created", data)

    assert b"code" not in change.object
    assert change.subject in {UUID, None}


@pytest.mark.parametrize(
    ("resource", "action", "data", "stream"),
    [
        ("something", "new", {}, Stream.OTHER),
        ("something", "new", {"a": [1, {"b": None}]}, Stream.OTHER),
        ("size_analysis", "completed", {"x": 1}, Stream.OTHER),
    ],
)
def test_unknown_resource_is_kept_as_it_is(resource, action, data, stream):
    """All of its data is there for readers who know it."""
    change = change_of(resource, action, data)

    assert described(change) == (stream, resource, Kind.UNKNOWN, None, "", None, None)
    assert change.action == f"{resource}.{action}"
    assert msgspec.json.decode(change.object) == data


@pytest.mark.parametrize("data", [{}, None, 5, [], "text", {"issue": 5}, {"error": []}, {"metric_alert": {"id": "a"}}])
@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_in_another_form_is_kept_as_it_is(name, data):
    """A webhook that does not look as documented is not lost: it keeps its action, stream and data."""
    change = change_of(*name.split("."), data)

    expected = change_of(*name.split("."), PAYLOADS[name])
    assert (change.kind, change.subject) == (Kind.UNKNOWN, None)
    assert (change.action, change.stream, change.entity) == (expected.action, expected.stream, expected.entity)
    assert msgspec.json.decode(change.object) == data


@pytest.mark.parametrize("name", PAYLOADS)
def test_odd_member_costs_itself(name):
    """Whatever a member holds: a change of the same action, with the same subject, or kept as it is without one."""
    resource, action = name.split(".")
    subject = change_of(resource, action, PAYLOADS[name]).subject
    for path, data in damaged(PAYLOADS[name]):
        change = change_of(resource, action, data)

        assert change.action == name
        assert change.object is not None
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(change), type=type(change)) == change
        if change.kind is Kind.UNKNOWN:
            assert change.subject is None, path
        elif path[-1] not in {"id", "buildId", "group_id", "issue_id", "event_id", "uuid"}:
            assert change.subject == subject, path


def test_odd_member_beside_the_subject_is_left_out():
    """The other members are read all the same."""
    issue = ISSUE | {"level": 5, "project": {"id": "3", "slug": "../x"}, "assignedTo": {"id": None}, "status": []}

    change = change_of("issue", "resolved", {"issue": issue})

    assert described(change) == (Stream.ISSUES, "issue", Kind.RESOLVED, "12", "None/", None, None)


def test_every_change_has_an_id_of_its_own():
    """Two reports of one fact differ in it."""
    assert change_of("comment", "created", COMMENT).id != change_of("comment", "created", COMMENT).id


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
def test_actor_is_the_author(given, actor):
    """Users, applications and Sentry itself; bounded, and None when the webhook names none."""
    envelope = decode_envelope(msgspec.json.encode({"action": "created", "data": {}, "actor": given}))

    assert actor_of(envelope) == actor


@pytest.mark.parametrize(
    ("resource", "action", "data", "tags"),
    [
        ("issue", "resolved", {"issue": ISSUE}, ("issues/acme", "issue/12")),
        ("issue", "resolved", {}, ("issues/acme",)),
        ("comment", "created", COMMENT, ("issues/acme", "issue/12")),
        ("comment", "created", {}, ("issues/acme",)),
        ("error", "created", {"error": EVENT}, ("issue/12",)),
        ("error", "created", {"error": EVENT | {"issue_id": None}}, ()),
        ("event_alert", "triggered", EVENT_ALERT, ("alerts/acme", "issue/12")),
        ("metric_alert", "open", METRIC_ALERT, ("alerts/acme",)),
        ("metric_alert", "open", {}, ("alerts/acme",)),
        ("activity_alert", "triggered", ACTIVITY_ALERT, ("alerts/acme", "issues/acme", "issue/12")),
        ("seer", "pr_created", RUN, ("issue/12",)),
        ("installation", "deleted", INSTALLATION, ("integrations/acme", f"installation/{UUID}")),
        ("preprod_artifact", "size_analysis_completed", BUILD, ()),
        ("something", "new", {}, ()),
    ],
)
def test_tags_of_what_changed(resource, action, data, tags):
    """The object and the lists that it stands in; errors come too often to empty lists."""
    assert change_of(resource, action, data).tags == tags


def test_size_counts_the_object():
    """What a broker keeps is bounded by it."""
    assert change_of("comment", "created", COMMENT).size_bytes == 512 + len(msgspec.json.encode(COMMENT))
