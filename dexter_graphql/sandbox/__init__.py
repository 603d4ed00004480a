"""A fake Sentry served over HTTP: seeded, stateful, with webhooks and scripted faults."""

from dexter_graphql.sandbox.app import Sandbox, create_sandbox
from dexter_graphql.sandbox.faults import Fault, FaultQueue
from dexter_graphql.sandbox.rate_limits import RateLimit
from dexter_graphql.sandbox.request_log import LoggedRequest, RequestLog
from dexter_graphql.sandbox.server import SandboxServer
from dexter_graphql.sandbox.simulation import Simulation
from dexter_graphql.sandbox.vintages import Vintage
from dexter_graphql.sandbox.webhooks import WebhookSender, sign
from dexter_graphql.sandbox.world import DEFAULT_SEED, World, build_world

__all__ = [
    "DEFAULT_SEED",
    "Fault",
    "FaultQueue",
    "LoggedRequest",
    "RateLimit",
    "RequestLog",
    "Sandbox",
    "SandboxServer",
    "Simulation",
    "Vintage",
    "WebhookSender",
    "World",
    "build_world",
    "create_sandbox",
    "sign",
]
