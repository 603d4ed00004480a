"""Operations above the budget of calls: refused before their calls, or ended with the field that used them."""

import re
from dataclasses import replace

import pytest

from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.resolvers.batch import BoundBatch
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.loaders.base import Style

IDS = [encode_id("Issue", "100000", str(number)) for number in range(101)]
ISSUES = "issues(first: 101) {{ nodes {{ {} }} }}"
REFUSED = {
    "field with a call for each row": (ISSUES.format("tags { key }"), "Issue.tags"),
    "members that a list lacks": (ISSUES.format("firstRelease { version }"), "Issue.firstRelease"),
    "members that the table of events lacks": (ISSUES.format("latestEvent { contexts { name } }"), "Issue.latestEvent"),
    "field below a single object": (ISSUES.format("latestEvent { attachments { name } }"), "Event.attachments"),
    "edges": ("issues(first: 101) { edges { node { tags { key } } } }", "Issue.tags"),
    "fragments": (ISSUES.format("... on Node { ... on Issue { ...Tags } }"), "Issue.tags"),
    "two fields that fit alone": (
        "issues(first: 60) { nodes { tags { key } hashes { nodes { hash } } } }",
        "Issue.tags",
    ),
    "aliases with different arguments": (
        'issues(first: 60) { nodes { a: tag(key: "a") { name } hashes { nodes { hash } } } }',
        "Issue.tag",
    ),
    "lists in lists": (
        "projects { nodes { issues(first: 10) { nodes { comments { nodes { text } } } } } }",
        "Issue.comments",
    ),
    "lists of lists": ("projects(first: 101) { nodes { releases { nodes { version } } } }", "Project.releases"),
    "variable": ("issues(first: $size) { nodes { tags { key } } }", "Issue.tags"),
    "backwards": ('issues(last: 101, before: "WyIwOjA6MCIsMCwxMDBd") { nodes { tags { key } } }', "Issue.tags"),
}
EXECUTED = {
    "light members of the newest event": ISSUES.format("latestEvent { eventId title }"),
    "embedded members": ISSUES.format("project { slug } assignee { __typename }"),
    "left out by a directive": ISSUES.format("id tags @include(if: $no) { key }"),
    "repeated field": "issues(first: 60) { nodes { tags { key } same: tags { name } } }",
    "short list": "issues(first: 90) { nodes { hashes { nodes { hash } } } }",
}
DOCUMENT = """query ($size: Int = 101, $no: Boolean = false) {{
  organization(slug: "acme") {{ slug {} }}
  node(id: "") @include(if: $no) {{ id }}
  organizations(first: $size) {{ nodes {{ slug }} }}
}}
fragment Tags on Issue {{ tags {{ key }} }}"""


def document_of(selection):
    """A valid document with a selection on an organization."""
    text = DOCUMENT.format(selection)
    return text if "...Tags" in selection else text.partition("fragment")[0]


@pytest.mark.parametrize("case", REFUSED)
async def test_operation_whose_lists_cannot_fit_is_refused(asker, case):
    """One error names the costliest field, no call is made, and the advised number of rows is accepted."""
    selection, field = REFUSED[case]

    answer = await asker.ask(document_of(selection))

    [error] = answer.errors
    assert (answer.data, answer.calls) == (None, [])
    assert error["extensions"] == {
        "code": "BUDGET_EXHAUSTED", "field": field, "retryable": False, "requestId": "request",
    }  # fmt: skip
    assert f"`{field}` makes one for each row" in error["message"]
    assert re.search(r"Request at most (\d+) rows of `\w+\.\w+`, or ", error["message"])


@pytest.mark.parametrize("case", EXECUTED)
async def test_operation_that_may_fit_is_executed(asker, case):
    """What is answered for all rows together, is not selected or fits makes no operation too expensive."""
    answer = await asker.ask(document_of(EXECUTED[case]))

    assert answer.errors == []


async def test_advised_number_of_rows_fits(asker):
    """The error says how many rows of the longest list would be accepted."""
    issues = "issues(first: {}) {{ nodes {{ tags {{ key }} event {{ eventId }} }} }}"
    document = f'{{{{ organization(slug: "acme") {{{{ {issues} }}}} }}}}'

    refused = await asker.ask(document.format(200))
    [number] = re.findall(r"at most (\d+) rows", refused.errors[0]["message"])
    advised = await asker.ask(document.format(number))
    more = await asker.ask(document.format(int(number) + 1))

    assert advised.errors == []
    assert len(advised.calls) >= 2 * int(number) + 1
    assert more.data is None


async def test_nodes_count_as_many_as_their_ids(asker):
    """Issues that are looked up together are rows of a list."""
    issue = "... on Issue { id comments { nodes { text } } lastRelease { version } }"
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {issue} }} }}"

    answer = await asker.ask(document, ids=IDS[:60])

    assert [error["extensions"]["field"] for error in answer.errors] == ["Issue.comments"]
    assert answer.calls == []


async def test_spent_budget_names_the_field_that_used_it(asker):
    """A list whose length Sentry decides ends where the budget does, and the errors say what used it."""
    asker.services = replace(asker.services, call_budget=5)
    issue = next(issue for issue in asker.acme.issues.values() if issue.project.slug == "web")

    answer = await asker.ask(
        f"""{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}") {{
          tags {{ key values(first: 1) {{ nodes {{ value }} }} }} }} }} }}"""
    )

    assert len(answer.errors) > 1
    assert {error["extensions"]["field"] for error in answer.errors} == {"Tag.values"}
    assert {error["message"] for error in answer.errors} == {
        "This operation used up its budget of 5 calls to Sentry, 2 of them for `Tag.values`; request fewer rows"
    }


async def test_mutations_and_subscriptions_are_refused_alike(asker):
    """Nothing is written, and no stream begins, when the answer could not be completed."""
    selection = "organization { issues(first: 101) { nodes { tags { key } } } }"
    mutation = f"""mutation {{ addIssueComment(input: {{ issue: {{ id: "{IDS[0]}" }}, text: "x" }}) {{
      issue {{ project {{ {selection} }} }} }} }}"""
    change = f"change {{ issue {{ project {{ {selection} }} }} }}"
    subscription = f'subscription {{ issueChanged(organization: {{ slug: "acme" }}) {{ {change} }} }}'

    written = await asker.ask(mutation)
    async with asker.following(subscription) as items:
        followed = await items.next()

    assert ([error["extensions"]["code"] for error in written.errors], written.calls) == (["BUDGET_EXHAUSTED"], [])
    assert [error["extensions"]["code"] for error in followed["errors"]] == ["BUDGET_EXHAUSTED"]


def test_every_loader_that_answers_key_by_key_is_counted(graph):
    """Fields with a key of each row's own make calls for each row; those with shared keys do not."""
    fields = [
        field.extensions[BOUND]
        for kind in graph.schema.type_map.values()
        for field in getattr(kind, "fields", {}).values()
        if isinstance(getattr(field, "extensions", {}).get(BOUND), BoundBatch)
    ]
    shared = {
        bound.coordinate
        for bound in fields
        if bound.declaration.load.style is Style.FAN_OUT and not bound.is_per_row(None)
    }

    assert shared == {"CronMonitor.checkIns", "Event.release"}
