"""One WebSocket, with a scripted stream below it and a recorded output."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from graphql import OperationType

from dexter_graphql.clock import Clock
from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.live.answers import StreamedAnswer
from dexter_graphql.server.live.fan_out import FanOut
from dexter_graphql.server.quotas import Quota
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.server.websockets.connection import Connection, SocketServices, authorization_in
from dexter_graphql.server.websockets.frames import OUTPUT
from dexter_graphql.server.websockets.protocol import NAME, ServerProtocol
from dexter_graphql.server.websockets.sockets import SocketLimits, Sockets
from support.asgi import texts_of
from support.streams import Feed, Source, settle

IDENTITY = Identity(Upstream("token", ""), Reach.of(AccessLevel.ADMIN), Caller("caller"), credential="credential")
INIT = '{"type": "connection_init"}'


class Output:
    """A recorded output, whose client may stop reading."""

    def __init__(self):
        self.messages, self.closed, self.writes = [], None, 0
        self.is_reading, self.on_writable = True, None
        self.incoming = asyncio.Queue()

    @property
    def is_open(self):
        return self.closed is None

    @property
    def is_writable(self):
        return self.is_open and self.is_reading

    def write(self, frames):
        self.writes += 1
        self.messages += [json.loads(text) for text in texts_of(frames)]

    def close(self, code, reason):
        self.closed = self.closed or (int(code), reason)
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": code})

    def read_again(self):
        """Let the client read."""
        self.is_reading = True
        self.on_writable()


class Streams:
    """Operations over one feed: subscriptions follow it, a query answers once it may."""

    def __init__(self, feed):
        self.fan_out = FanOut(Clock())
        self.turns = self.fan_out.turns
        self.executor = self
        self.feed = feed
        self.may_answer = asyncio.Event()
        self.cancelled = 0

    async def prepare(self, request, _identity):
        if request.query == "fail":
            raise ValueError
        is_stream = request.query.startswith("subscription")
        kind = OperationType.SUBSCRIPTION if is_stream else OperationType.QUERY
        return SimpleNamespace(kind=kind, operation_entry=None)

    def subscribe(self, execution):
        return self.fan_out.join(Source(self.feed))

    async def open(self, execution):
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        is_error = execution.request.query == "invalid"
        body = b'{"errors":[{"message":"no"}]}' if is_error else b'{"data":1}'
        yield StreamedAnswer(ExecutionAnswer(body, is_request_error=is_error), None)


class Doors:
    """Admission of one caller, with what it counts."""

    def __init__(self, rejection=None):
        self.rejection = rejection
        self.quotas = [Quota(noun, 2000, 2000) for noun in ("handshakes", "sockets", "streams")]
        self.handshakes, self.sockets, self.streams = self.quotas

    async def identify(self, _authorization, _scope):
        if self.rejection is not None:
            raise self.rejection
        return IDENTITY

    def acquire_socket(self, _identity):
        return self.sockets.acquire("caller", "socket")

    def acquire_stream(self, _identity):
        return self.streams.acquire("caller", "stream")


class World:
    """Connections that share one feed."""

    def __init__(self, rejection=None):
        self.feed = Feed()
        self.streams, self.doors = Streams(self.feed), Doors(rejection)
        self.services = SocketServices(self.streams, self.doors)
        self.serving = []

    def connect(self):
        """A new connection and its output."""
        output = Output()
        scope = {"type": "websocket", "headers": [], "extensions": {OUTPUT: output}}
        handshake = self.doors.handshakes.acquire("address")
        connection = Connection(self.services, ServerProtocol(2, 10_000), scope, handshake)
        self.serving.append(asyncio.create_task(connection.serve(output.incoming.get)))
        return connection, output

    async def send(self, output, *texts):
        """Let a client send messages."""
        for text in texts:
            output.incoming.put_nowait({"type": "websocket.receive", "text": text})
        await settle()

    async def subscribed(self, *operation_ids):
        """An identified connection with subscriptions, without the messages so far."""
        connection, output = self.connect()
        await self.send(output, INIT, *(operation(each, "subscription { a }") for each in operation_ids))
        output.messages.clear()
        return connection, output

    def held(self):
        """What all quotas count."""
        return [quota.open for quota in self.doors.quotas]


@pytest.fixture
async def world():
    """Connections whose streams are closed at the end."""
    opened = World()
    yield opened
    for task in opened.serving:
        task.cancel()
    await asyncio.gather(*opened.serving, *opened.services.tasks, return_exceptions=True)
    await opened.streams.fan_out.close()


def operation(operation_id, query):
    """A `subscribe` message."""
    return json.dumps({"type": "subscribe", "id": operation_id, "payload": {"query": query}})


def numbers(output):
    """Payloads of the `next` messages."""
    return [message["payload"] for message in output.messages if message["type"] == "next"]


async def test_subscriptions_need_no_task(world):
    """A connection has one task, however many subscriptions it has; answers go to each operation by its id."""
    before = len(asyncio.all_tasks())
    _, output = await world.subscribed("a", "b")
    tasks = len(asyncio.all_tasks()) - before
    await world.feed.publish()
    await settle()

    assert output.messages == [{"id": name, "type": "next", "payload": 1} for name in ("a", "b")]
    assert tasks == 2  # of the connection, and of the stream that both share


async def test_stuck_client_delays_no_other_and_loses_nothing(world):
    """Nothing is written to a client that does not read, until it reads; then the answers are written together."""
    _, stuck = await world.subscribed("a")
    _, other = await world.subscribed("a")
    stuck.is_reading, stuck.writes = False, 0
    for _ in range(20):
        await world.feed.publish()
    await settle()
    assert (numbers(stuck), numbers(other)) == ([], list(range(1, 21)))
    stuck.read_again()
    await settle()

    assert (numbers(stuck), stuck.writes) == (list(range(1, 21)), 1)


async def test_stuck_client_is_not_heard(world):
    """Messages of a client that does not read are not handled: their answers would fill the memory."""
    _, output = await world.subscribed()
    output.is_reading = False
    await world.send(output, *['{"type": "ping"}'] * 10)
    assert (output.messages, output.incoming.qsize()) == ([], 9)
    output.read_again()
    await settle()

    assert output.messages == [{"type": "pong"}] * 10


async def test_query_has_one_answer(world):
    """The answer, then the end; an invalid document has an error only."""
    _, output = await world.subscribed()
    await world.send(output, operation("a", "{ a }"), operation("b", "invalid"))
    world.streams.may_answer.set()
    await settle()

    assert output.messages == [
        {"id": "a", "type": "next", "payload": {"data": 1}},
        {"id": "a", "type": "complete"},
        {"id": "b", "type": "error", "payload": [{"message": "no"}]},
    ]
    assert world.services.tasks == set()


async def test_answer_waits_until_the_client_reads(world):
    """The answer of a query is kept in its task while the client does not read."""
    _, output = await world.subscribed()
    await world.send(output, operation("a", "{ a }"))
    output.is_reading = False
    world.streams.may_answer.set()
    await settle()
    assert output.messages == []
    output.read_again()
    await settle()

    assert [message["type"] for message in output.messages] == ["next", "complete"]


async def test_completed_operations_end(world):
    """A `complete` of the client cancels a query, ends a subscription and returns what counts it."""
    _, output = await world.subscribed("a")
    await world.send(output, operation("b", "{ a }"))
    await world.send(output, '{"type": "complete", "id": "a"}', '{"type": "complete", "id": "b"}')

    assert (world.streams.cancelled, world.feed.open, world.held(), output.messages) == (1, 0, [0, 1, 0], [])


async def test_end_of_a_stream_completes_its_operation(world):
    """When no answer will follow, the operation is completed."""
    _, output = await world.subscribed("a")
    await world.feed.publish(1, ends=True)
    await settle()

    assert [message["type"] for message in output.messages] == ["next", "complete"]
    assert world.held() == [0, 1, 0]


async def test_restart_closes_without_completing(world):
    """A server that stops closes with 1012 and completes nothing, so that clients connect again and resume."""
    connection, output = await world.subscribed("a")
    connection.restart()
    await settle()

    assert (output.messages, output.closed) == ([], (1012, "Service Restart"))
    assert world.held() == [0, 0, 0]


async def test_ended_credential_closes_the_connection(world):
    """When the caller's credential ends, its operations end with an error, and the connection is closed with 4401."""
    _, output = await world.subscribed("a")
    world.doors.sockets.end("socket", "over")
    await settle()

    [message] = output.messages
    assert (message["type"], message["payload"][0]["message"]) == ("error", "over")
    assert (output.closed, world.held()) == ((4401, "over"), [0, 0, 0])


async def test_ended_upstream_credential_ends_the_streams(world):
    """When Sentry rejects the credential its streams end with an error, and the connection stays."""
    _, output = await world.subscribed("a", "b")
    world.doors.streams.end("stream")
    await settle()

    codes = [message["payload"][0]["extensions"]["code"] for message in output.messages]
    assert (codes, output.closed, world.held()) == (["UNAUTHENTICATED"] * 2, None, [0, 1, 0])


@pytest.mark.parametrize(
    ("status", "code", "is_retryable", "close_code"),
    [
        (401, ErrorCode.UNAUTHENTICATED, False, 4403),
        (503, ErrorCode.UNAUTHENTICATED, True, 1013),
        (429, ErrorCode.QUOTA_EXCEEDED, True, 4429),
    ],
)
async def test_rejected_callers(status, code, is_retryable, close_code):
    """A credential that is not valid, one that cannot be verified now, and one too many have codes of their own."""
    world = World(RequestRejected(status, code, "no", is_retryable=is_retryable))
    _, output = world.connect()
    await world.send(output, INIT)

    assert (output.messages, output.closed[0], world.held()) == ([], close_code, [0, 0, 0])


async def test_client_that_leaves_while_it_is_identified_holds_nothing(world):
    """Whatever was acquired is returned at the end."""
    _, output = world.connect()
    output.incoming.put_nowait({"type": "websocket.receive", "text": INIT})
    output.incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await settle()

    assert world.held() == [0, 0, 0]


async def test_clients_that_connect_and_drop_leave_nothing(world):
    """A thousand clients that vanish with a subscription and a query leave no task, stream, subscription or lease."""
    for _ in range(100):
        outputs = [world.connect()[1] for _ in range(10)]
        for output in outputs:
            await world.send(output, INIT, operation("a", "subscription { a }"), operation("b", "{ a }"))
        for output in outputs:
            output.incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await settle()

    assert (world.held(), world.feed.open, world.services.tasks, world.streams.cancelled) == ([0, 0, 0], 0, set(), 1000)
    assert repr(world.streams.fan_out) == "<FanOut 0 computed streams, 0 subscribers>"
    assert all(task.done() for task in world.serving)


def sockets(world, draining, init_timeout_s=10.0):
    """All sockets of a process, as an application."""
    limits = SocketLimits(2, 10_000, init_timeout_s)
    return Sockets(world.streams, world.doors, world.doors.handshakes, draining, limits)


async def open_socket(application, output):
    """Open a socket; returns its task."""
    sent = asyncio.Queue()
    scope = {"type": "websocket", "headers": [], "extensions": {OUTPUT: output}, "subprotocols": [NAME]}
    output.incoming.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(application(scope, output.incoming.get, sent.put))
    assert await sent.get() == {"type": "websocket.accept", "subprotocol": NAME}
    return serving


async def test_silent_connection_is_closed(world):
    """A client that does not send `connection_init` in time is closed with 4408."""
    output = Output()
    await asyncio.wait_for(await open_socket(sockets(world, asyncio.Event(), 0.01), output), 5)

    assert (output.closed[0], world.held()) == (4408, [0, 0, 0])


async def test_draining_server_closes_all_sockets(world):
    """Open sockets and new ones are closed with 1012 once the server is about to stop."""
    draining = asyncio.Event()
    application, outputs = sockets(world, draining), [Output() for _ in range(3)]
    running = asyncio.create_task(application.run())
    serving = [await open_socket(application, output) for output in outputs[:2]]
    draining.set()
    serving.append(await open_socket(application, outputs[2]))
    await asyncio.wait_for(asyncio.gather(running, *serving), 5)

    assert [output.closed[0] for output in outputs] == [1012] * 3
    assert repr(application) == "<Sockets 0 open>"


async def test_unforeseen_failure_closes_the_connection(world):
    """What nothing foresaw ends the connection with 1011, and is passed on to the log."""
    output = Output()
    serving = await open_socket(sockets(world, asyncio.Event()), output)
    await world.send(output, INIT, operation("a", "fail"))

    with pytest.raises(ValueError):  # noqa: PT011  # the failure of the script
        await serving
    assert (output.closed[0], world.held()) == (1011, [0, 0, 0])


@pytest.mark.parametrize(
    ("parameters", "authorization"),
    [
        ({}, None),
        ({"Authorization": "Bearer a"}, "Bearer a"),
        ({"headers": {"authorization": "Bearer a"}}, "Bearer a"),
        ({"authorization": 1, "headers": []}, None),
    ],
)
def test_credential_of_the_first_message(parameters, authorization):
    """The credential is at the top of the payload or in its headers, in any case."""
    assert authorization_in(parameters) == authorization
