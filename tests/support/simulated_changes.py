"""Changes from webhooks of the sandbox's simulation, published to a graph without HTTP."""

from uuid import uuid4

from msgspec.structs import replace

from dexter_graphql.sandbox import Simulation
from support.webhook_changes import change_of


class SimulatedChanges:
    """Publishes the webhooks of a sandbox, of some resources, to the graph of a test."""

    def __init__(self, asker, *resources):
        self._asker, self._resources = asker, resources
        self.webhooks = []
        self.simulation = Simulation(asker.server.world)
        asker.server.world.listeners.append(self._add)

    def _add(self, webhook):
        if webhook.resource in self._resources:
            self.webhooks.append(webhook)

    async def publish(self):
        """Publish the webhooks since the last time."""
        webhooks, self.webhooks = self.webhooks, []
        for webhook in webhooks:
            await self.publish_change(change_of(webhook, self._asker))
        return webhooks

    async def publish_change(self, change):
        """Publish a change, as one that was not published before."""
        await self._asker.services.changes.publish(replace(change, id=uuid4().hex))
