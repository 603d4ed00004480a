"""Addresses of files with two servers that share a Redis."""

from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from dexter_graphql.sandbox import Fault
from support.files import attached, download_url
from support.redis import running_redis
from support.sandbox import running_sandbox
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTE = "/projects/{organization}/{project}/events/{event_id}/attachments/{attachment_id}/"


@asynccontextmanager
async def replicas():
    """A Redis, and two servers over one Sentry that share it."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis())
        upstream = await stack.enter_async_context(running_sandbox())
        settings = {"redis_url": redis.url, "secret": "the same random text on every replica"}
        yield redis, *[await stack.enter_async_context(running_site(upstream, **settings)) for _ in range(2)]


async def fetch(site, path, part=None):
    """Status of a download, and its content or its error."""
    async with site.session.get(site.url + path, headers={"Range": part} if part else {}) as answer:
        return answer.status, await answer.read()


async def path_of(site):
    """The path of a new address."""
    return (await download_url(site)).removeprefix(site.url)


async def test_address_opens_one_transfer_of_all_servers():
    """What one server has sent, the other one does not send again; with Redis gone, each has its own memory."""
    async with replicas() as (redis, first, second):
        content = attached(first)[1].content
        complete, cut, running, later = [await path_of(first) for _ in range(4)]
        sent = [await fetch(first, complete), await fetch(second, complete)]
        resumed = [
            await fetch(first, cut, "bytes=0-9"), await fetch(second, cut, "bytes=10-"), await fetch(first, cut),
        ]  # fmt: skip
        first.upstream.faults.add(Fault("oversize", route=ROUTE, size_bytes=20_000_000))
        async with first.session.get(first.url + running) as answer:
            await answer.content.readexactly(10)
            meanwhile = await fetch(second, running)
            await answer.read()
        async with redis.client() as client:
            names = [name async for name in client.scan_iter("dexter:file:*")]
            lifetimes = [await client.pttl(name) for name in names]
        redis.kill()
        without = [await fetch(site, later) for site in (first, second, first)]

    assert [status for status, _ in sent] == [200, 410]
    assert [status for status, _ in resumed] == [206, 206, 410]
    assert resumed[0][1] + resumed[1][1] == content
    assert (meanwhile[0], b"being transferred" in meanwhile[1]) == (410, True)
    assert len(names) == 3
    assert all(0 < lifetime <= 700_000 for lifetime in lifetimes)
    assert [status for status, _ in without] == [200, 200, 410]
