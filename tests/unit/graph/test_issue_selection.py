"""The selection of the issues of a bulk mutation, and the number of calls."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from support.issue_mutations import ISSUE, LIST, MERGED, attempt, change, id_of, some, writes


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
        {"results": expected, "unmatched": [], "isDryRun": True} for _ in mutations
    ]
    assert merged == {"issue": None, "mergedIds": [], "unmatched": [], "isDryRun": True, "userErrors": []}
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
