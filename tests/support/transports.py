"""One client interface over every transport of GraphQL: `ask` yields the decoded answers of an operation."""

import json

DELIMITER = b"--graphql"
"""Between the parts of a multipart response."""


class Transport:
    """A client of a running site over one transport."""

    is_stream = False

    def __init__(self, site):
        self.site = site


class Post(Transport):
    """POST with a JSON response."""

    async def ask(self, query, variables):
        headers = {"accept": "application/graphql-response+json"}
        yield (await self.site.post(query, variables=variables, headers=headers))[2]


class Get(Transport):
    """GET with a JSON response."""

    async def ask(self, query, variables):
        parameters = {"query": query} | ({"variables": json.dumps(variables)} if variables else {})
        async with self.site.session.get(self.site.graphql, params=parameters) as answer:
            yield await answer.json(content_type=None)


class EventStream(Transport):
    """POST with a response of server-sent events."""

    is_stream = True

    async def ask(self, query, variables):
        body, headers = {"query": query, "variables": variables}, {"accept": "text/event-stream"}
        async with self.site.session.post(self.site.graphql, json=body, headers=headers) as answer:
            if answer.content_type != "text/event-stream":
                yield await answer.json(content_type=None)
                return
            async for event in events_of(answer):
                if event["event"] == "complete":
                    return
                yield json.loads(event["data"])


async def events_of(answer):
    """The server-sent events of a response, by their fields; without comments, and those without data."""
    while block := (await answer.content.readuntil(b"\n\n")).decode():
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            yield fields


class Multipart(Transport):
    """POST with a multipart response."""

    is_stream = True

    async def ask(self, query, variables):
        body = {"query": query, "variables": variables}
        headers = {"accept": "multipart/mixed;subscriptionSpec=1.0"}
        async with self.site.session.post(self.site.graphql, json=body, headers=headers) as answer:
            if answer.content_type != "multipart/mixed":
                yield await answer.json(content_type=None)
                return
            # As clients do: a part has arrived when the delimiter after it has.
            assert await answer.content.readuntil(DELIMITER) == DELIMITER
            while await answer.content.readexactly(2) == b"\r\n":
                part = await answer.content.readuntil(b"\r\n" + DELIMITER)
                _, _, body = part.removesuffix(DELIMITER).partition(b"\r\n\r\n")
                if payload := json.loads(body).get("payload"):
                    yield payload


class Socket(Transport):
    """A new WebSocket for each operation."""

    is_stream = True

    async def ask(self, query, variables):
        async with self.site.session.ws_connect(self.site.graphql, protocols=["graphql-transport-ws"]) as socket:
            await socket.send_json({"type": "connection_init"})
            assert (await socket.receive_json()) == {"type": "connection_ack"}
            payload = {"query": query, "variables": variables}
            await socket.send_json({"type": "subscribe", "id": "one", "payload": payload})
            while True:
                message = await socket.receive_json()
                if message["type"] == "complete":
                    return
                if message["type"] == "error":
                    yield {"errors": message["payload"]}
                    return
                yield message["payload"]


TRANSPORTS = (Post, Get, EventStream, Multipart, Socket)
