"""Streams of a whole server whose changes come from polling."""

import asyncio
from contextlib import AsyncExitStack

from dexter_graphql.sandbox.status_updates import Resolution
from support.keys import SECRET
from support.live_changes import issue_editor, open_issues, short_ids, subscribed, with_token
from support.redis import running_redis
from support.sandbox import running_sandbox
from support.server import running_site


async def admin_report(site):
    """What the admin address says about acme."""
    async with site.session.get(f"{site.admin_url}/health/changes") as answer:
        report = await answer.json()
    return next((each for each in report["organizations"] if each["organization"] == "acme"), None)


async def poll_counted(site):
    """Wait until the poller has polled once."""
    while b'dexter_polls_total{outcome="polling"} 0.0' in site.dexter.metrics.text():  # noqa: ASYNC110  # metrics have no event
        await asyncio.sleep(0.01)


async def test_subscribers_without_webhooks_get_changes():
    """Without a webhook secret a change arrives by polling, with its object and without a call for its fields."""
    async with running_site(webhook_secrets=(), poll_s=0.05) as site, subscribed(site) as reader:
        (issue,) = open_issues(site)

        coming = asyncio.ensure_future(reader.item())
        await poll_counted(site)
        issue_editor(site).resolve(issue, Resolution())
        item = await coming
        report = await admin_report(site)

    assert (item["change"]["kind"], item["change"]["origin"]) == ("RESOLVED", "POLL")
    assert report == {
        "organization": "acme",
        "hasWebhooks": False,
        "lastWebhookAt": None,
        "isFollowed": True,
        "isPolled": True,
        "problem": None,
    }
    assert item["change"]["issue"] == {"shortId": issue.short_id, "status": "RESOLVED"}


async def test_polled_changes_are_checked_for_each_subscriber():
    """A change that the server's token finds does not reach a subscriber whose own token may not see the project."""
    async with running_site(webhook_secrets=(), poll_s=0.05, mode="passthrough") as site:
        tokens = site.upstream.world.tokens
        async with with_token(site, tokens.web_only.text) as limited, subscribed(limited) as reader:
            coming = asyncio.ensure_future(reader.item())
            await poll_counted(site)
            for project in ("api", "web"):
                issue_editor(site).resolve(*open_issues(site, project=project), Resolution())
            item = await coming

    assert item["change"]["issue"]["shortId"].startswith("WEB-")


async def test_one_of_two_replicas_polls():
    """Two servers share a Redis: one polls, subscribers of both get each change once, and the other one takes over."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis())
        upstream = await stack.enter_async_context(running_sandbox())
        settings = {"redis_url": redis.url, "secret": SECRET, "webhook_secrets": (), "poll_s": 0.05}
        second = await stack.enter_async_context(running_site(upstream, **settings))
        async with running_site(upstream, **settings) as first, subscribed(first) as reader:
            coming = asyncio.ensure_future(reader.item())
            await poll_counted(first)
            async with subscribed(second) as other:
                others = asyncio.ensure_future(other.item())
                await is_polled_elsewhere(second)
                issue, later = open_issues(first, 2)
                issue_editor(first).resolve(issue, Resolution())
                items = [await coming, await others]
        async with subscribed(second, after=items[1]["position"]) as reader:
            coming = asyncio.ensure_future(reader.item())
            await poll_counted(second)
            issue_editor(second).resolve(later, Resolution())
            items.append(await coming)

    assert [item["change"]["origin"] for item in items] == ["POLL"] * 3
    assert short_ids(items) == [issue.short_id, issue.short_id, later.short_id]


async def is_polled_elsewhere(site):
    """Wait until a server knows that another one polls acme."""
    while (await admin_report(site) or {}).get("problem") != "another replica polls it":  # noqa: ASYNC110  # over HTTP
        await asyncio.sleep(0.01)
