"""Minimal ASGI application that sends prepared bytes."""

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any


def create_static(path: str) -> Callable[..., Awaitable[None]]:
    """An application that answers every request with the bytes of a file."""
    body = Path(path).read_bytes()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def app(_scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
