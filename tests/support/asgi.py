"""Client that calls an ASGI application directly, without sockets."""

import asyncio

import msgspec

from dexter_graphql.server.websockets.frames import OUTPUT

GRAPHQL = "/graphql"


class RecordedOutput:
    """Output of a WebSocket whose client reads everything at once; puts the text of each message into a queue."""

    is_open = is_writable = True
    on_writable = None

    def __init__(self, messages):
        self._messages = messages

    def write(self, frames):
        for text in texts_of(frames):
            self._messages.put_nowait({"text": text})

    def close(self, code, reason):
        self._messages.put_nowait({"code": code, "reason": reason})


def texts_of(frames):
    """The texts of unmasked text frames."""
    while frames:
        assert frames[0] == 0x81
        size, start = frames[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(frames[2:start])
        yield frames[start : start + size].decode()
        frames = frames[start + size :]


class ASGIClient:
    """Requests and WebSockets to one application."""

    def __init__(self, app):
        self._app = app

    async def post(self, query, variables=None, *, leave=None):
        """The decoded response to a POST; None when the client leaves before it, as soon as `leave` is set."""
        body = msgspec.json.encode({"query": query, "variables": variables or {}})
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        sent = []

        async def receive():
            if incoming:
                return incoming.pop()
            await (leave or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message.get("body", b""))

        headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
        await self._app(_scope("http", headers) | {"method": "POST"}, receive, send)
        return msgspec.json.decode(b"".join(sent)) if sent else None

    async def converse(self, talk):
        """Open a WebSocket, pass functions to send and receive decoded messages to `talk`, and leave."""
        incoming, outgoing = asyncio.Queue(), asyncio.Queue()
        incoming.put_nowait({"type": "websocket.connect"})
        extensions = {OUTPUT: RecordedOutput(outgoing)}
        scope = _scope("websocket", []) | {"subprotocols": ["graphql-transport-ws"], "extensions": extensions}
        serving = asyncio.create_task(self._app(scope, incoming.get, outgoing.put))

        def say(**message):
            incoming.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(message).decode()})

        async def hear():
            return msgspec.json.decode((await outgoing.get())["text"])

        assert (await outgoing.get())["type"] == "websocket.accept"
        say(type="connection_init")
        assert (await hear())["type"] == "connection_ack"
        await talk(say, hear)
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await serving


def _scope(kind, headers):
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "path": GRAPHQL,
        "raw_path": GRAPHQL.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
