"""Dexter as the benchmark serves it: with its answers of Sentry kept for ever, or not at all."""

from collections.abc import Mapping

from starlette.applications import Starlette

from dexter_graphql.app import create_app
from dexter_graphql.cli.running import freeze_gc
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.settings import load_settings
from dexter_graphql.telemetry.logs import configure_logs

KEPT: Mapping[str, CachePolicy] = dict.fromkeys(POLICIES, CachePolicy(3600.0))
"""Answers stay fresh for longer than a benchmark takes: no refresh falls into what is measured."""
EXECUTED: Mapping[str, CachePolicy] = dict.fromkeys(POLICIES, CachePolicy(0.0))
"""No answer is kept: each request makes all of its calls."""


def create_ours(*, is_cached: bool) -> Starlette:
    """The whole server, as the environment sets it and `dexter serve` runs it."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    app = create_app(settings, policies=KEPT if is_cached else EXECUTED).app
    freeze_gc()
    return app
