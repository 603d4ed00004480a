"""`python -m benchmarks.live.bare`: uvicorn without anything else, which sends prepared bytes to every WebSocket.

Each webhook is answered, and one message with the id of its issue is sent to each subscriber: the lower bound for any
server on uvicorn.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import click
import msgspec
import uvicorn

PROTOCOL = "graphql-transport-ws"
ISSUE = "SENTRY_ID"
"""What stands for the id of the issue in the prepared message."""
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WebhookIssue(msgspec.Struct):
    """The issue of a webhook."""

    id: str


class WebhookData(msgspec.Struct):
    """The data of a webhook."""

    issue: WebhookIssue


class Webhook(msgspec.Struct):
    """A webhook about an issue."""

    data: WebhookData


class BareServer:
    """The ASGI application."""

    def __init__(self, message: str) -> None:
        self._message = message
        self._subscribers: set[Send] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        """Serve a WebSocket or a webhook."""
        if scope["type"] == "websocket":
            await self._subscribe(receive, send)
        elif scope["type"] == "http":
            await self._publish(receive, send)

    async def _subscribe(self, receive: Any, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        await receive()
        await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
        self._subscribers.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._subscribers.discard(send)

    async def _publish(self, receive: Any, send: Send) -> None:
        body, has_more = b"", True
        while has_more:
            event = await receive()
            body, has_more = body + event.get("body", b""), event.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        if body:
            text = self._message.replace(ISSUE, msgspec.json.decode(body, type=Webhook).data.issue.id)
            for subscriber in list(self._subscribers):
                await subscriber({"type": "websocket.send", "text": text})


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--message", type=click.Path(exists=True, path_type=Path), required=True, help="File with the message.")
def main(*, port: int, message: Path) -> None:
    """Serve until SIGTERM."""
    uvicorn.run(
        BareServer(message.read_text()),
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
