"""The state machine of `graphql-transport-ws`: messages in, actions out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.server.requests import GraphQLRequest
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.server.websockets.protocol import (
    Close,
    CloseCode,
    Identify,
    Reject,
    Send,
    ServerProtocol,
    Start,
    State,
    Stop,
)

INIT = '{"type": "connection_init"}'
QUERY = "{ __typename }"
MAX_OPERATIONS, MAX_MESSAGE = 2, 2_000


def subscribe(operation_id="a", **payload):
    """A `subscribe` message."""
    return json.dumps({"type": "subscribe", "id": operation_id, "payload": payload or {"query": QUERY}})


def complete(operation_id="a"):
    """A `complete` message."""
    return json.dumps({"type": "complete", "id": operation_id})


@pytest.fixture
def protocol():
    """A connection that was just opened."""
    return ServerProtocol(MAX_OPERATIONS, MAX_MESSAGE)


@pytest.fixture
def ready(protocol):
    """A connection whose caller was identified."""
    protocol.receive(INIT)
    protocol.acknowledge()
    return protocol


def code_of(actions):
    """The code with which actions close the connection, and nothing else."""
    [action] = actions
    assert isinstance(action, Close)
    return action.code


def test_caller_is_identified_before_the_acknowledgement(protocol):
    """The payload of the first message identifies the caller; then the connection is acknowledged."""
    identify = protocol.receive('{"type": "connection_init", "payload": {"authorization": "Bearer x"}}')

    assert identify == [Identify({"authorization": "Bearer x"})]
    assert protocol.acknowledge() == [Send(b'{"type":"connection_ack"}')]


@pytest.mark.parametrize("message", [INIT, '{"type": "connection_init", "payload": null}'])
def test_first_message_needs_no_payload(protocol, message):
    """Without a payload there are no parameters."""
    assert protocol.receive(message) == [Identify({})]


def test_operation_is_started_and_completed(ready):
    """A valid `subscribe` starts an operation, whose end is a message with its id."""
    started = ready.receive(subscribe('"ä', query=QUERY, variables={"a": 1}, operationName="A"))

    assert started == [Start('"ä', GraphQLRequest(QUERY, "A", {"a": 1}))]
    assert ready.complete('"ä') == [Send('{"id":"\\"ä","type":"complete"}'.encode())]
    assert ready.operations == set()


def test_operation_fails_with_errors(ready):
    """An operation that cannot be executed ends with an `error` message."""
    ready.receive(subscribe())

    assert ready.fail("a", b'[{"message":"no"}]') == [Send(b'{"id":"a","type":"error","payload":[{"message":"no"}]}')]
    assert ready.complete("a") == []


def test_client_ends_its_operation(ready):
    """A `complete` of the client stops the operation, frees its id and is not answered."""
    ready.receive(subscribe())

    assert ready.receive(complete()) == [Stop("a")]
    assert (ready.complete("a"), ready.fail("a", b"[]")) == ([], [])
    assert ready.receive(subscribe()) == [Start("a", GraphQLRequest(QUERY))]


def test_complete_of_an_unknown_operation_is_ignored(ready):
    """It may have ended while the message was on its way."""
    assert ready.receive(complete("unknown")) == []


def test_pings_are_answered_at_any_time(protocol):
    """Before and after `connection_init`, with and without a payload."""
    pong = [Send(b'{"type":"pong"}')]
    before = protocol.receive('{"type": "ping"}')
    protocol.receive(INIT)
    during = protocol.receive('{"type": "ping", "payload": {"a": 1}}')
    protocol.acknowledge()

    assert [before, during, protocol.receive('{"type": "ping", "payload": null}')] == [pong] * 3


def test_pongs_are_ignored(protocol):
    """A client may send them as a heartbeat of its own."""
    assert protocol.receive('{"type": "pong"}') == []


INVALID = {
    "binary": None,
    "not JSON": "not json",
    "empty": "",
    "list": "[]",
    "null": "null",
    "number": "7",
    "no type": "{}",
    "type is no text": '{"type": 1}',
    "unknown type": '{"type": "unknown"}',
    "message of the server": '{"type": "connection_ack"}',
    "too large": json.dumps({"type": "ping", "payload": {"a": "x" * MAX_MESSAGE}}),
    "deep": '{"type": "ping", "payload": ' + "[" * 900,
    "half surrogate elsewhere": '{"type": "ping", "payload": {"a": "\\ud800"}}',
    "payload of ping": '{"type": "ping", "payload": 1}',
    "payload of pong": '{"type": "pong", "payload": []}',
    "payload of connection_init": '{"type": "connection_init", "payload": []}',
    "complete without an id": '{"type": "complete"}',
}


@pytest.mark.parametrize("message", INVALID.values(), ids=INVALID)
def test_invalid_messages_close_the_connection(protocol, message):
    """What is no message of a client is answered with 4400."""
    assert code_of(protocol.receive(message)) is CloseCode.BAD_REQUEST
    assert protocol.receive(INIT) == []


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "' + "x" * 257 + '", "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}',
        '{"type": "subscribe", "id": "1\\ud800", "payload": {"query": "{ a }"}}',
    ],
)
def test_invalid_operations_close_the_connection(ready, message):
    """A `subscribe` of another form is answered with 4400."""
    assert code_of(ready.receive(message)) is CloseCode.BAD_REQUEST


def test_half_surrogate_costs_its_operation_alone(ready):
    """Some clients send them; the operation gets an error, and the connection stays."""
    [rejected] = ready.receive('{"type": "subscribe", "id": "a", "payload": {"query": "{ a(b: \\"\\ud800\\") }"}}')

    assert (type(rejected), rejected.operation_id) == (Reject, "a")
    assert ready.receive(subscribe()) == [Start("a", GraphQLRequest(QUERY))]


def test_second_initialisation_closes_the_connection(ready):
    """Another `connection_init` is answered with 4429."""
    assert code_of(ready.receive(INIT)) is CloseCode.TOO_MANY_REQUESTS


@pytest.mark.parametrize("messages", [[], [INIT]], ids=["not initialised", "not acknowledged"])
def test_operation_before_the_acknowledgement_closes_the_connection(protocol, messages):
    """An operation of a caller who is not identified is answered with 4401."""
    for message in messages:
        protocol.receive(message)

    assert code_of(protocol.receive(subscribe())) is CloseCode.UNAUTHORIZED


def test_second_operation_with_an_id_closes_the_connection(ready):
    """The id of an operation in progress is answered with 4409, and the operation is stopped."""
    ready.receive(subscribe())

    assert ready.receive(subscribe()) == [
        Stop("a"),
        Close(CloseCode.SUBSCRIBER_EXISTS, "Subscriber for a already exists"),
    ]


def test_operations_are_limited(ready):
    """One operation more than allowed gets an error; when another one ends there is room again."""
    ready.receive(subscribe("a"))
    ready.receive(subscribe("b"))
    [rejected] = ready.receive(subscribe("c"))
    ready.receive(complete("a"))

    assert (rejected.operation_id, rejected.rejection.code, rejected.rejection.is_retryable) == (
        "c",
        "QUOTA_EXCEEDED",
        True,
    )
    assert isinstance(rejected.rejection, RequestRejected)
    assert ready.receive(subscribe("c")) == [Start("c", GraphQLRequest(QUERY))]


def test_time_for_the_first_message_ends(protocol):
    """A connection without `connection_init` is closed with 4408."""
    assert code_of(protocol.expire()) is CloseCode.INITIALISATION_TIMEOUT
    assert protocol.expire() == []


def test_time_does_not_end_after_the_first_message(protocol, ready):
    """Once `connection_init` has arrived nothing expires."""
    assert ready.expire() == []


def test_server_closes_the_connection_once(ready):
    """All operations are stopped without a message, so that clients resume them; nothing follows."""
    ready.receive(subscribe())

    assert ready.close(CloseCode.SERVICE_RESTART, "Service Restart") == [
        Stop("a"),
        Close(CloseCode.SERVICE_RESTART, "Service Restart"),
    ]
    assert [ready.close(CloseCode.FORBIDDEN, ""), ready.complete("a"), ready.receive(subscribe())] == [[], [], []]
    assert ready.acknowledge() == []


def test_disconnected_client_gets_nothing(ready):
    """Its operations are stopped; there is nothing to close."""
    ready.receive(subscribe())

    assert ready.disconnect() == [Stop("a")]
    assert ready.disconnect() == []


IDS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=5,
)
MESSAGES = st.one_of(
    st.builds(subscribe, IDS),
    st.builds(complete, IDS),
    st.just(INIT),
    st.just('{"type": "ping"}'),
    st.just('{"type": "pong"}'),
)
STRANGE = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["connection_init", "subscribe", "complete", "ping", "pong"]) | VALUES},
        optional={"id": IDS | VALUES, "payload": VALUES},
    ).map(json.dumps),
)
EVENTS = st.one_of(
    st.tuples(st.just("receive"), MESSAGES),
    st.tuples(st.just("receive"), MESSAGES),
    st.tuples(st.just("receive"), STRANGE),
    st.tuples(st.just("acknowledge")),
    st.tuples(st.just("expire")),
    st.tuples(st.just("complete"), IDS),
    st.tuples(st.just("fail"), IDS, st.just(b"[]")),
    st.tuples(st.just("close"), st.just(CloseCode.SERVICE_RESTART), st.just("")),
    st.tuples(st.just("disconnect")),
)


@given(st.lists(EVENTS, max_size=30))
def test_any_sequence_keeps_the_promises(events):
    """Operations run only for identified callers, within the limit; each ends once, and nothing follows a close."""
    protocol = ServerProtocol(MAX_OPERATIONS, MAX_MESSAGE)
    running, is_acknowledged, has_ended = set(), False, False
    for name, *arguments in events:
        actions = getattr(protocol, name)(*arguments)
        assert not (has_ended and actions)
        for action in actions:
            if isinstance(action, Start):
                assert is_acknowledged
                assert action.operation_id not in running
                running.add(action.operation_id)
            elif isinstance(action, Stop):
                running.remove(action.operation_id)
            elif isinstance(action, Send) and name in {"complete", "fail"}:
                assert json.loads(action.message)["id"] == arguments[0]
                running.remove(arguments[0])
            elif isinstance(action, Send) and b"ack" in action.message:
                is_acknowledged = True
            has_ended |= isinstance(action, Close)
        has_ended |= name == "disconnect"
        assert running == protocol.operations
        assert len(running) <= MAX_OPERATIONS
        assert (protocol.state is State.CLOSED) == has_ended
    assert not (has_ended and running)
