"""Changes of issues: what Sentry has afterwards, what each issue's outcome says, and what it costs.

Long, because each mutation is held to the same promises: outcomes, costs, refusals.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from dexter_graphql.graph.identity import Reach
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.call import Upstream
from support.sandbox import NOON

LIST = "/organizations/{organization}/issues/"
ISSUE = "/organizations/{organization}/issues/{issue}/"
RESULTS = "results { issueId issue { shortId status substatus } userErrors { field message code } } unmatched dryRun"


def some(asker, number=1, project="web"):
    """The first so many issues of a project; they group errors and are open."""
    return [one for one in asker.acme.issues.values() if one.project.slug == project and one.is_error][:number]


def id_of(issue, organization="100000"):
    """Global id of an issue."""
    return encode_id("Issue", organization, issue.id)


async def change(asker, name, issues, arguments="", selection=RESULTS):
    """Payload of a mutation of these issues, which must not fail, and the calls that it made."""
    told = await attempt(asker, name, issues, arguments, selection)
    assert told.errors == []
    return told[name], told.calls


async def attempt(asker, name, issues, arguments="", selection=RESULTS):
    """What a mutation of these issues tells; the directory knows the organization already."""
    await asker.organization("slug")
    ids = [one if isinstance(one, str) else id_of(one) for one in issues]
    document = (
        f"mutation ($ids: [ID!]!) {{ {name}(input: {{ issues: {{ ids: $ids }} {arguments} }}) {{ {selection} }} }}"
    )
    return await asker.ask(document, ids=ids)


def writes(calls):
    """Calls that are more than a question."""
    return [call for call in calls if call.method != "GET"]


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
        "dryRun": False,
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

    await change(asker, "resolveIssues", [one], f'in: {{ release: "{oldest.version}" }}')
    await change(asker, "resolveIssues", [other], 'in: { release: "latest" }')

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
        f'in: {{ commit: {{ commit: "{commit.id}", repository: "{commit.repository.name}" }} }}',
    )

    assert (issue.status, issue.status_details) == ("resolved", {"inCommit": commit.id})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ('release: "nope@9"', ["in", "release"]),
        ('commit: { commit: "nope", repository: "nope" }', ["in", "commit", "commit"]),
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
        asker, "assignIssues", [by_id], f'to: {{ user: "{assignee_id(asker, "User", user.id)}" }}', selection
    )
    other, _ = await change(asker, "assignIssues", [by_email], f'to: {{ email: "{user.email}" }}', selection)

    assert (by_id.assignee.user, by_email.assignee.user) == (user, user)
    expected = {"issue": {"assignee": {"__typename": "User", "email": user.email}}, "userErrors": []}
    assert [one["results"], other["results"]] == [[expected], [expected]]


async def test_assigned_to_a_team_and_to_nobody(asker):
    """A team with access takes issues; `nobody` takes them away again."""
    issues = some(asker, 2)
    team = issues[0].project.teams[0]
    selection = "results { issue { assignee { __typename ... on Team { slug } } } }"

    given, _ = await change(
        asker, "assignIssues", issues, f'to: {{ team: "{assignee_id(asker, "Team", team.id)}" }}', selection
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

    payload, _ = await change(asker, "assignIssues", issues, f'to: {{ team: "{assignee_id(asker, "Team", team.id)}" }}')

    message = "Cannot assign to a team without access to the project"
    expected = [{"field": ["to"], "message": message, "code": "BAD_USER_INPUT"}]
    assert [one["userErrors"] for one in payload["results"]] == [expected, expected]
    assert [one.assignee for one in issues] == before


async def test_assignee_of_another_organization_is_refused(asker):
    """A team of one organization cannot have issues of another; nothing is asked for that."""
    team = encode_id("Team", "200000", "200100")

    told = await attempt(asker, "assignIssues", some(asker), f'to: {{ team: "{team}" }}')

    assert [(error["path"], error["extensions"]["code"]) for error in told.errors] == [
        (["assignIssues"], "BAD_USER_INPUT")
    ]
    assert told.calls == []


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


MERGED = "issue { id eventCount } mergedIds unmatched dryRun userErrors { field message code }"


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
        "dryRun": False,
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
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(["issues"], "NOT_FOUND")]
    assert writes(calls) == []


async def test_one_issue_is_not_merged(asker):
    """One issue alone, even named twice, is a mistake that costs no call."""
    issue = some(asker)[0]

    told = await attempt(asker, "mergeIssues", [issue, issue], "", MERGED)

    assert [(one["path"], one["extensions"]["code"]) for one in told.errors] == [(["mergeIssues"], "BAD_USER_INPUT")]
    assert told.calls == []


async def test_unmatched_and_duplicates(asker):
    """A repeated ID is written once; missing or invisible issues are unmatched and never part of the write."""
    one, other, gone = some(asker, 3)
    del asker.acme.issues[gone.id]
    elsewhere = encode_id("Issue", "999999", one.id)

    payload, calls = await change(asker, "resolveIssues", [one, gone, elsewhere, one, other])

    assert [result["issueId"] for result in payload["results"]] == [id_of(one), id_of(other)]
    assert payload["unmatched"] == [elsewhere, id_of(gone)]
    [put] = writes(calls)
    assert list(put.query) == [("id", one.id), ("id", other.id)]


async def test_dry_run_writes_nothing(asker):
    """`dryRun` tells what would be changed by looking, for every mutation."""
    issues = some(asker, 2)
    team = encode_id("Team", asker.acme.id, issues[0].project.teams[0].id)
    mutations = {
        "resolveIssues": "",
        "unresolveIssues": "",
        "archiveIssues": "",
        "assignIssues": f'to: {{ team: "{team}" }}',
        "setIssuePriority": "priority: HIGH",
        "markIssuesSeen": "",
        "bookmarkIssues": "",
        "subscribeToIssues": "",
        "deleteIssues": "",
    }

    told = {
        name: await change(asker, name, issues, f"dryRun: true {arguments}") for name, arguments in mutations.items()
    }
    merged, merge_calls = await change(asker, "mergeIssues", issues, "dryRun: true", MERGED)

    expected = [
        {
            "issueId": id_of(one),
            "issue": {"shortId": one.short_id, "status": "UNRESOLVED", "substatus": one.substatus.upper()},
            "userErrors": [],
        }
        for one in issues
    ]
    assert [payload for payload, _ in told.values()] == [
        {"results": expected, "unmatched": [], "dryRun": True} for _ in mutations
    ]
    assert merged == {"issue": None, "mergedIds": [], "unmatched": [], "dryRun": True, "userErrors": []}
    assert [writes(calls) for _, calls in told.values()] == [[] for _ in mutations]
    assert writes(merge_calls) == []


async def test_golden_bulk_resolve(asker):
    """Resolving many issues in the next release costs a lookup and the write."""
    _, calls = await change(asker, "resolveIssues", some(asker, 50), "in: { nextRelease: true }")

    assert [(call.method, call.route) for call in calls] == [("GET", LIST), ("PUT", LIST)]


ASSIGN = """
mutation Assign($org: String!, $team: ID!, $values: [String!]!) {
  assignIssues(input: { issues: { shortIds: { organization: $org, values: $values } }, to: { team: $team } }) {
    results { issue { id assignee { __typename } } userErrors { field message code } } unmatched
  }
}
"""


async def test_golden_assign(asker):
    """Assigning one issue by its short id costs its look-up and the write."""
    issue = some(asker)[0]
    team = encode_id("Team", asker.acme.id, issue.project.teams[0].id)
    await asker.organization("slug")

    told = await asker.ask(ASSIGN, org="acme", team=team, values=[issue.short_id.lower()])

    assert (told.errors, told["assignIssues"]["unmatched"]) == ([], [])
    assert told["assignIssues"]["results"] == [
        {"issue": {"id": id_of(issue), "assignee": {"__typename": "Team"}}, "userErrors": []}
    ]
    assert [(call.method, call.route) for call in told.calls] == [
        ("GET", "/organizations/{organization}/shortids/{short_id}/"),
        ("PUT", ISSUE),
    ]


async def test_several_short_ids_are_one_look_up(asker):
    """Several short ids are found by one list; those that are no issue's are unmatched, as they were given."""
    issues = some(asker, 3)
    team = encode_id("Team", asker.acme.id, issues[0].project.teams[0].id)
    await asker.organization("slug")

    told = await asker.ask(
        ASSIGN, org="acme", team=team, values=[*(one.short_id for one in issues), "WEB-ZZZZ", issues[0].short_id]
    )

    assert told["assignIssues"]["unmatched"] == ["WEB-ZZZZ"]
    assert [one["issue"]["id"] for one in told["assignIssues"]["results"]] == [id_of(one) for one in issues]
    assert [(call.method, call.route) for call in told.calls] == [("GET", LIST), ("GET", LIST), ("PUT", LIST)]


SEARCH = """
mutation ($organization: String!, $filter: IssueFilter!, $max: Int! = 100) {
  resolveIssues(input: { issues: { search: { organization: $organization, filter: $filter, max: $max } } }) {
    results { issueId } unmatched
  }
}
"""


async def test_search_touches_no_more_than_it_may(asker):
    """The issues of a search are changed up to `max`, the most recently seen first."""
    found = [one for one in asker.acme.issues.values() if one.project.slug == "web" and one.status == "unresolved"]
    latest = sorted(found, key=lambda one: (-one.last_seen.timestamp(), -int(one.id)))[:3]
    await asker.organization("slug")

    told = await asker.ask(SEARCH, organization="acme", filter={"is": ["UNRESOLVED"], "projects": ["web"]}, max=3)

    assert [one["issueId"] for one in told["resolveIssues"]["results"]] == [id_of(one) for one in latest]
    assert [one.id for one in found if one.status == "resolved"] == sorted(one.id for one in latest)
    assert [(call.method, call.route) for call in told.calls] == [("GET", LIST), ("GET", LIST), ("PUT", LIST)]


async def test_search_that_finds_nothing_writes_nothing(asker):
    """No match means no write: a write without ids would change whatever a search finds."""
    await asker.organization("slug")

    told = await asker.ask(SEARCH, organization="acme", filter={"search": "no-such-words-anywhere"})

    assert told.data == {"resolveIssues": {"results": [], "unmatched": []}}
    assert writes(told.calls) == []


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        ({}, 100),
        ({"search": "  "}, 100),
        ({"is": [], "levels": [], "tags": []}, 100),
        ({"is": ["UNRESOLVED"]}, 0),
        ({"is": ["UNRESOLVED"]}, 1001),
    ],
)
async def test_search_that_means_everything_is_refused(asker, condition, most):
    """A filter without a condition, and a `max` out of bounds, are refused before any call."""
    told = await asker.ask(SEARCH, organization="acme", filter=condition, max=most)

    assert told.data == {"resolveIssues": None}
    assert [(one["path"], one["extensions"]["code"]) for one in told.errors] == [(["resolveIssues"], "BAD_USER_INPUT")]
    assert told.calls == []


@pytest.mark.parametrize(
    "ids",
    [
        [],
        [encode_id("Issue", "1", "1")] * 1001,
        [encode_id("Project", "100000", "101000")],
        [encode_id("Issue", "100000", "1"), "garbage"],
        [""],
        [encode_id("Issue", "100000")],
    ],
    ids=["none", "too many", "another type", "garbage", "empty", "incomplete"],
)
async def test_bad_ids_are_refused(asker, ids):
    """Ids that name no issue, or too many, are refused before any call, and nothing is changed."""
    document = "mutation ($ids: [ID!]!) { deleteIssues(input: { issues: { ids: $ids } }) { unmatched } }"

    told = await asker.ask(document, ids=ids)

    assert told.data == {"deleteIssues": None}
    assert [(one["path"], one["extensions"]["code"]) for one in told.errors] == [(["deleteIssues"], "BAD_USER_INPUT")]
    assert told.calls == []


@pytest.mark.parametrize("values", [[], ["WEB-1"] * 1001, ["not a short id"]], ids=["none", "too many", "garbage"])
async def test_bad_short_ids_are_refused(asker, values):
    """Short ids are checked before any call as well."""
    told = await asker.ask(ASSIGN, org="acme", team=encode_id("Team", "100000", "1"), values=values)

    assert told.data == {"assignIssues": None}
    assert [one["extensions"]["code"] for one in told.errors] == ["BAD_USER_INPUT"]
    assert told.calls == []


async def test_unknown_organization_of_a_selection(asker):
    """Selections that name an organization say so when there is none."""
    told = await asker.ask(SEARCH, organization="nowhere", filter={"search": "timeout"})

    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == (["resolveIssues"], "BAD_USER_INPUT")
    assert "nowhere" in error["message"]


async def test_issues_of_two_organizations(asker):
    """Ids name their organization, so one mutation may be about two; a merge may not."""
    here = some(asker)[0]
    globex = asker.server.world.find_organization("globex")
    there = next(one for one in globex.issues.values() if one.is_error)
    ids = [id_of(here), id_of(there, globex.id)]
    await asker.organization("slug", slug="globex")

    payload, calls = await change(asker, "resolveIssues", ids)
    merge = await attempt(asker, "mergeIssues", ids, "", MERGED)

    assert [one["issueId"] for one in payload["results"]] == ids
    assert (here.status, there.status) == ("resolved", "resolved")
    assert [call.path.split("/")[4] for call in writes(calls)] == ["acme", "globex"]
    assert [one["extensions"]["code"] for one in merge.errors] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (500, {}, "UPSTREAM_UNAVAILABLE"),
        (403, {}, "FORBIDDEN"),
        # Longer than an operation may take, so that nobody waits for it.
        (429, {"Retry-After": "50"}, "RATE_LIMITED"),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
async def test_nothing_done_is_null_with_an_error(asker, status, headers, code, number):
    """When Sentry says neither yes nor no, the mutation is null and its error tells where and why."""
    issues = some(asker, number)
    asker.server.faults.add(Fault(method="PUT", status=status, headers=headers, times=None))

    told = await attempt(asker, "resolveIssues", issues)

    assert told.data == {"resolveIssues": None}
    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == (["resolveIssues"], code)
    assert error["extensions"]["upstream"] == {"endpoint": f"PUT {ISSUE if number == 1 else LIST}", "status": status}


async def test_failure_of_a_part_is_told_at_its_issues(asker):
    """Issues whose call failed carry why; the others are changed."""
    issues = some(asker, 101)
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=403, body={"detail": "Not you."}))

    payload, _ = await change(asker, "setIssuePriority", issues, "priority: LOW")

    refused = [{"field": None, "message": "Not you.", "code": "FORBIDDEN"}]
    assert [one["userErrors"] for one in payload["results"]] == [refused] * 100 + [[]]
    assert issues[-1].priority == "low"


@pytest.mark.parametrize("number", [1, 2])
async def test_nothing_stale_is_told_afterwards(asker, number):
    """What was cached before a change is not the answer after it: by id, in a list, and in a detail."""
    issues = some(asker, number)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { status } } }"
    listed = 'issues(filter: { is: [RESOLVED], projects: ["web"] }) { nodes { id } }'
    detail = f'issue(shortId: "{issues[0].short_id}") {{ status activity(first: 1) {{ nodes {{ kind }} }} }}'
    ids = [id_of(one) for one in issues]
    before = await asker.ask(query, ids=ids), await asker.organization(listed), await asker.organization(detail)

    await change(asker, "resolveIssues", issues)
    after = await asker.ask(query, ids=ids), await asker.organization(listed), await asker.organization(detail)

    assert [one["status"] for one in before[0]["nodes"]] == ["UNRESOLVED"] * number
    assert [one["status"] for one in after[0]["nodes"]] == ["RESOLVED"] * number
    assert not {node["id"] for node in before[1]["issues"]["nodes"]} & set(ids)
    assert {node["id"] for node in after[1]["issues"]["nodes"]} & set(ids)
    assert (before[2]["issue"]["status"], after[2]["issue"]["status"]) == ("UNRESOLVED", "RESOLVED")
    assert after[2]["issue"]["activity"]["nodes"] == [{"kind": "set_resolved"}]


@pytest.mark.parametrize("number", [1, 2])
async def test_changes_of_one_document_show_their_own_state(asker, number):
    """Roots of a mutation run one after the other, and each shows the issues as it left them."""
    ids = [id_of(one) for one in some(asker, number)]
    selection = "{ results { issue { status firstRelease { version } } } }"

    told = await asker.ask(
        f"""mutation ($ids: [ID!]!) {{
          a: resolveIssues(input: {{ issues: {{ ids: $ids }} }}) {selection}
          b: unresolveIssues(input: {{ issues: {{ ids: $ids }} }}) {selection}
          c: archiveIssues(input: {{ issues: {{ ids: $ids }} }}) {selection}
        }}""",
        ids=ids,
    )

    assert told.errors == []
    assert [[one["issue"]["status"] for one in told[name]["results"]] for name in "abc"] == [
        ["RESOLVED"] * number,
        ["UNRESOLVED"] * number,
        ["ARCHIVED"] * number,
    ]


async def test_who_may_only_read_changes_nothing(asker):
    """Every mutation is refused for a caller who may only read, before anything is asked."""
    asker.identity = replace(asker.identity, reach=Reach("read", is_read_only=True))
    ids = [id_of(one) for one in some(asker, 2)]

    told = await asker.ask(
        """mutation ($ids: [ID!]!, $id: ID!) {
          resolveIssues(input: { issues: { ids: $ids } }) { unmatched }
          deleteIssues(input: { issues: { ids: $ids } }) { unmatched }
          mergeIssues(input: { issues: { ids: $ids } }) { unmatched }
          updateIssue(input: { id: $id, hasSeen: true }) { issue { id } }
          addIssueComment(input: { issue: $id, text: "x" }) { comment { id } }
        }""",
        ids=ids,
        id=ids[0],
    )

    assert told.data == dict.fromkeys(
        ("resolveIssues", "deleteIssues", "mergeIssues", "updateIssue", "addIssueComment")
    )
    assert {one["extensions"]["code"] for one in told.errors} == {"FORBIDDEN"}
    assert len(told.errors) == 5
    assert told.calls == []


async def test_token_that_may_only_read_is_forbidden(asker):
    """A token of Sentry's without the scope is told which scope would do."""
    reader = asker.server.world.tokens.reader
    asker.identity = replace(asker.identity, upstream=Upstream("reader", reader.text))

    told = await attempt(asker, "resolveIssues", some(asker))

    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == (["resolveIssues"], "FORBIDDEN")
    assert error["extensions"]["requiredScopes"] == ["event:admin", "event:write"]
