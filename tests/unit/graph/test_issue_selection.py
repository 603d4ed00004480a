"""The selection of the issues of a bulk mutation, and the number of calls."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from support.issue_mutations import ISSUE, LIST, MERGED, change, id_of, some, writes


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


async def test_issue_that_cannot_be_read_is_not_unmatched(asker):
    """Nothing is written when Sentry's answer to several short IDs has a row that may be one of them."""
    short_ids = [issue.short_id for issue in some(asker, 2)]
    asker.server.faults.add(Fault(route=LIST, method="GET", status=200, body=[{"shortId": {}}]))
    issues = {"shortIds": {"organization": {"slug": "acme"}, "values": short_ids}}

    answer = await asker.ask(
        "mutation ($issues: IssueSelection!) { resolveIssues(input: { issues: $issues }) { unmatched } }", issues=issues
    )

    assert [error["extensions"]["code"] for error in answer.errors] == ["UPSTREAM_BAD_RESPONSE"]
    assert writes(answer.calls) == []


async def test_dry_run_writes_nothing(asker):
    """`dryRun` tells what would be changed by looking, for every mutation."""
    issues = some(asker, 2)
    team = encode_id("Team", asker.acme.id, issues[0].project.teams[0].id)
    mutations = {
        "resolveIssues": "",
        "unresolveIssues": "",
        "archiveIssues": "",
        "assignIssues": f'to: {{ team: {{ id: "{team}" }} }}',
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
  assignIssues(
    input: { issues: { shortIds: { organization: {slug: $org}, values: $values } }, to: { team: {id: $team} } }
  ) {
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
  resolveIssues(input: { issues: { matching: { organization: {slug: $organization}, filter: $filter, max: $max } } }) {
    results { issueId } unmatched
  }
}
"""


async def test_search_touches_no_more_than_it_may(asker):
    """The issues of a search are changed up to `max`, the most recently seen first."""
    found = [one for one in asker.acme.issues.values() if one.project.slug == "web" and one.status == "unresolved"]
    latest = sorted(found, key=lambda one: (-one.last_seen.timestamp(), -int(one.id)))[:3]
    await asker.read_names()
    only_web = {"status": "UNRESOLVED", "projects": {"slug": "web"}}

    told = await asker.ask(SEARCH, organization="acme", filter=only_web, max=3)

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
    ("condition", "most", "field"),
    [
        ({}, 100, "filter"),
        ({"search": "  "}, 100, "filter"),
        ({"status": [], "levels": [], "tags": [], "exclude": {"levels": []}}, 100, "filter"),
        ({"status": "UNRESOLVED"}, 0, "max"),
        ({"status": "UNRESOLVED"}, 1001, "max"),
    ],
)
async def test_search_that_means_everything_is_refused(asker, condition, most, field):
    """A filter without a condition, and a `max` out of bounds, are refused before any call."""
    document = SEARCH.replace("unmatched", "unmatched userErrors { field code }")

    told = await asker.ask(document, organization="acme", filter=condition, max=most)

    refusal = {"field": ["issues", "matching", field], "code": "BAD_USER_INPUT"}
    assert (told.data, told.errors) == (
        {"resolveIssues": {"results": [], "unmatched": [], "userErrors": [refusal]}},
        [],
    )
    assert told.calls == []


DELETE = """mutation ($issues: IssueSelection!) { deleteIssues(input: { issues: $issues, dryRun: true }) {
  results { issueId } unmatched userErrors { field message code } } }"""


@pytest.mark.parametrize(
    ("ids", "field", "message"),
    [
        ([], [], "'ids' must not be empty"),
        ([encode_id("Issue", "1", "1")] * 1001, [], "'ids' takes at most 1000 issues"),
        (
            [encode_id("Project", "100000", "101000")],
            ["0"],
            "Expected the ID of type Issue, got the ID of type Project",
        ),
        (["MOBILE-5"], ["0"], "'MOBILE-5' is a short ID, not a global ID"),
        (["garbage!"], ["0"], "Invalid ID"),
        ([""], ["0"], "Invalid ID"),
        ([encode_id("Issue", "100000")], ["0"], "Expected the ID of type Issue"),
    ],
    ids=["none", "too many", "another type", "short ID", "garbage", "empty", "incomplete"],
)
async def test_bad_ids_are_user_errors(asker, ids, field, message):
    """Ids that name no issue, or too many, are user errors with their path, before any call."""
    told = await asker.ask(DELETE, issues={"ids": ids})

    [refusal] = told["deleteIssues"]["userErrors"]
    assert (refusal["field"], refusal["code"]) == (["issues", "ids", *field], "BAD_USER_INPUT")
    assert refusal["message"].startswith(message)
    assert (told["deleteIssues"]["results"], told.errors, told.calls) == ([], [], [])


async def test_mistakes_do_not_stop_the_other_issues(asker):
    """Each wrong id of a bulk is a user error at its place; the right ones are changed."""
    one, other = some(asker, 2)
    gone = encode_id("Issue", asker.acme.id, "1")
    project = encode_id("Project", asker.acme.id, one.project.id)
    selection = "results { issueId } unmatched userErrors { field code }"

    payload, _ = await change(asker, "resolveIssues", [one, "WEB-1", gone, project, other], selection=selection)

    assert [result["issueId"] for result in payload["results"]] == [id_of(one), id_of(other)]
    assert (one.status, other.status, payload["unmatched"]) == ("resolved", "resolved", [gone])
    assert payload["userErrors"] == [
        {"field": ["issues", "ids", "1"], "code": "BAD_USER_INPUT"},
        {"field": ["issues", "ids", "3"], "code": "BAD_USER_INPUT"},
        {"field": ["issues", "ids", "2"], "code": "NOT_FOUND"},
    ]


@pytest.mark.parametrize(
    ("values", "field"),
    [([], []), (["WEB-1"] * 1001, []), (["not a short id"], ["0"]), (["123"], ["0"])],
    ids=["none", "too many", "garbage", "number"],
)
async def test_bad_short_ids_are_user_errors(asker, values, field):
    """Short ids are checked before any call as well."""
    told = await asker.ask(DELETE, issues={"shortIds": {"organization": {"slug": "acme"}, "values": values}})

    [refusal] = told["deleteIssues"]["userErrors"]
    assert (refusal["field"], refusal["code"]) == (["issues", "shortIds", "values", *field], "BAD_USER_INPUT")
    assert (told.errors, told.calls) == ([], [])


async def test_unknown_organization_of_a_selection(asker):
    """Selections that name an organization say so when there is none, and which are similar."""
    told = await asker.ask(DELETE, issues={"shortIds": {"organization": {"slug": "acmee"}, "values": ["WEB-1"]}})

    [refusal] = told["deleteIssues"]["userErrors"]
    assert (refusal["field"], refusal["code"]) == (["issues", "shortIds", "organization", "slug"], "NOT_FOUND")
    assert "'acmee'" in refusal["message"]
    assert "Did you mean 'acme'?" in refusal["message"]


async def test_issues_of_two_organizations(asker):
    """Ids name their organization, so one mutation may be about two; a merge may not."""
    here = some(asker)[0]
    globex = asker.server.world.find_organization("globex")
    there = next(one for one in globex.issues.values() if one.is_error)
    ids = [id_of(here), id_of(there, globex.id)]
    await asker.organization("slug", slug="globex")

    payload, calls = await change(asker, "resolveIssues", ids)
    merge, _ = await change(asker, "mergeIssues", ids, "", MERGED)

    assert [one["issueId"] for one in payload["results"]] == ids
    assert (here.status, there.status) == ("resolved", "resolved")
    assert [call.path.split("/")[4] for call in writes(calls)] == ["acme", "globex"]
    assert [(one["field"], one["code"]) for one in merge["userErrors"]] == [(["issues"], "BAD_USER_INPUT")]
