"""Changes as the receiver makes them of the sandbox's webhooks, published without a server."""

from contextlib import contextmanager

import msgspec

from dexter_graphql.realtime.changes import Origin
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import actor_of, decode_envelope, parse_change
from dexter_graphql.sandbox.issue_editor import IssueEditor
from support.sandbox import NOON


@contextmanager
def recorded_webhooks(asker):
    """The webhooks that the sandbox sends in the block, as a list."""
    webhooks, listeners = [], asker.server.world.listeners
    listeners.append(webhooks.append)
    try:
        yield webhooks
    finally:
        listeners.remove(webhooks.append)


def change_of(webhook, asker):
    """The change that a webhook of the sandbox reports."""
    body = asker.server.webhooks.build_delivery(webhook).body
    return parse_webhook(webhook.resource, body, webhook.organization.slug)


def parse_webhook(resource, body, organization="acme"):
    """The change that the body of a webhook reports."""
    envelope = decode_envelope(body)
    action = f"{resource}.{envelope.action}"
    return parse_change(
        resource, envelope, ChangeSource(organization, action, Origin.WEBHOOK, actor_of(envelope), NOON, NOON)
    )


def unknown_webhook(resource, data, organization="acme"):
    """The change that a webhook of a resource reports which this version does not know."""
    return parse_webhook(resource, msgspec.json.encode({"action": "happened", "data": data}), organization)


async def publish_webhooks(webhooks, asker):
    """Publish the changes that webhooks of the sandbox report."""
    for webhook in webhooks:
        await asker.services.changes.publish(change_of(webhook, asker))


def editor_of(asker):
    """An editor that changes issues of acme as its first user."""
    world = asker.server.world
    return IssueEditor(world, asker.acme, world.users[0])


def issue_of_acme(asker, project="web"):
    """An open issue of a project."""
    issues = asker.acme.issues.values()
    return next(
        issue for issue in issues if issue.is_error and issue.project.slug == project and issue.status == "unresolved"
    )
