"""One client interface over every transport of GraphQL: `ask` yields the decoded answers of an operation."""

import asyncio
import json
from contextlib import asynccontextmanager

from support.command import PATIENCE_S

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
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
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
                message = json.loads(body)
                if answers := message.get("payload") or message.get("errors"):
                    # Errors of the transport are beside a null payload.
                    yield {"errors": answers} if message["payload"] is None else answers


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


class SingleConnection(Transport):
    """A new event stream for each operation, reserved and used as graphql-sse's single connection mode has it."""

    is_stream = True

    async def ask(self, query, variables):
        async with open_connection(self.site) as connection:
            answer = await connection.start("one", query, variables)
            if answer is not None:
                yield answer
                return
            async for event in connection.events:
                data = json.loads(event["data"])
                assert data["id"] == "one"
                if event["event"] == "complete":
                    return
                yield data["payload"]


class EventConnection:
    """An event stream that was reserved: its token, its events, and the operations on it."""

    def __init__(self, site, token, headers=None):
        self.site, self.token = site, token
        self.headers = {"x-graphql-event-stream-token": token} | (headers or {})
        self.events = None

    async def start(self, operation_id, query, variables=None):
        """Start an operation; returns the answer when it is refused."""
        status, answer = await self.post(operation_id, query, variables)
        assert (status == 202) is (answer is None)
        return answer

    async def post(self, operation_id, query, variables=None):
        """Status and decoded body of the response to an operation."""
        body = {"query": query, "variables": variables, "extensions": {"operationId": operation_id}}
        async with self.site.session.post(self.site.graphql, json=body, headers=self.headers) as response:
            return response.status, (await response.json(content_type=None) if response.status != 202 else None)

    async def stop(self, operation_id):
        """Status of the response to the end of an operation."""
        parameters = {"operationId": operation_id}
        async with self.site.session.delete(self.site.graphql, params=parameters, headers=self.headers) as response:
            return response.status

    def get(self):
        """The request for the event stream."""
        headers = {"accept": "text/event-stream"} | self.headers
        return self.site.session.get(self.site.graphql, headers=headers)

    async def event(self):
        """Kind, operation and payload of the next event."""
        event = await asyncio.wait_for(anext(self.events), PATIENCE_S)
        data = json.loads(event["data"])
        return event["event"], data["id"], data.get("payload")


async def reserve(site, headers=None):
    """A connection that is reserved and not open."""
    async with site.session.put(site.graphql, headers=headers) as response:
        assert response.status == 201, await response.text()
        return EventConnection(site, await response.text(), headers)


@asynccontextmanager
async def open_connection(site, headers=None):
    """A connection whose event stream is open, until the block ends."""
    connection = await reserve(site, headers)
    async with connection.get() as response:
        assert response.status == 200, await response.text()
        connection.events = events_of(response)
        yield connection


TRANSPORTS = (Post, Get, EventStream, Multipart, Socket, SingleConnection)
