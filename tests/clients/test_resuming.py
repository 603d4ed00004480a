"""Clients with the wrappers of examples/resume: subscriptions that continue after their last item."""

import asyncio
import signal
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from dexter_graphql.sandbox import Fault
from support.live_changes import current_position
from support.relay import Relay
from support.resuming import CLIENTS, received, resuming, running_replica
from support.server import running_site
from support.server_process import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("client", CLIENTS)
async def test_broken_connection_loses_nothing(site, client):
    """Changes of the time without a connection arrive after it, each once and in order."""
    after = await current_position(site)
    issues = [site.upstream.simulation.open_issue() for _ in range(2)]
    async with Relay(urlsplit(site.url).port) as relay, resuming(client, f"{relay.url}/graphql", 6, after) as command:
        for _ in range(2):
            await command.until(f'"{issues[-1].short_id}"')
            relay.cut()
            issues += [site.upstream.simulation.open_issue() for _ in range(2)]
        code, err = await command.wait_for_exit()

    assert (code, err) == (0, "")
    assert received(command) == [issue.short_id for issue in issues]
    assert command.printed.count("broken") >= 2


async def test_dead_connection_is_noticed():
    """A connection over which nothing comes, heartbeats included, is replaced; nothing is lost."""
    async with running_site(heartbeat_s=0.1) as site, AsyncExitStack() as stack:
        after = await current_position(site)
        relay = await stack.enter_async_context(Relay(urlsplit(site.url).port))
        issues = [site.upstream.simulation.open_issue() for _ in range(2)]
        starting = [resuming(client, f"{relay.url}/graphql", 4, after, silence_ms=700) for client in CLIENTS]
        commands = [await stack.enter_async_context(command) for command in starting]
        for command in commands:
            await command.until(f'"{issues[-1].short_id}"')
        relay.stall()
        issues += [site.upstream.simulation.open_issue() for _ in range(2)]
        ends = [await command.wait_for_exit() for command in commands]

    assert ends == [(0, "")] * len(CLIENTS)
    assert [received(command) for command in commands] == [[issue.short_id for issue in issues]] * len(CLIENTS)


@pytest.mark.parametrize("client", CLIENTS)
async def test_refused_position_is_a_gap(site, client):
    """After a position of another secret the stream continues now, with a gap of unknown size before."""
    async with resuming(client, site.graphql, 2, "of another secret") as command:
        await command.until("gap")
        [end] = await open_issues_until(site, [command.wait_for_exit()])

    assert end == (0, "")
    first, second = received(command)
    assert (first, second is None) == (None, False)


async def test_rejected_credential_is_the_end():
    """When Sentry rejects the token, no client tries again; each has the server's reason."""
    async with running_site(mode="passthrough") as site, AsyncExitStack() as stack:
        token = site.upstream.world.tokens.admin.text
        starting = [resuming(client, site.graphql, 1000, None, token) for client in CLIENTS]
        commands = [await stack.enter_async_context(command) for command in starting]
        await open_issues_until(site, [command.until("shortId") for command in commands])
        fault = Fault(status=401, body={"detail": "Invalid token"}, route="/environments/", times=9)
        site.upstream.faults.add(fault)
        query = '{ organization(slug: "acme") { environments { nodes { name } } } }'
        await site.post(query, headers={"authorization": f"Bearer {token}"})
        ends = [await command.wait_for_exit() for command in commands]

    assert [code for code, _ in ends] == [1] * len(CLIENTS)
    assert ["Sentry rejected the credential" in err for _, err in ends] == [True] * len(CLIENTS)
    assert [command.printed.count("broken") for command in commands] == [0] * len(CLIENTS)


async def open_issues_until(site, awaited):
    """Results of what is awaited; opens issues meanwhile."""
    waiting = asyncio.gather(*awaited)
    while not waiting.done():
        site.upstream.simulation.open_issue()
        await asyncio.wait({waiting}, timeout=0.1)
    return waiting.result()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replica(tmp_path_factory):
    """A server that takes the webhooks, and shares their changes through Redis."""
    async with running_replica(tmp_path_factory.mktemp("journal")) as running:
        yield running


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGKILL], ids=lambda name: name.name)
async def test_restart_loses_nothing(replica, name):
    """Every client receives each change once and in order, also those while its server was down."""
    after = await current_position(replica)
    simulation = replica.upstream.simulation
    issues = [simulation.open_issue() for _ in range(2)]
    async with (
        ServerProcess(replica.upstream, REDIS_URL=replica.redis_url) as server,
        AsyncExitStack() as stack,
    ):
        commands = [await stack.enter_async_context(resuming(client, server.graphql, 6, after)) for client in CLIENTS]
        for command in commands:
            await command.until(f'"{issues[-1].short_id}"')
        await server.end(name)
        issues += [simulation.open_issue() for _ in range(2)]
        await server.start()
        issues += [simulation.open_issue() for _ in range(2)]
        ends = [await command.wait_for_exit() for command in commands]

    assert ends == [(0, "")] * len(CLIENTS)
    assert [received(command) for command in commands] == [[issue.short_id for issue in issues]] * len(CLIENTS)


async def test_restart_without_redis_is_a_gap():
    """Every client receives one gap, because the changes were in the memory of the process, and then new changes."""
    async with running_site() as site, ServerProcess(site.upstream) as server, AsyncExitStack() as stack:
        site.upstream.webhooks.set_url(f"{server.url}/webhooks/sentry")
        starting = [stack.enter_async_context(resuming(client, server.graphql, 1000, None)) for client in CLIENTS]
        commands = [await command for command in starting]
        await open_issues_until(site, [command.until("shortId") for command in commands])
        await server.end(signal.SIGKILL)
        await server.start()
        await open_issues_until(site, [command.until(r'"missed":null[^\n]*\n.*shortId') for command in commands])

    assert [received(command).count(None) for command in commands] == [1] * len(CLIENTS)
