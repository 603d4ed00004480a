"""Changes made from the webhooks that a sandbox would send, published to a graph without HTTP."""

from uuid import uuid4

from msgspec.structs import replace

from dexter_graphql.realtime.changes import Origin
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.payloads import actor_of, decode_envelope, parse_change
from dexter_graphql.sandbox import Simulation
from support.sandbox import NOON


def change_of(asker, event):
    """The change that a webhook of the sandbox reports."""
    delivery = asker.server.webhooks.build_delivery(event)
    envelope = decode_envelope(delivery.body)
    action = f"{event.resource}.{event.action}"
    source = ChangeSource(event.organization.slug, action, Origin.WEBHOOK, actor_of(envelope), NOON, NOON)
    return parse_change(event.resource, envelope, source)


class WebhookChanges:
    """Publishes the webhooks of a sandbox to the graph of a test, of some resources."""

    def __init__(self, asker, *resources):
        self._asker, self._resources = asker, resources
        self.events = []
        self.simulation = Simulation(asker.server.world)
        asker.server.world.listeners.append(self._add)

    def _add(self, event):
        if event.resource in self._resources:
            self.events.append(event)

    async def publish(self):
        """Publish the webhooks since the last time."""
        events, self.events = self.events, []
        for event in events:
            await self.publish_change(change_of(self._asker, event))
        return events

    async def publish_change(self, change):
        """Publish a change, as one that was not published before."""
        await self._asker.services.changes.publish(replace(change, id=uuid4().hex))
