"""The subscription `commentChanged`: comments as webhooks and mutations report them."""

import msgspec
import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from support.graph import ENGINES
from support.webhook_changes import change_of, editor_of, issue_of_acme, publish_webhooks, recorded_webhooks

FOLLOW = """subscription ($filter: CommentChangeFilter) {
  commentChanged(organization: { slug: "acme" }, filter: $filter) { position gap { missed } change {
    kind action actor { name } commentId text comment { id text createdAt } } } }"""
WITH_OTHERS = """subscription { commentChanged(organization: { slug: "acme" }) { change {
  commentId comment { text author { name } } issue { shortId title } } } }"""


def comment_id(asker, issue, comment):
    """Global ID of a comment."""
    return encode_id("Comment", asker.acme.id, issue.id, comment.id)


async def changes_from(items, count):
    """The changes in the next answers."""
    answers = [await items.next() for _ in range(count)]
    assert [answer["errors"] for answer in answers if "errors" in answer] == []
    return [answer["data"]["commentChanged"]["change"] for answer in answers]


def calls_since(asker, start):
    """Routes of the calls besides those that check what is visible."""
    calls = list(asker.server.requests)[start:]
    is_check = [("limit", "1") in call.query or call.route.endswith("/projects/") for call in calls]
    return [call.route for call, checks in zip(calls, is_check, strict=True) if not checks]


@pytest.mark.parametrize("engine", ENGINES)
async def test_comments_cost_no_call(asker, engine):
    """Author, text and time of a new comment are those of the webhook; a deleted one has its ID and no node."""
    issue, editor = issue_of_acme(asker), editor_of(asker)
    with recorded_webhooks(asker) as webhooks:
        comment = editor.add_comment(issue, "Deployed **1.2**")
        editor.publish_comment(issue, comment, "deleted")

    async with asker.following(FOLLOW, engine=engine) as items:
        already = len(asker.server.requests)
        await publish_webhooks(webhooks, asker)
        created, deleted = await changes_from(items, 2)

    number, name = comment_id(asker, issue, comment), asker.server.world.users[0].name
    assert created == {
        "kind": "CREATED",
        "action": "comment.created",
        "actor": {"name": name},
        "commentId": number,
        "text": "Deployed **1.2**",
        "comment": {"id": number, "text": "Deployed **1.2**", "createdAt": "2026-03-04T12:00:00Z"},
    }
    assert (deleted["kind"], deleted["commentId"], deleted["comment"]) == ("DELETED", number, None)
    assert calls_since(asker, already) == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_webhooks_lack_is_loaded_together(asker, engine):
    """The authors of comments on one issue are one call, and so are the issues of several comments."""
    editor = editor_of(asker)
    issues = [issue_of_acme(asker, slug) for slug in ("web", "api")]
    with recorded_webhooks(asker) as webhooks:
        for issue in issues:
            editor.add_comment(issue, f"on {issue.short_id}")

    async with asker.following(WITH_OTHERS, engine=engine) as items:
        already = len(asker.server.requests)
        await publish_webhooks(webhooks, asker)
        changes = await changes_from(items, 2)

    name = asker.server.world.users[0].name
    assert [change["comment"] for change in changes] == [
        {"text": f"on {issue.short_id}", "author": {"name": name}} for issue in issues
    ]
    assert [change["issue"] for change in changes] == [
        {"shortId": issue.short_id, "title": issue.title} for issue in issues
    ]
    routes = calls_since(asker, already)
    assert sorted(routes) == sorted(
        ["/organizations/{organization}/issues/", *["/organizations/{organization}/issues/{issue}/notes/"] * 2]
    )


MUTATE = """mutation ($issue: ID!) { addIssueComment(input: { issue: { id: $issue }, text: "On it" }) {
  comment { id } } }"""


async def test_comments_of_mutations_are_sent_once(asker):
    """A comment that this server adds is a change, and the webhook about it is not another one."""
    issue = issue_of_acme(asker)
    async with asker.following(FOLLOW) as items:
        with recorded_webhooks(asker) as webhooks:
            added = await asker.ask(MUTATE, issue=encode_id("Issue", asker.acme.id, issue.id))
            second = editor_of(asker).add_comment(issue, "another one")
        await publish_webhooks(webhooks, asker)
        changes = await changes_from(items, 2)

    assert [change["commentId"] for change in changes] == [
        added["addIssueComment"]["comment"]["id"],
        comment_id(asker, issue, second),
    ]


async def test_comment_without_reported_text_is_loaded(asker):
    """The text of a body that arrived before is not trusted again: the comment is read at Sentry."""
    issue = issue_of_acme(asker)
    with recorded_webhooks(asker) as webhooks:
        comment = editor_of(asker).add_comment(issue, "true text")
    async with asker.following(FOLLOW) as items:
        change = change_of(webhooks[0], asker)
        await asker.services.changes.publish(msgspec.structs.replace(change, object=None))
        [shown] = await changes_from(items, 1)

    assert (shown["text"], shown["comment"]["text"]) == (None, "true text")
    assert shown["commentId"] == comment_id(asker, issue, comment)


async def test_filters(asker):
    """Kinds, projects and issues: all that is given has to match."""
    web, api = (issue_of_acme(asker, slug) for slug in ("web", "api"))
    editor = editor_of(asker)
    with recorded_webhooks(asker) as webhooks:
        first = editor.add_comment(web, "on web")
        second = editor.add_comment(api, "on api")
        editor.publish_comment(api, second, "updated")
    filters = (
        ({"projects": [{"slug": "api"}]}, [second, second]),
        ({"kinds": ["CREATED"]}, [first, second]),
        ({"issues": [{"sentryId": api.id}], "kinds": ["UPDATED"]}, [second]),
        ({"projects": [{"slug": "web"}, {"slug": "api"}], "kinds": ["CREATED"]}, [first, second]),
    )
    for given, expected in filters:
        async with asker.following(FOLLOW, filter=given) as items:
            await publish_webhooks(webhooks, asker)
            changes = await changes_from(items, len(expected))

        numbers = [comment_id(asker, web if comment is first else api, comment) for comment in expected]
        assert [change["commentId"] for change in changes] == numbers, given


async def test_comments_of_mutations_pass_conditions_on_projects(asker):
    """A mutation does not name the project of its comment; streams read it from the issue, once."""
    issues = [issue_of_acme(asker, slug) for slug in ("api", "web", "web")]
    async with asker.following(FOLLOW, filter={"projects": [{"slug": "web"}]}) as items:
        already = len(asker.server.requests)
        for issue in issues:
            given = {"issue": {"id": encode_id("Issue", asker.acme.id, issue.id)}, "text": f"on {issue.short_id}"}
            answer = await asker.ask(ADD, input=given)
            assert answer["addIssueComment"]["userErrors"] == []
        changes = await changes_from(items, 2)

    assert [change["text"] for change in changes] == [f"on {issue.short_id}" for issue in issues[1:]]
    details = [route for route in calls_since(asker, already) if route.endswith("/issues/{issue}/")]
    assert len(details) == len({issue.id for issue in issues})


ADD = "mutation ($input: AddIssueCommentInput!) { addIssueComment(input: $input) { userErrors { message } } }"
