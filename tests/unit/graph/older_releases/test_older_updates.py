"""Updates of issues over older releases: applied, or reported as user errors."""

import pytest

from dexter_graphql.sandbox.vintages import Capability

NO_PRIORITY = {
    "field": ["priority"],
    "message": "This release of Sentry has no priorities of issues; the priority was not changed",
    "code": "FEATURE_NOT_AVAILABLE",
}
NOT_UNTIL_ESCALATING = {
    "field": ["until"],
    "message": "This release of Sentry cannot archive an issue until it escalates; it was archived permanently",
    "code": "FEATURE_NOT_AVAILABLE",
}
RESULTS = "results { issue { sentryId status } userErrors { field message code } } unmatched"


async def issue_ids(asker, count):
    answer = await asker.organization(f"issues(first: {count}) {{ nodes {{ id }} }}")
    return [node["id"] for node in answer["issues"]["nodes"]]


async def change(asker, mutation, ids, arguments):
    """The payload of a bulk mutation."""
    answer = await asker.ask(
        f"mutation ($ids: [ID!]!) {{ {mutation}(input: {{ issues: {{ ids: $ids }} {arguments} }}) {{ {RESULTS} }} }}",
        ids=ids,
    )
    assert answer.errors == []
    return answer[mutation]


@pytest.mark.parametrize("count", [1, 2])
async def test_ignored_priority_is_a_user_error(asker, count, has):
    """A release without priorities answers 200; the payload says what it lacks, for one issue and for several."""
    ids = await issue_ids(asker, count)

    payload = await change(asker, "setIssuePriority", ids, "priority: LOW")

    refusals = [] if has(Capability.ISSUE_PRIORITY) else [NO_PRIORITY]
    assert [result["userErrors"] for result in payload["results"]] == [refusals] * count
    assert payload["unmatched"] == []


@pytest.mark.parametrize("count", [1, 2])
async def test_archive_until_escalating_is_a_user_error_where_it_is_permanent(asker, count, has):
    """A release without substatus archives all the same, permanently, and the payload says so."""
    ids = await issue_ids(asker, count)

    payload = await change(asker, "archiveIssues", ids, "until: { escalating: true }")

    refusals = [] if has(Capability.ISSUE_SUBSTATUS) else [NOT_UNTIL_ESCALATING]
    assert [result["userErrors"] for result in payload["results"]] == [refusals] * count
    assert [result["issue"]["status"] for result in payload["results"]] == ["ARCHIVED"] * count


@pytest.mark.parametrize("until", ["forever: true", "seconds: 3600", "events: { count: 10 }"])
async def test_other_ways_to_archive_work_everywhere(oldest, until):
    """The oldest release archives permanently and until a condition is met."""
    payload = await change(oldest, "archiveIssues", await issue_ids(oldest, 2), f"until: {{ {until} }}")

    assert [result["userErrors"] for result in payload["results"]] == [[], []]


async def test_update_applies_what_the_release_has(oldest):
    """The assignee is removed although the priority is ignored; only the latter is an error."""
    [issue_id] = await issue_ids(oldest, 1)

    answer = await oldest.ask(
        "mutation ($id: ID!) { updateIssue(input: { issue: { id: $id }, priority: HIGH, assignee: { nobody: true } })"
        " { issue { assignee { __typename } } userErrors { field message code } } }",
        id=issue_id,
    )

    assert answer.errors == []
    assert answer["updateIssue"] == {"issue": {"assignee": None}, "userErrors": [NO_PRIORITY]}


@pytest.mark.parametrize(
    ("mutation", "arguments", "kinds"),
    [("setIssuePriority", "priority: LOW", []), ("archiveIssues", "", ["ARCHIVED"])],
)
async def test_only_changes_are_published(oldest, mutation, arguments, kinds):
    """An update without any effect is no change; one with another effect is."""
    [issue_id] = await issue_ids(oldest, 1)
    subscription = 'subscription { issueChanged(organization: { slug: "acme" }) { change { kind } } }'
    async with oldest.following(subscription) as items:
        await change(oldest, mutation, [issue_id], arguments)
        await change(oldest, "unresolveIssues", [issue_id], "")

        received = [(await items.next())["data"]["issueChanged"]["change"]["kind"] for _ in (*kinds, "UNRESOLVED")]

    assert received == [*kinds, "UNRESOLVED"]


@pytest.mark.parametrize(
    ("mutation", "arguments"),
    [
        ("resolveIssues", ""),
        ("unresolveIssues", ""),
        ("assignIssues", "to: { nobody: true }"),
        ("bookmarkIssues", ""),
        ("markIssuesSeen", ""),
        ("deleteIssues", ""),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
async def test_triage_works_everywhere(asker, mutation, arguments, count):
    """Issues are found and changed, one and several, without an error and with none unmatched."""
    payload = await change(asker, mutation, await issue_ids(asker, count), arguments)

    assert ([result["userErrors"] for result in payload["results"]], payload["unmatched"]) == ([[]] * count, [])


async def test_comments_are_written_everywhere(asker):
    """A comment is added and deleted in every release."""
    [issue_id] = await issue_ids(asker, 1)
    added = await asker.ask(
        'mutation ($id: ID!) { addIssueComment(input: { issue: { id: $id }, text: "one" }) { comment { id text } } }',
        id=issue_id,
    )
    comment = added["addIssueComment"]["comment"]
    deleted = await asker.ask(
        "mutation ($id: ID!) { deleteIssueComment(input: { id: $id }) { deletedId userErrors { code } } }",
        id=comment["id"],
    )

    assert (added.errors, deleted.errors, comment["text"]) == ([], [], "one")
    assert deleted["deleteIssueComment"] == {"deletedId": comment["id"], "userErrors": []}
