"""Two servers that share Dexter keys through Redis."""

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from click.testing import CliRunner

from dexter_graphql.cli import commands
from dexter_graphql.server.identity import watch
from support.command import PATIENCE_S
from support.keys import SECRET, bearer
from support.redis import running_redis
from support.sandbox import running_sandbox
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = "{ viewer { subject } }"


@asynccontextmanager
async def replicas():
    """A Redis, and two servers in mode `keys` that share it."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis())
        upstream = await stack.enter_async_context(running_sandbox())
        settings = {"mode": "keys", "redis_url": redis.url, "secret": SECRET}
        sites = [await stack.enter_async_context(running_site(upstream, **settings)) for _ in range(2)]
        yield redis, *sites


async def dexter_keys(redis, *arguments):
    """The keys that `dexter keys` prints, each with its ID; it has a thread, because it brings its own event loop."""
    environment = {"REDIS_URL": redis.url, "DEXTER_SECRET": SECRET}
    result = await asyncio.to_thread(CliRunner().invoke, commands, ["keys", *arguments], env=environment)
    assert result.exit_code == 0, result.output
    return re.findall(r"(dxk_([0-9a-f]+)_[\w-]+)", result.stdout)


async def status_of(site, text):
    """Status of a query with a key."""
    return (await site.post(QUERY, headers=bearer(text)))[0]


async def test_both_servers_accept_a_key_until_it_is_revoked(monkeypatch):
    """Created or revoked once, it is for both; without Redis, known keys are still accepted and revoked ones not."""
    monkeypatch.setattr(watch, "INTERVAL_S", 0.05)
    async with replicas() as (redis, *sites):
        [(revoked, key_id)], [(kept, _)] = [await dexter_keys(redis, "create", "bot", "--all-projects") for _ in "12"]
        created = [await status_of(site, text) for site in sites for text in (revoked, kept)]
        await dexter_keys(redis, "revoke", key_id)
        async with asyncio.timeout(PATIENCE_S):
            while {await status_of(site, revoked) for site in sites} != {401}:
                pass
        redis.kill()
        without_redis = [await status_of(site, text) for site in sites for text in (revoked, kept)]

    assert created == [200] * 4
    assert without_redis == [401, 200] * 2
