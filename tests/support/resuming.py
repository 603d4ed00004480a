"""Node.js clients with the wrappers of examples/resume, which print the items of a subscription."""

import json

from support.checkout import clean_environment, start_command
from support.node import installed_scripts

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
