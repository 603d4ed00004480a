"""Dexter with a cache that never expires, or without a cache."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from dexter_graphql.app import create_app
from dexter_graphql.cli.running import freeze_gc
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.settings import load_settings
from dexter_graphql.telemetry.logs import configure_logs

CACHED: Mapping[str, CachePolicy] = dict.fromkeys(POLICIES, CachePolicy(3600.0))
"""Answers stay fresh for the whole benchmark, so that no refresh is measured."""
EXECUTED: Mapping[str, CachePolicy] = dict.fromkeys(POLICIES, CachePolicy(0.0))
"""Nothing is cached: each request makes all of its calls."""


def create_dexter(*, is_cached: bool) -> ASGIApp:
    """The server with the settings of the environment, as `dexter serve` runs it."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    app = create_app(settings, policies=CACHED if is_cached else EXECUTED).app
    freeze_gc()
    return app
