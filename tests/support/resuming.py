"""Node.js clients with the wrappers of examples/resume, and a replica that takes webhooks beside their server."""

import json
from contextlib import asynccontextmanager

from support.checkout import clean_environment, start_command
from support.node import installed_scripts
from support.redis import running_redis
from support.server import running_site
from support.server_process import SECRET

CLIENTS = ("graphql-ws", "graphql-sse", "graphql-sse-single", "apollo-client")
SUBSCRIPTION = """subscription Changes($after: String) {
  issueChanged(organization: { slug: "acme" }, after: $after) {
    position
    gap { missed }
    change { issue { shortId } }
  }
}"""


def resuming(client, url, count, after, *tokens, silence_ms=40_000):
    """A script that prints `count` items and, when a connection broke, "broken"; each is a line."""
    task = json.dumps({"query": SUBSCRIPTION, "variables": {"after": after}})
    script = ("--import", "./packages.mjs", "resume.mjs", client, url, str(count), task, *tokens)
    environment = clean_environment(SILENCE_MS=str(silence_ms))
    return start_command("node", *script, cwd=installed_scripts(), env=environment)


def received(command):
    """Short ids of the printed items, and None for a gap."""
    items = [json.loads(line) for line in command.printed.splitlines() if line != '"broken"']
    return [None if item["change"] is None else item["change"]["issue"]["shortId"] for item in items]


@asynccontextmanager
async def running_replica(folder):
    """A server that takes the webhooks and shares their changes through Redis; its `redis_url` is that of all replicas.

    Webhooks for which Redis is too slow wait in `folder`.
    """
    async with (
        running_redis() as redis,
        running_site(redis_url=redis.url, secret=SECRET, journal=str(folder)) as replica,
    ):
        replica.redis_url = redis.url
        yield replica
