"""Bulk mutations of issues: what each of them changes."""

from datetime import timedelta

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from support.issue_mutations import MERGED, RESULTS, change, id_of, some, writes
from support.sandbox import NOON


@pytest.mark.parametrize("given", ["", "in: { now: true }"])
async def test_resolved_now(asker, given):
    """Without a resolution, and with `now`, issues are resolved at once."""
    issues = some(asker, 2)

    payload, _ = await change(asker, "resolveIssues", issues, given)

    assert [(one.status, one.status_details) for one in issues] == [("resolved", {})] * 2
    assert payload == {
        "results": [
            {
                "issueId": id_of(one),
                "issue": {"shortId": one.short_id, "status": "RESOLVED", "substatus": None},
                "userErrors": [],
            }
            for one in issues
        ],
        "unmatched": [],
        "isDryRun": False,
    }


async def test_resolved_in_the_next_release(asker):
    """`nextRelease` is Sentry's `inNextRelease`."""
    issues = some(asker, 2)

    await change(asker, "resolveIssues", issues, "in: { nextRelease: true }")

    assert [(one.status, one.status_details) for one in issues] == [("resolved", {"inNextRelease": True})] * 2


async def test_resolved_in_a_release(asker):
    """A version names the release; `latest` is the newest of the issue's project."""
    one, other = some(asker, 2)
    releases = [release for release in asker.acme.releases if one.project in release.projects]
    newest = max(releases, key=lambda release: release.date_created)
    oldest = min(releases, key=lambda release: release.date_created)

    await change(asker, "resolveIssues", [one], f'in: {{ release: {{ version: "{oldest.version}" }} }}')
    await change(asker, "resolveIssues", [other], "in: { release: { latest: true } }")

    assert one.status_details == {"inRelease": oldest.version}
    assert other.status_details == {"inRelease": newest.version}


async def test_resolved_with_a_commit(asker):
    """A commit is named by its hash and its repository."""
    issue = some(asker)[0]
    commit = next(commit for release in asker.acme.releases for commit in release.commits)

    await change(
        asker,
        "resolveIssues",
        [issue],
        f'in: {{ commit: {{ commit: "{commit.id}", repository: {{ name: "{commit.repository.name}" }} }} }}',
    )

    assert (issue.status, issue.status_details) == ("resolved", {"inCommit": commit.id})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ('release: { version: "nope@9" }', ["in", "release"]),
        ('commit: { commit: "nope", repository: { name: "acme/web" } }', ["in", "commit", "commit"]),
    ],
)
async def test_unknown_release_is_a_user_error(asker, given, field):
    """What Sentry refuses to resolve in is told at its input field, and the issue stays open."""
    issue = some(asker)[0]

    payload, _ = await change(asker, "resolveIssues", [issue], f"in: {{ {given} }}")

    [result] = payload["results"]
    [error] = result["userErrors"]
    assert (error["field"], error["code"]) == (field, "BAD_USER_INPUT")
    assert result["issue"]["status"] == "UNRESOLVED"
    assert issue.status == "unresolved"


async def test_unresolved(asker):
    """A resolved issue is opened again."""
    issues = some(asker, 2)
    for one in issues:
        one.status, one.substatus = "resolved", None

    payload, _ = await change(asker, "unresolveIssues", issues)

    assert [(one.status, one.substatus) for one in issues] == [("unresolved", "ongoing")] * 2
    assert [one["issue"]["status"] for one in payload["results"]] == ["UNRESOLVED"] * 2


@pytest.mark.parametrize(
    ("until", "substatus", "details"),
    [
        ("", "archived_until_escalating", {}),
        ("until: { escalating: true }", "archived_until_escalating", {}),
        ("until: { forever: true }", "archived_forever", {}),
        (
            "until: { seconds: 7200 }",
            "archived_until_condition_met",
            {"ignoreUntil": NOON + timedelta(hours=2)},
        ),
        ("until: { events: { count: 10 } }", "archived_until_condition_met", {"ignoreCount": 10}),
        (
            "until: { events: { count: 10, withinSeconds: 3600 } }",
            "archived_until_condition_met",
            {"ignoreCount": 10, "ignoreWindow": 60},
        ),
        (
            "until: { users: { count: 3, withinSeconds: 604800 } }",
            "archived_until_condition_met",
            {"ignoreUserCount": 3, "ignoreUserWindow": 10080},
        ),
    ],
)
async def test_archived(asker, until, substatus, details):
    """Each way to archive reaches Sentry in its own words."""
    issue = some(asker)[0]

    payload, _ = await change(asker, "archiveIssues", [issue], until)

    assert (issue.status, issue.substatus, issue.status_details) == ("ignored", substatus, details)
    assert payload["results"][0]["issue"] == {
        "shortId": issue.short_id,
        "status": "ARCHIVED",
        "substatus": substatus.upper(),
    }


def assignee_id(asker, kind, number):
    """Global id of a user or a team of acme."""
    return encode_id(kind, asker.acme.id, number)


async def test_assigned_to_a_user(asker):
    """By global id and by address, the same user is meant."""
    by_id, by_email = some(asker, 2)
    user = asker.server.world.users[0]
    selection = "results { issue { assignee { __typename ... on User { email } } } userErrors { code } }"

    one, _ = await change(
        asker, "assignIssues", [by_id], f'to: {{ user: {{ id: "{assignee_id(asker, "User", user.id)}" }} }}', selection
    )
    other, _ = await change(
        asker, "assignIssues", [by_email], f'to: {{ user: {{ email: "{user.email}" }} }}', selection
    )

    assert (by_id.assignee.user, by_email.assignee.user) == (user, user)
    expected = {"issue": {"assignee": {"__typename": "User", "email": user.email}}, "userErrors": []}
    assert [one["results"], other["results"]] == [[expected], [expected]]


async def test_assigned_to_a_team_and_to_nobody(asker):
    """A team with access takes issues; `nobody` takes them away again."""
    issues = some(asker, 2)
    team = issues[0].project.teams[0]
    selection = "results { issue { assignee { __typename ... on Team { slug } } } }"

    given, _ = await change(
        asker, "assignIssues", issues, f'to: {{ team: {{ id: "{assignee_id(asker, "Team", team.id)}" }} }}', selection
    )
    held = [one.assignee.team for one in issues]
    taken, _ = await change(asker, "assignIssues", issues, "to: { nobody: true }", selection)

    assert held == [team, team]
    assert given["results"] == [{"issue": {"assignee": {"__typename": "Team", "slug": team.slug}}}] * 2
    assert [one.assignee for one in issues] == [None, None]
    assert taken["results"] == [{"issue": {"assignee": None}}] * 2


async def test_team_without_access_is_a_user_error(asker):
    """Sentry's refusal of an assignee is told at `to`, for each issue."""
    issues = some(asker, 2)
    before = [one.assignee for one in issues]
    team = next(team for team in asker.acme.teams if team not in issues[0].project.teams)

    payload, _ = await change(
        asker, "assignIssues", issues, f'to: {{ team: {{ id: "{assignee_id(asker, "Team", team.id)}" }} }}'
    )

    message = "Cannot assign to a team without access to the project"
    expected = [{"field": ["to"], "message": message, "code": "BAD_USER_INPUT"}]
    assert [one["userErrors"] for one in payload["results"]] == [expected, expected]
    assert [one.assignee for one in issues] == before


async def test_assignee_of_another_organization_is_refused(asker):
    """A team of one organization cannot have issues of another; nothing is asked for that."""
    team = encode_id("Team", "200000", "200100")

    payload, calls = await change(
        asker, "assignIssues", some(asker), f'to: {{ team: {{ id: "{team}" }} }}', "userErrors { field code }"
    )

    assert payload["userErrors"] == [{"field": ["to", "team", "id"], "code": "BAD_USER_INPUT"}]
    assert calls == []


async def test_priority(asker):
    """The priority is set, and fixed by hand."""
    issues = some(asker, 2)

    payload, _ = await change(
        asker, "setIssuePriority", issues, "priority: LOW", "results { issue { priority } userErrors { code } }"
    )

    assert [(one.priority, one.priority_locked_at) for one in issues] == [("low", NOON)] * 2
    assert payload["results"] == [{"issue": {"priority": "LOW"}, "userErrors": []}] * 2


@pytest.mark.parametrize(
    ("name", "word", "marks"),
    [
        ("markIssuesSeen", "seen", "seen_by"),
        ("bookmarkIssues", "bookmarked", "bookmarked_by"),
        ("subscribeToIssues", "subscribed", "subscribers"),
    ],
)
async def test_personal_marks(asker, name, word, marks):
    """Marks of the token's own user are set without an argument and taken away with false."""
    issues, me = some(asker, 2), asker.server.world.users[0].id

    await change(asker, name, issues)
    after = [me in getattr(one, marks) for one in issues]
    await change(asker, name, issues, f"{word}: false")

    assert after == [True, True]
    assert [me in getattr(one, marks) for one in issues] == [False, False]


async def test_deleted(asker):
    """Deleted issues are out of sight, and their outcome says which they were."""
    issues = some(asker, 2)

    payload, calls = await change(asker, "deleteIssues", issues, "", f"{RESULTS} deletedIds")

    assert [one.status for one in issues] == ["pending_deletion"] * 2
    assert payload["deletedIds"] == [id_of(one) for one in issues]
    assert payload["results"] == [{"issueId": id_of(one), "issue": None, "userErrors": []} for one in issues]
    assert [call.method for call in calls] == ["GET", "DELETE"]


async def test_delete_tells_what_is_not_there(asker):
    """Sentry answers alike whether or not it deletes, so Dexter looks before."""
    issue, gone = some(asker, 2)
    del asker.acme.issues[gone.id]

    payload, _ = await change(asker, "deleteIssues", [gone, issue], "", "deletedIds unmatched")

    assert payload == {"deletedIds": [id_of(issue)], "unmatched": [id_of(gone)]}
    assert issue.status == "pending_deletion"


async def test_merged(asker):
    """Several issues become one, which has all their events; the outcome names those that are gone."""
    issues = some(asker, 3)
    parent, *children = sorted(issues, key=lambda one: (-len(one.events), int(one.id)))
    total = sum(len(one.events) for one in issues)

    payload, _ = await change(asker, "mergeIssues", issues, "", MERGED)

    assert [one.id in asker.acme.issues for one in (parent, *children)] == [True, False, False]
    assert payload == {
        "issue": {"id": id_of(parent), "eventCount": total},
        "mergedIds": [id_of(one) for one in children],
        "unmatched": [],
        "isDryRun": False,
        "userErrors": [],
    }


async def test_only_errors_are_merged(asker):
    """Sentry merges errors alone; its refusal is a user error, and nothing is merged."""
    issue = some(asker)[0]
    other = next(one for one in asker.acme.issues.values() if one.project is issue.project and not one.is_error)

    payload, _ = await change(asker, "mergeIssues", [issue, other], "", MERGED)

    assert payload["userErrors"] == [
        {"field": None, "message": "Only error issues can be merged.", "code": "BAD_USER_INPUT"}
    ]
    assert (payload["issue"], payload["mergedIds"]) == (None, [])
    assert {issue.id, other.id} <= asker.acme.issues.keys()


async def test_merge_with_what_is_not_there_writes_nothing(asker):
    """When fewer than two are left, there is nothing to merge."""
    issue, gone = some(asker, 2)
    del asker.acme.issues[gone.id]

    payload, calls = await change(asker, "mergeIssues", [issue, gone], "", MERGED)

    assert payload["unmatched"] == [id_of(gone)]
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [
        (["issues"], "NOT_FOUND"),
        (["issues", "ids", "1"], "NOT_FOUND"),
    ]
    assert writes(calls) == []


async def test_one_issue_is_not_merged(asker):
    """One issue alone, even named twice, is a mistake that costs no call."""
    issue = some(asker)[0]

    payload, calls = await change(asker, "mergeIssues", [issue, issue], "", MERGED)

    assert [(one["field"], one["code"]) for one in payload["userErrors"]] == [(["issues"], "BAD_USER_INPUT")]
    assert calls == []


MUTATIONS = {
    "resolveIssues": "",
    "unresolveIssues": "",
    "archiveIssues": "",
    "assignIssues": 'to: { user: { sentryId: "1001" } }',
    "setIssuePriority": "priority: LOW",
    "markIssuesSeen": "",
    "bookmarkIssues": "",
    "subscribeToIssues": "",
}


async def test_flags_are_those_of_a_later_read(asker):
    """Sentry subscribes users who change an issue, of which its response to a bulk change says nothing."""
    flags = "id isSubscribed isBookmarked hasSeen status"
    for name, arguments in MUTATIONS.items():
        issues = some(asker, 2)
        for issue in issues:
            issue.subscribers.clear()
        asker.client.invalidate([f"issue/{issue.id}" for issue in issues])

        payload, _ = await change(asker, name, issues, arguments, f"results {{ issue {{ {flags} }} }}")

        asker.client.invalidate([f"issue/{issue.id}" for issue in issues])
        read = await asker.ask(
            f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Issue {{ {flags} }} }} }}", ids=[*map(id_of, issues)]
        )
        assert [result["issue"] for result in payload["results"]] == read["nodes"], name
