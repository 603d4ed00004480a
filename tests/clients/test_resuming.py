"""Clients with the wrappers of examples/resume: subscriptions that continue after their last item."""

import asyncio
import json

import pytest

from support.checkout import start_command
from support.live_changes import current_position
from support.node import installed_scripts
from support.relay import Relay

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLIENTS = ("graphql-ws", "graphql-sse", "graphql-sse-single", "apollo-client")
SUBSCRIPTION = """subscription Changes($after: String) {
  issueChanged(organization: { slug: "acme" }, after: $after) {
    position
    gap { missed }
    change { issue { shortId } }
  }
}"""


def resuming(client, url, count, after):
    """A script that prints `count` items."""
    task = json.dumps({"query": SUBSCRIPTION, "variables": {"after": after}})
    script = ("--import", "./packages.mjs", "resume.mjs", client, url, str(count), task)
    return start_command("node", *script, cwd=installed_scripts())


async def until(command, short_id):
    """Wait until the script has printed an issue."""
    await command.until(f'"{short_id}"')


def received(command):
    """Short ids of the printed items, and None for a gap."""
    items = [json.loads(line) for line in command.printed.splitlines() if line != '"broken"']
    return [None if item["change"] is None else item["change"]["issue"]["shortId"] for item in items]


@pytest.mark.parametrize("client", CLIENTS)
async def test_broken_connection_loses_nothing(site, client):
    """Changes of the time without a connection arrive after it, each once and in order."""
    after = await current_position(site)
    issues = [site.upstream.simulation.open_issue() for _ in range(2)]
    async with (
        Relay(int(site.url.rpartition(":")[2])) as relay,
        resuming(client, f"{relay.url}/graphql", 6, after) as command,
    ):
        for _ in range(2):
            await until(command, issues[-1].short_id)
            relay.cut()
            issues += [site.upstream.simulation.open_issue() for _ in range(2)]
        code, err = await command.wait_for_exit()

    assert (code, err) == (0, "")
    assert received(command) == [issue.short_id for issue in issues]
    assert command.printed.count("broken") >= 2


@pytest.mark.parametrize("client", CLIENTS)
async def test_refused_position_is_a_gap(site, client):
    """After a position of another secret the stream continues now, with a gap of unknown size before."""
    async with resuming(client, site.graphql, 2, "of another secret") as command:
        await command.until("gap")
        ending = asyncio.ensure_future(command.wait_for_exit())
        while not ending.done():
            site.upstream.simulation.open_issue()
            await asyncio.wait({ending}, timeout=0.1)

    assert ending.result() == (0, "")
    assert received(command)[0] is None
    assert received(command)[1] is not None
