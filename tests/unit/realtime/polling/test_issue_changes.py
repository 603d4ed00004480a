"""Changes of one issue between two polls, from its state, its list item and its activity."""

from datetime import timedelta

import msgspec
import pytest

from dexter_graphql.realtime.changes import Kind
from dexter_graphql.realtime.polling.issue_changes import ObservedIssue, issue_changes
from dexter_graphql.realtime.polling.listed_objects import Activity, ListedIssue
from dexter_graphql.realtime.polling.poll_state import IssueState
from support.sandbox import NOON

USER = {"id": "7", "name": "Ada"}
OPEN = IssueState("unresolved/ongoing", "", 0, NOON.timestamp())


def activity(kind, seconds=1, *, data=None, user=USER):
    """An entry of the activity, some seconds after the last poll."""
    entry = {"id": abs(seconds), "type": kind, "dateCreated": NOON + timedelta(seconds=seconds), "user": user}
    return msgspec.json.decode(msgspec.json.encode(entry | {"data": data or {}}), type=Activity)


def changes(before, *activities, **members):
    """Kind, state and author of the changes of an issue with these members."""
    issue = {"id": "1", "status": "unresolved", "substatus": "ongoing", "project": {"id": "2", "slug": "web"}} | members
    raw = msgspec.json.encode(issue)
    observed = ObservedIssue(
        "acme", NOON + timedelta(seconds=60), msgspec.json.decode(raw, type=ListedIssue), raw, before, activities
    )
    return [(each.kind, each.state, each.actor and each.actor.name) for each in issue_changes(observed)]


RESOLVED = {"status": "resolved", "substatus": None}
ASSIGNED = {"assignedTo": {"id": "7", "type": "user"}}


@pytest.mark.parametrize(
    ("before", "activities", "members", "expected"),
    [
        pytest.param(OPEN, (), {}, [], id="nothing"),
        pytest.param(OPEN, (), RESOLVED, [(Kind.RESOLVED, "resolved/", None)], id="without activity"),
        pytest.param(
            OPEN,
            (activity("set_resolved_in_release"), activity("set_unresolved", 2), activity("set_resolved", 3)),
            RESOLVED,
            [
                (Kind.RESOLVED, "resolved/", "Ada"),
                (Kind.UNRESOLVED, "unresolved/ongoing", "Ada"),
                (Kind.RESOLVED, "resolved/", "Ada"),
            ],
            id="back and forth",
        ),
        pytest.param(
            OPEN,
            (activity("set_resolved", -5), activity("set_regression", 2, user=None)),
            {"substatus": "regressed"},
            [(Kind.UNRESOLVED, "unresolved/regressed", "Sentry")],
            id="what happened before the last poll is known",
        ),
        pytest.param(
            OPEN,
            (activity("set_ignored"),),
            {"status": "ignored", "substatus": "archived_forever"},
            [(Kind.ARCHIVED, "ignored/archived_forever", "Ada")],
            id="the list has the substatus",
        ),
        pytest.param(
            IssueState("ignored/archived_forever", "", 0, NOON.timestamp()),
            (),
            {"status": "ignored", "substatus": "archived_until_escalating"},
            [(Kind.ARCHIVED, "ignored/archived_until_escalating", None)],
            id="archived in another way",
        ),
        pytest.param(IssueState("unresolved/new"), (), {}, [], id="a silent substatus"),
        pytest.param(OPEN, (), {"status": "pending_deletion", "substatus": None}, [], id="a status without a kind"),
        pytest.param(
            OPEN,
            (activity("assigned", data={"assignee": "9", "assigneeType": "team"}), activity("unassigned", 2)),
            {},
            [(Kind.ASSIGNED, "team:9", "Ada"), (Kind.ASSIGNED, "nobody", "Ada")],
            id="assigned and unassigned",
        ),
        pytest.param(
            OPEN,
            (activity("assigned", data={"assignee": []}), activity("set_resolved", 2), activity("note", data=[])),
            RESOLVED | ASSIGNED,
            [(Kind.RESOLVED, "resolved/", "Ada"), (Kind.ASSIGNED, "user:7", None)],
            id="activities in another form",
        ),
        pytest.param(
            OPEN,
            (activity("note", 1, data={"text": "a"}), activity("note", 2, data={"text": "b"})),
            {"numComments": 1},
            [(Kind.CREATED, "2", "Ada")],
            id="as many comments as there are more",
        ),
        pytest.param(
            None,
            (activity("assigned", data={"assignee": "7", "assigneeType": "user"}),),
            RESOLVED | ASSIGNED,
            [(Kind.CREATED, "", "Sentry"), (Kind.ASSIGNED, "user:7", "Ada"), (Kind.RESOLVED, "resolved/", None)],
            id="new, assigned and resolved",
        ),
    ],
)
def test_changes_lead_from_the_known_state_to_the_listed_one(before, activities, members, expected):
    """Activities give order and authors; what they do not explain is one change without an author."""
    order = sorted if before is None else list
    assert order(map(str, changes(before, *activities, **members))) == order(map(str, expected))


def test_comment_has_the_fingerprint_of_its_webhook():
    """A comment that was found carries its text, and the project for the check of visibility."""
    members = {"id": "1", "status": "unresolved", "substatus": "ongoing", "numComments": 1}
    raw = msgspec.json.encode(members | {"project": {"id": 2, "slug": "web"}})
    entries = (activity("note", data={"text": "Look"}),)
    [change] = issue_changes(
        ObservedIssue(
            "acme", NOON + timedelta(seconds=60), msgspec.json.decode(raw, type=ListedIssue), raw, OPEN, entries
        )
    )

    assert (change.action, change.subject, change.state, change.project_id) == ("comment.created", "1", "1", "2")
    assert msgspec.json.decode(change.object)["comment"] == "Look"
