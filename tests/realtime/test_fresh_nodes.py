"""Nodes of streams are never older than the change, whatever the cache held before it."""

import pytest

from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.settings import Engine
from support.live_changes import (
    current_position,
    issue_editor,
    issue_id,
    open_issues,
    post_webhook,
    subscribed,
    with_token,
)
from support.server import running_site

QUERY = """query ($id: ID!) { issue(id: $id) { status hasSeen firstRelease { version }
  comments(first: 5) { nodes { text } } } }"""
SELECTIONS = {
    "of the webhook": "status",
    "of the detail": "status firstRelease { version }",
    "of the subscriber": "status hasSeen",
    "below the issue": "status comments(first: 5) { nodes { text } }",
}
"""What is selected on the issue, by where it comes from."""


@pytest.fixture(params=Engine)
async def site(request):
    """A server whose callers have tokens of their own, on each engine."""
    async with (
        running_site(mode="passthrough", engine=request.param) as running,
        with_token(running, running.upstream.token) as allowed,
    ):
        yield allowed


async def read(site, issue):
    """The issue as queries show it, through the cache."""
    return (await site.data(QUERY, id=issue_id(issue)))["issue"]


async def changes_after(site, position, selection, count):
    """Kind and issue of changes after a position."""
    async with subscribed(site, f"change {{ kind issue {{ {selection} }} }}", after=position) as reader:
        changes = [(await reader.item())["change"] for _ in range(count)]
    return [(change["kind"], change["issue"]) for change in changes]


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
async def test_node_shows_the_new_status(site, selection):
    """An answer that was cached before the change is not shown after it, nor is a part of it."""
    position, [issue] = await current_position(site), open_issues(site)
    before = await read(site, issue)
    issue_editor(site).resolve(issue, Resolution())
    issue_editor(site).add_comment(issue, "Fixed it")
    await site.upstream.webhooks.drain()

    [(kind, shown)] = await changes_after(site, position, selection, 1)

    after = await read(site, issue)
    assert (before["status"], kind, shown["status"]) == ("UNRESOLVED", "RESOLVED", "RESOLVED")
    assert shown == {name: after[name] for name in shown}
    assert "Fixed it" in [comment["text"] for comment in after["comments"]["nodes"]]


async def test_repeated_body_shows_the_present_status(site):
    """The body of an earlier change is a hint alone: the issue is read at Sentry, not in the cache or in the body."""
    position, [issue] = await current_position(site), open_issues(site)
    issue_editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    resolved = site.upstream.webhooks.deliveries[-1]
    assert (await read(site, issue))["status"] == "RESOLVED"
    issue_editor(site).unresolve(issue)
    await site.upstream.webhooks.drain()

    await post_webhook(site, resolved.body, resolved.headers)
    changes = await changes_after(site, position, "status", 3)

    shown = [(kind, node["status"]) for kind, node in changes]
    assert shown == [("RESOLVED", "RESOLVED"), ("UNRESOLVED", "UNRESOLVED"), ("RESOLVED", "UNRESOLVED")]
