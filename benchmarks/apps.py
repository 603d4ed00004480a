"""The servers that are measured, as applications: Dexter, the plain server, and finished bytes."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from benchmarks.plain import create_plain
from dexter_graphql.app import create_app
from dexter_graphql.sentry.stages.cache import LIVES, Life
from dexter_graphql.settings import load_settings
from dexter_graphql.telemetry.logs import configure_logs

App = Callable[..., Awaitable[None]]

KEPT: Mapping[str, Life] = dict.fromkeys(LIVES, Life(3600.0))
"""Answers stay fresh for longer than a benchmark takes: no refresh falls into what is measured."""
EXECUTED: Mapping[str, Life] = dict.fromkeys(LIVES, Life(0.0))
"""No answer of Sentry is kept: each request makes all of its calls."""


def dexter(*, is_cached: bool) -> App:
    """Dexter as the environment sets it."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    return create_app(settings, lives=KEPT if is_cached else EXECUTED).app


def plain(upstream: str) -> App:
    """The server that a team would write in a day."""
    return create_plain(upstream)


def static(path: str) -> App:
    """One answer for everything: the bytes in a file."""
    body = Path(path).read_bytes()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def app(_scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
