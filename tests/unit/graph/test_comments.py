"""Comments on issues: written, changed, deleted, and what happens when that is not possible."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault

NOTES = "/organizations/{organization}/issues/{issue}/notes/"
NOTE = "/organizations/{organization}/issues/{issue}/notes/{comment}/"
COMMENT = "comment { id text author { email } } issue { shortId } userErrors { field message code }"
ADD = f"mutation ($input: AddIssueCommentInput!) {{ addIssueComment(input: $input) {{ {COMMENT} }} }}"
EDIT = f"mutation ($input: EditIssueCommentInput!) {{ editIssueComment(input: $input) {{ {COMMENT} }} }}"
DELETE = """mutation ($input: DeleteIssueCommentInput!) {
  deleteIssueComment(input: $input) { deletedId issue { shortId } userErrors { field message code } } }"""
LISTED = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { comments(first: 10) { nodes { text } } } } }"
ACME = "100000"


def first(asker):
    """An open issue of project web that nobody has commented on."""
    return next(one for one in asker.acme.issues.values() if one.project.slug == "web" and not one.comments)


def issue_id(issue):
    """Global id of an issue."""
    return encode_id("Issue", ACME, issue.id)


def comment_id(issue, number):
    """Global id of a comment."""
    return encode_id("Comment", ACME, issue.id, number)


async def change(asker, document, **given):
    """What a mutation of a comment tells; the directory knows the organization already."""
    await asker.organization("slug")
    return await asker.ask(document, input=given)


async def texts(asker, issue):
    """The comments on an issue, as the graph lists them."""
    told = await asker.ask(LISTED, ids=[issue_id(issue)])
    assert told.errors == []
    return [one["text"] for one in told["nodes"][0]["comments"]["nodes"]]


async def test_added(asker):
    """A comment is written under the token's own user, and its answer shows it; the issue costs one more call."""
    issue, me = first(asker), asker.server.world.users[0]

    told = await change(asker, ADD, issue={"id": issue_id(issue)}, text="See the **runbook**.")

    [line] = issue.comments
    assert (line.user, line.data) == (me, {"text": "See the **runbook**."})
    assert told.errors == []
    assert told["addIssueComment"] == {
        "comment": {
            "id": comment_id(issue, line.id),
            "text": "See the **runbook**.",
            "author": {"email": me.email},
        },
        "issue": {"shortId": issue.short_id},
        "userErrors": [],
    }
    assert [(call.method, call.route) for call in told.calls] == [
        ("POST", NOTES),
        ("GET", "/organizations/{organization}/issues/{issue}/"),
    ]


async def test_issue_by_another_name(asker):
    """A short ID or a numeric ID names the issue, in the organization that is given."""
    issue = first(asker)

    for name in ({"shortId": issue.short_id}, {"sentryId": issue.id}):
        told = await change(asker, ADD, issue=name, organization={"slug": "acme"}, text="x")
        assert (told.errors, told["addIssueComment"]["userErrors"]) == ([], [])

    assert len(issue.comments) == 2


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"issue": {"shortId": "WEB-1"}}, ["organization"], "BAD_USER_INPUT"),
        ({"issue": {"shortId": "1"}, "organization": {"slug": "acme"}}, ["issue", "shortId"], "BAD_USER_INPUT"),
        ({"issue": {"sentryId": "WEB-1"}}, ["issue", "sentryId"], "BAD_USER_INPUT"),
        ({"issue": {"id": "WEB-1"}}, ["issue", "id"], "BAD_USER_INPUT"),
        ({"issue": {"shortId": "WEB-1"}, "organization": {"slug": "acmee"}}, ["organization", "slug"], "NOT_FOUND"),
        ({"issue": {"shortId": "WEB-ZZZZ"}, "organization": {"slug": "acme"}}, ["issue"], "NOT_FOUND"),
    ],
)
async def test_issue_by_a_wrong_name(asker, given, field, code):
    """A value of the wrong kind, an unknown name and a missing organization are user errors with their path."""
    told = await change(asker, ADD, text="x", **given)

    assert [(one["field"], one["code"]) for one in told["addIssueComment"]["userErrors"]] == [(field, code)]
    assert told.errors == []


async def test_comment_alone_is_one_call(asker):
    """When the issue is not selected, nobody asks for it."""
    await asker.organization("slug")
    document = ADD.replace("issue { shortId }", "")

    told = await asker.ask(document, input={"issue": {"id": issue_id(first(asker))}, "text": "x"})

    assert [(call.method, call.route) for call in told.calls] == [("POST", NOTES)]


async def test_edited_and_deleted(asker):
    """The comment's own id names it for a change and for its end, and lists tell each state at once."""
    issue = first(asker)
    empty = await texts(asker, issue)
    added = await change(asker, ADD, issue={"id": issue_id(issue)}, text="one")
    number = added["addIssueComment"]["comment"]["id"]
    after_add = await texts(asker, issue)

    edited = await change(asker, EDIT, id=number, text="two")
    after_edit = await texts(asker, issue)
    deleted = await change(asker, DELETE, id=number)
    after_delete = await texts(asker, issue)

    assert (empty, after_add, after_edit, after_delete) == ([], ["one"], ["two"], [])
    comment = edited["editIssueComment"]["comment"]
    assert (comment["id"], comment["text"], edited["editIssueComment"]["userErrors"]) == (number, "two", [])
    assert deleted["deleteIssueComment"] == {
        "deletedId": number,
        "issue": {"shortId": issue.short_id},
        "userErrors": [],
    }
    assert issue.comments == []


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
async def test_empty_text_is_refused(asker, text):
    """A comment that says nothing is refused before any call."""
    issue = first(asker)
    line = asker.server.world.record(issue, "note", asker.server.world.users[0], {"text": "as it was"})

    told = [
        await change(asker, ADD, issue={"id": issue_id(issue)}, text=text),
        await change(asker, EDIT, id=comment_id(issue, line.id), text=text),
    ]

    errors = [payload["userErrors"] for one in told for payload in one.data.values()]
    assert [[(error["field"], error["code"]) for error in each] for each in errors] == [
        [(["text"], "BAD_USER_INPUT")]
    ] * 2
    assert [one.calls for one in told] == [[], []]
    assert line.data == {"text": "as it was"}


@pytest.mark.parametrize(("document", "name"), [(EDIT, "editIssueComment"), (DELETE, "deleteIssueComment")])
async def test_comments_of_others_are_forbidden(asker, document, name):
    """Only its author may touch a comment; Sentry's no is an error."""
    issue, other = first(asker), asker.server.world.users[1]
    line = asker.server.world.record(issue, "note", other, {"text": "mine"})
    given = {"id": comment_id(issue, line.id)} | ({"text": "yours"} if document == EDIT else {})

    told = await change(asker, document, **given)

    assert told.data == {name: None}
    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == ([name], "FORBIDDEN")
    assert [one.data["text"] for one in issue.comments] == ["mine"]


@pytest.mark.parametrize("organization", [ACME, "999999"])
async def test_what_is_not_there_is_a_user_error(asker, organization):
    """A comment or an issue that is not there, or of an organization that the token does not see, is told at its id."""
    comment = encode_id("Comment", organization, first(asker).id, "1")
    issue = encode_id("Issue", organization, "1")

    told = {
        "addIssueComment": await change(asker, ADD, issue={"id": issue}, text="x"),
        "editIssueComment": await change(asker, EDIT, id=comment, text="x"),
        "deleteIssueComment": await change(asker, DELETE, id=comment),
    }

    assert [one.errors for one in told.values()] == [[], [], []]
    errors = [one[name]["userErrors"] for name, one in told.items()]
    assert [[(error["field"], error["code"]) for error in each] for each in errors] == [
        [(["issue"], "NOT_FOUND")],
        [(["id"], "NOT_FOUND")],
        [(["id"], "NOT_FOUND")],
    ]
    assert [one[name]["issue"] for name, one in told.items()] == [None, None, None]


@pytest.mark.parametrize("number", ["garbage", encode_id("Issue", ACME, "1"), encode_id("Comment", ACME, "1")])
async def test_other_ids_are_refused(asker, number):
    """Only the id of a comment names a comment."""
    told = await change(asker, DELETE, id=number)

    assert [(one["field"], one["code"]) for one in told["deleteIssueComment"]["userErrors"]] == [
        (["id"], "BAD_USER_INPUT")
    ]
    assert told.calls == []


async def test_refused_text_is_a_user_error(asker):
    """What Sentry has against a text is told at `text`."""
    body = {"text": ["Ensure this field has no more than 5 characters."]}
    asker.server.faults.add(Fault(method="POST", status=400, body=body))

    told = await change(asker, ADD, issue={"id": issue_id(first(asker))}, text="too long")

    assert (told.errors, told["addIssueComment"]["comment"]) == ([], None)
    assert told["addIssueComment"]["userErrors"] == [
        {"field": ["text"], "message": body["text"][0], "code": "BAD_USER_INPUT"}
    ]


async def test_comment_is_never_sent_twice(asker):
    """Whether a comment was written before Sentry failed is unknown, so nobody tries again."""
    issue = first(asker)
    asker.server.faults.add(Fault(method="POST", status=500))

    told = await change(asker, ADD, issue={"id": issue_id(issue)}, text="x")

    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == (["addIssueComment"], "UPSTREAM_UNAVAILABLE")
    assert [call.method for call in told.calls] == ["POST"]
    assert issue.comments == []
