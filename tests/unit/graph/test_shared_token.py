"""Callers who share a token: what is personal to its owner is neither shown to them nor meant by their searches."""

from dataclasses import replace

import pytest

from dexter_graphql.graph.declarations.fields import PlainDeclaration
from dexter_graphql.graph.declarations.kind_field import KIND
from dexter_graphql.graph.declarations.strawberry_internals import definition_of
from dexter_graphql.graph.identity import Caller, Reach
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sentry.restriction import AccessLevel
from support.alert_mutations import change
from support.issue_mutations import id_of, some

PATHS = {
    "Alert": 'alert(reference: { sentryId: "100712" }) { %s }',
    "Issue": 'issue(shortId: "WEB-1") { %s }',
    "Project": 'project(slug: "web") { %s }',
    "Team": 'team(slug: "web") { %s }',
    "IssueView": "issueview: issueViews(first: 1) { nodes { %s } }",
}
"""Type with personal fields → where one of its objects is, below the organization."""


@pytest.fixture
def sharer(asker):
    """A client for a caller who is known by name and shares the token with others."""
    caller = Caller("jwt:anna", "Anna\n Example", "anna@example.com")
    asker.identity = replace(asker.identity, caller=caller, is_shared_token=True)
    return asker


def personal_fields(graph):
    """Type → names of its personal members."""
    fields = {}
    for name, graphql_type in graph.schema.type_map.items():
        for field_name, field in getattr(graphql_type, "fields", {}).items():
            declaration = getattr(definition_of(field), "metadata", {}).get(KIND)
            if isinstance(declaration, PlainDeclaration) and declaration.is_personal:
                fields.setdefault(name, []).append(field_name)
    return fields


async def test_personal_members_are_null(graph, sharer):
    """All of them, and without an error: the value is the owner's, and the caller has none."""
    fields = personal_fields(graph)
    assert fields.keys() == PATHS.keys()
    selection = " ".join(PATHS[name] % " ".join(names) for name, names in fields.items())

    shown = await sharer.ask(f'{{ organization(slug: "acme") {{ {selection} }} }}')
    sharer.identity = replace(sharer.identity, is_shared_token=False)
    own = await sharer.ask(f'{{ organization(slug: "acme") {{ {selection} }} }}')

    organization = shown["organization"]
    [organization["issueview"]] = organization["issueview"]["nodes"]
    nulls = {name.lower(): dict.fromkeys(names) for name, names in fields.items()}
    assert (organization, shown.errors) == (nulls, [])
    assert own["organization"]["issue"]["hasSeen"] is not None
    assert own["organization"]["team"]["isMember"] is not None


@pytest.mark.parametrize(
    "issue_filter",
    ["assignees: { me: true }", "assignees: { myTeams: true }", "isBookmarked: true", 'search: "assigned:me"'],
)
async def test_me_is_refused(sharer, issue_filter):
    """`me` would be the owner of the token; nothing is asked of Sentry."""
    answer = await sharer.ask(
        f'{{ organization(slug: "acme") {{ issues(first: 1, filter: {{ {issue_filter} }}) {{ nodes {{ id }} }} }} }}'
    )

    [error] = answer.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "several callers share" in error["message"]
    assert [call.route for call in answer.calls if "issues" in call.route] == []


async def test_snooze_for_the_owner_of_the_token_is_refused(sharer):
    """A rule that one caller snoozes for itself would be snoozed for the owner of the token."""
    rule = encode_id("Alert", sharer.acme.id, f"rule-web-{sharer.acme.issue_rules[0].id}")
    payload, calls = await change(sharer, "snoozeAlert", "alert { id }", id=rule, isForEveryone=False)

    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("BAD_USER_INPUT", ["isForEveryone"])
    ]
    assert calls == []


async def test_comments_have_the_name_of_the_caller(sharer):
    """At the end, once, in one line; Sentry shows the owner of the token as author."""
    [issue] = some(sharer, 1)
    mutation = """mutation ($issue: ID!, $text: String!) {
      addIssueComment(input: { issue: { id: $issue }, text: $text }) { comment { id text } } }"""
    edit = """mutation ($id: ID!, $text: String!) {
      editIssueComment(input: { id: $id, text: $text }) { comment { text } } }"""

    added = (await sharer.ask(mutation, issue=id_of(issue), text="Looks bad"))["addIssueComment"]["comment"]
    edited = (await sharer.ask(edit, id=added["id"], text=added["text"]))["editIssueComment"]["comment"]

    assert added["text"] == "Looks bad\n\n\N{EM DASH} Anna Example" == edited["text"]


@pytest.mark.parametrize(
    ("caller", "is_shared"), [(Caller("key:1"), True), (Caller("a", "Anna"), False)], ids=["no name", "own token"]
)
async def test_other_comments_are_as_they_were_written(sharer, caller, is_shared):
    """Without a name, and with an own token, which shows its owner."""
    sharer.identity = replace(sharer.identity, caller=caller, is_shared_token=is_shared)
    [issue] = some(sharer, 1)

    answer = await sharer.ask(
        """mutation ($issue: ID!) {
          addIssueComment(input: { issue: { id: $issue }, text: "Looks bad" }) { comment { text } } }""",
        issue=id_of(issue),
    )

    assert answer["addIssueComment"]["comment"] == {"text": "Looks bad"}


async def test_viewer_is_the_caller(sharer):
    """Name, address, access and projects are those of the caller; there is no user of the token."""
    reach = Reach.of(AccessLevel.TRIAGE, frozenset({"acme/web", "acme/api"}))
    sharer.identity = replace(sharer.identity, reach=reach)

    answer = await sharer.ask("{ viewer { name email access isReadOnly projects user { id } } }")

    assert answer["viewer"] == {
        "name": "Anna\n Example",
        "email": "anna@example.com",
        "access": "TRIAGE",
        "isReadOnly": False,
        "projects": ["acme/api", "acme/web"],
        "user": None,
    }


async def test_cached_answers_stay_apart(sharer):
    """The owner of a token and those who share it read one cached answer, and each gets what concerns them."""
    query = '{ organization(slug: "acme") { issues(first: 5) { nodes { id hasSeen } } } }'
    identities = (replace(sharer.identity, is_shared_token=False), sharer.identity)
    seen = {True: [], False: []}
    for identity in identities * 4:
        sharer.identity = identity
        nodes = (await sharer.ask(query))["organization"]["issues"]["nodes"]
        seen[identity.is_shared_token].append({node["hasSeen"] for node in nodes})

    assert seen[True] == [{None}] * 4
    assert None not in set().union(*seen[False])
