"""Dexter with a cache that never expires, or without a cache."""

from collections.abc import Mapping

from dexter_graphql.app import create_app
from dexter_graphql.cli.running import freeze_gc
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.server.protocols import ServerConfig
from dexter_graphql.settings import load_settings
from dexter_graphql.telemetry.logs import configure_logs

CACHED: Mapping[str, CachePolicy] = dict.fromkeys(POLICIES, CachePolicy(3600.0))
"""Answers stay fresh for the whole benchmark, so that no refresh is measured."""
EXECUTED: Mapping[str, CachePolicy] = dict.fromkeys(POLICIES, CachePolicy(0.0))
"""Nothing is cached: each request makes all of its calls."""


def configure_dexter(*, is_cached: bool) -> ServerConfig:
    """The server with the settings of the environment and the connections of `dexter serve`."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    dexter = create_app(settings, policies=CACHED if is_cached else EXECUTED)
    freeze_gc()
    return ServerConfig(dexter.app, dexter.connections)
