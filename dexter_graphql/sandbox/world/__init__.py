"""State of the fake Sentry: records, and their generation from a seed."""

from dexter_graphql.sandbox.world.build import DEFAULT_SEED, build_world
from dexter_graphql.sandbox.world.state import WebhookEvent, World

__all__ = ["DEFAULT_SEED", "WebhookEvent", "World", "build_world"]
