"""A fake Sentry as a real HTTP server: seeded, stateful, with webhooks and faults. Never imports the client."""

from dexter_graphql.sandbox.app import Sandbox, create_sandbox
from dexter_graphql.sandbox.faults import Fault, Faults
from dexter_graphql.sandbox.rate_limits import Limit
from dexter_graphql.sandbox.request_log import Request, RequestLog
from dexter_graphql.sandbox.server import SandboxServer
from dexter_graphql.sandbox.simulation import Live
from dexter_graphql.sandbox.webhooks import Hooks, sign
from dexter_graphql.sandbox.world import DEFAULT_SEED, World, build_world

__all__ = [
    "DEFAULT_SEED",
    "Fault",
    "Faults",
    "Hooks",
    "Limit",
    "Live",
    "Request",
    "RequestLog",
    "Sandbox",
    "SandboxServer",
    "World",
    "build_world",
    "create_sandbox",
    "sign",
]
