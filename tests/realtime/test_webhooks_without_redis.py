"""Webhooks while Redis is stopped or killed: each is answered in time, and delivered once when it is back."""

import asyncio
import signal
import time

import pytest

from support.live_changes import current_position, issue_data, post_webhook, short_ids, sign_webhook, subscribed
from support.redis import running_redis
from support.server import running_site

SECRET = "secret of the tests with 32 characters"
SENTRY_WAITS_S = 1.0
"""Time after which Sentry gives a webhook up."""


@pytest.fixture
async def redis():
    """A Redis server that keeps its data."""
    async with running_redis("--appendonly", "yes") as server:
        yield server


def site_with(redis, folder, **settings):
    """A server that publishes in Redis and has a journal."""
    return running_site(redis_url=redis.url, secret=SECRET, journal=str(folder / "journal"), **settings)


async def send(site, numbers):
    """Statuses of the answers to webhooks about issues with these numbers, and the longest time of one."""
    took = []

    async def send_one(number):
        started = time.perf_counter()
        status, _ = await post_webhook(site, *sign_webhook(site, issue_data(number)))
        took.append(time.perf_counter() - started)
        return status

    return {await answer for answer in asyncio.as_completed(map(send_one, numbers))}, max(took)


async def read(site, after, number):
    """The next items after a position."""
    async with subscribed(site, after=after) as reader:
        return [await reader.item() for _ in range(number)]


async def test_stopped_redis(redis, tmp_path):
    """While Redis hangs, webhooks are answered from the journal; streams deliver each once when it goes on."""
    async with site_with(redis, tmp_path) as site:
        after = await current_position(site)
        redis.signal(signal.SIGSTOP)
        first, longest = await send(site, range(40))
        second, _ = await send(site, range(40, 50))
        redis.signal(signal.SIGCONT)
        last, _ = await send(site, [50])
        items = await read(site, after, 51)

    assert first == second == last == {200}
    assert longest < SENTRY_WAITS_S
    assert sorted(short_ids(items)) == sorted(f"WEB-{number}" for number in range(51))
    assert short_ids(items)[-1] == "WEB-50"


async def test_server_ends_while_redis_is_away(redis, tmp_path):
    """The next server with the journal publishes what was answered."""
    async with site_with(redis, tmp_path) as site:
        after = await current_position(site)
        redis.kill()
        statuses, _ = await send(site, range(20))
    await redis.start()
    async with site_with(redis, tmp_path) as site:
        items = await read(site, after, 20)

    assert statuses == {200}
    assert sorted(short_ids(items)) == sorted(f"WEB-{number}" for number in range(20))


async def test_without_a_journal(redis):
    """Webhooks are refused with the reason, which Sentry shows to the owner of the integration."""
    async with running_site(redis_url=redis.url, secret=SECRET) as site:
        redis.kill()
        body, headers = sign_webhook(site, issue_data(1))
        async with site.session.post(f"{site.url}/webhooks/sentry", data=body, headers=headers) as answer:
            status, reason = answer.status, answer.headers["Sentry-Hook-Error"]

    assert (status, reason) == (503, "Redis cannot be reached, and there is no journal (DEXTER_JOURNAL)")


async def test_webhook_in_the_journal_invalidates(redis, tmp_path):
    """A query after a webhook that is in the journal does not answer from the cache of before it."""
    query = (
        """{ organization(slug: "acme") { issues(filter: { search: "is:unresolved" }, first: 1) { nodes { id } } } }"""
    )
    async with site_with(redis, tmp_path) as site:
        await site.data(query)
        redis.signal(signal.SIGSTOP)
        before = len(site.upstream.requests)
        await site.data(query)
        cached = len(site.upstream.requests)
        await send(site, [1])
        await site.data(query)
        redis.signal(signal.SIGCONT)

        assert (cached - before, len(site.upstream.requests) > cached) == (0, True)
