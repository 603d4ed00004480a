"""Failures, permissions and freshness of issue mutations."""

from dataclasses import replace

import pytest

from dexter_graphql.graph.identity import Reach
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from support.issue_mutations import ISSUE, LIST, attempt, change, id_of, some


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
    asker.server.faults.add(Fault(method="PUT", status=403, body={"detail": "Not you."}, times=2))

    payload, _ = await change(asker, "setIssuePriority", issues, "priority: LOW")

    refused = [{"field": None, "message": "Not you.", "code": "FORBIDDEN"}]
    assert [one["userErrors"] for one in payload["results"]] == [refused] * 100 + [[]]
    assert issues[-1].priority == "low"


@pytest.mark.parametrize("number", [1, 2])
async def test_nothing_stale_is_told_afterwards(asker, number):
    """What was cached before a change is not the answer after it: by id, in a list, and in a detail."""
    issues = some(asker, number)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { status } } }"
    listed = 'issues(filter: { status: RESOLVED, projects: [{ slug: "web" }] }) { nodes { id } }'
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
    assert after[2]["issue"]["activity"]["nodes"] == [{"kind": "RESOLVED"}]


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
    asker.identity = replace(asker.identity, reach=Reach.of(AccessLevel.READ))
    ids = [id_of(one) for one in some(asker, 2)]

    told = await asker.ask(
        """mutation ($ids: [ID!]!, $id: ID!) {
          resolveIssues(input: { issues: { ids: $ids } }) { unmatched }
          deleteIssues(input: { issues: { ids: $ids } }) { unmatched }
          mergeIssues(input: { issues: { ids: $ids } }) { unmatched }
          updateIssue(input: { issue: { id: $id }, hasSeen: true }) { issue { id } }
          addIssueComment(input: { issue: { id: $id }, text: "x" }) { comment { id } }
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
