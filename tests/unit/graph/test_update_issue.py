"""`updateIssue`: everything about one issue in one call, and what does not go together."""

from datetime import timedelta

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from support.sandbox import NOON

ISSUE = "/organizations/{organization}/issues/{issue}/"
UPDATE = """
mutation ($input: UpdateIssueInput!) {
  updateIssue(input: $input) {
    issue {
      id status substatus priority isPublic hasSeen isBookmarked isSubscribed
      assignee { __typename ... on User { email } ... on Team { slug } }
    }
    userErrors { field message code }
  }
}
"""


def first(asker):
    """An open issue of project web."""
    return next(one for one in asker.acme.issues.values() if one.project.slug == "web" and one.is_error)


async def update(asker, issue, **given):
    """What the mutation tells; the directory knows the organization already."""
    await asker.organization("slug")
    number = issue if isinstance(issue, str) else encode_id("Issue", asker.acme.id, issue.id)
    return await asker.ask(UPDATE, input={"issue": {"id": number}, **given})


async def test_several_things_are_one_call(asker):
    """All that is given goes out together, and the answer shows the issue as it is now without another call."""
    issue, me = first(asker), asker.server.world.users[0]

    told = await update(
        asker,
        issue,
        status="ARCHIVED",
        archiveUntil={"seconds": 3600},
        assignee={"user": {"email": me.email}},
        priority="LOW",
        isPublic=True,
        isReviewed=True,
        hasSeen=True,
        isBookmarked=True,
        isSubscribed=True,
    )

    assert told.errors == []
    assert told["updateIssue"] == {
        "issue": {
            "id": encode_id("Issue", asker.acme.id, issue.id),
            "status": "ARCHIVED",
            "substatus": "ARCHIVED_UNTIL_CONDITION_MET",
            "priority": "LOW",
            "isPublic": True,
            "hasSeen": True,
            "isBookmarked": True,
            "isSubscribed": True,
            "assignee": {"__typename": "User", "email": me.email},
        },
        "userErrors": [],
    }
    assert [(call.method, call.route) for call in told.calls] == [("PUT", ISSUE)]
    assert (issue.status, issue.status_details) == ("ignored", {"ignoreUntil": NOON + timedelta(hours=1)})
    assert (issue.assignee.user, issue.priority, issue.inbox_reason) == (me, "low", None)
    assert issue.share_id is not None
    assert [me.id in marks for marks in (issue.seen_by, issue.bookmarked_by, issue.subscribers)] == [True] * 3


async def test_what_is_left_out_stays(asker):
    """One thing is changed alone; absent and null members are not sent."""
    issue = first(asker)
    before = (issue.status, issue.assignee, issue.share_id)

    told = await update(asker, issue, priority="LOW", status=None, assignee=None, isPublic=None)

    [call] = told.calls
    assert (call.body, issue.priority) == ({"priority": "low"}, "low")
    assert (issue.status, issue.assignee, issue.share_id) == before


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({"status": "RESOLVED"}, {"status": "resolved", "statusDetails": {}}),
        (
            {"status": "RESOLVED", "resolution": {"nextRelease": True}},
            {"status": "resolved", "statusDetails": {"inNextRelease": True}},
        ),
        ({"status": "UNRESOLVED"}, {"status": "unresolved"}),
        (
            {"status": "ARCHIVED"},
            {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}},
        ),
        ({"assignee": {"nobody": True}}, {"assignedTo": ""}),
        ({"isReviewed": True}, {"inbox": False}),
        ({"hasSeen": False, "isSubscribed": False}, {"hasSeen": False, "isSubscribed": False}),
    ],
)
async def test_what_is_sent(asker, given, body):
    """Each member of the input is Sentry's own."""
    told = await update(asker, first(asker), **given)

    assert (told.errors, told["updateIssue"]["userErrors"]) == ([], [])
    assert [call.body for call in told.calls] == [body]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, None),
        ({"status": "UNRESOLVED", "resolution": {"now": True}}, ["resolution"]),
        ({"resolution": {"now": True}}, ["resolution"]),
        ({"status": "RESOLVED", "archiveUntil": {"forever": True}}, ["archiveUntil"]),
        ({"archiveUntil": {"forever": True}}, ["archiveUntil"]),
        ({"status": "ARCHIVED", "archiveUntil": {"seconds": 61}}, ["archiveUntil", "seconds"]),
        (
            {"status": "ARCHIVED", "archiveUntil": {"users": {"count": 1, "withinSeconds": 1}}},
            ["archiveUntil", "users", "withinSeconds"],
        ),
        ({"status": "RESOLVED", "resolution": {"now": False}}, ["resolution"]),
        ({"priority": "UNKNOWN"}, ["priority"]),
        ({"assignee": {"nobody": False}}, ["assignee"]),
        ({"assignee": {"team": {"id": encode_id("Team", "200000", "200100")}}}, ["assignee", "team", "id"]),
        ({"assignee": {"team": {"sentryId": "web"}}}, ["assignee", "team", "sentryId"]),
    ],
)
async def test_contradictions_are_user_errors(asker, given, field):
    """Input that contradicts itself, or says nothing, is a user error at its place, before any call."""
    told = await update(asker, first(asker), **given)

    payload = told["updateIssue"]
    assert [(one["field"], one["code"]) for one in payload["userErrors"]] == [(field, "BAD_USER_INPUT")]
    assert (payload["issue"], told.errors, told.calls) == (None, [], [])


async def test_unknown_team_is_named(asker):
    """The slug of a team is looked up in the organization; a mistyped one is answered with similar ones."""
    told = await update(asker, first(asker), assignee={"team": {"slug": "wbe"}})

    [error] = told["updateIssue"]["userErrors"]
    assert (error["field"], error["code"]) == (["assignee", "team", "slug"], "NOT_FOUND")
    assert "Team 'wbe' does not exist in organization 'acme'" in error["message"]
    assert "Did you mean 'web'?" in error["message"]


async def test_refusal_is_told_at_its_input(asker):
    """What Sentry refuses is a user error at its field, beside the issue as it still is."""
    issue = first(asker)
    team = next(team for team in asker.acme.teams if team not in issue.project.teams)

    told = [
        await update(asker, issue, status="RESOLVED", resolution={"release": {"version": "nope@1"}}),
        await update(asker, issue, assignee={"team": {"slug": team.slug}}),
    ]

    assert [one.errors for one in told] == [[], []]
    errors = [one["updateIssue"]["userErrors"] for one in told]
    assert [[(error["field"], error["code"]) for error in each] for each in errors] == [
        [(["resolution", "release"], "BAD_USER_INPUT")],
        [(["assignee"], "BAD_USER_INPUT")],
    ]
    assert {one["updateIssue"]["issue"]["status"] for one in told} == {"UNRESOLVED"}
    assert issue.status == "unresolved"


@pytest.mark.parametrize(("organization", "number"), [("100000", "1"), ("999999", "1000001")])
async def test_absent_issue_is_a_user_error(asker, organization, number):
    """An issue that is not there, or of an organization that the token does not see, is told at `issue`."""
    told = await update(asker, encode_id("Issue", organization, number), priority="LOW")

    payload = told["updateIssue"]
    assert (told.errors, payload["issue"]) == ([], None)
    assert [(one["field"], one["code"]) for one in payload["userErrors"]] == [(["issue"], "NOT_FOUND")]


@pytest.mark.parametrize("number", ["garbage", encode_id("Project", "100000", "1")])
async def test_other_ids_are_refused(asker, number):
    """Only the id of an issue names an issue."""
    told = await update(asker, number, priority="LOW")

    errors = told["updateIssue"]["userErrors"]
    assert [(one["field"], one["code"]) for one in errors] == [(["issue", "id"], "BAD_USER_INPUT")]
    assert (told.errors, told.calls) == ([], [])


async def test_failure_is_an_error(asker):
    """When Sentry says neither yes nor no, the mutation is null and the error tells why."""
    asker.server.faults.add(Fault(method="PUT", status=403, body={"detail": "Not you."}))

    told = await update(asker, first(asker), priority="LOW")

    [error] = told.errors
    assert told.data == {"updateIssue": None}
    assert (error["path"], error["message"], error["extensions"]["code"]) == (["updateIssue"], "Not you.", "FORBIDDEN")


async def test_members_of_the_detail_cost_one_more_call(asker):
    """What the answer to a write lacks is asked for, once, and is of after the write."""
    issue = first(asker)
    await asker.organization(f'issue(shortId: "{issue.short_id}") {{ firstRelease {{ version }} status }}')

    told = await asker.ask(
        "mutation ($id: ID!) { updateIssue(input: { issue: { id: $id }, status: RESOLVED })"
        " { issue { status firstRelease { version } } } }",
        id=encode_id("Issue", asker.acme.id, issue.id),
    )

    assert told["updateIssue"]["issue"]["status"] == "RESOLVED"
    assert told["updateIssue"]["issue"]["firstRelease"]["version"]
    assert [(call.method, call.route) for call in told.calls] == [("PUT", ISSUE), ("GET", ISSUE)]
