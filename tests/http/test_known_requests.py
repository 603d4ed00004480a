"""The layer that answers known requests: equal to the way without it, and nothing secret in its memory."""

import asyncio
import re
from contextlib import asynccontextmanager
from random import Random

import msgspec
import pytest
from structlog.testing import capture_logs

from dexter_graphql.app import create_app
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.server import routes
from dexter_graphql.server.middleware.known_requests import HEADERS, KnownRequests
from dexter_graphql.settings import load_settings
from support.sandbox import running_sandbox
from support.upstream import MovedClock

POLICY = dict.fromkeys(POLICIES, CachePolicy(3600.0))
REQUESTS, RANDOM_HEADS = 1000, 20
LIST = '{ organization(slug: "acme") { issues(first: 3) { nodes { shortId project { slug } } } } }'
OTHER_LIST = '{ organization(slug: "acme") { teams(first: 3) { nodes { slug } } } }'
TYPENAME = b'{"query":"{ __typename }"}'
USUAL = {"host": "localhost", "content-type": "application/json", "accept": "application/json"}
TOKEN = re.compile(rb"^[A-Za-z0-9_-]{43}$")
"""Of a reserved event stream."""
SOME_ID = re.compile(rb"[0-9a-f]{16}")

HEADER_VALUES = {
    "host": ("localhost:8000", "127.0.0.1", "evil.example", ""),
    "accept": (
        "*/*",
        "application/graphql-response+json",
        "text/event-stream",
        "multipart/mixed",
        "image/png",
        "text/html",
    ),
    "content-type": ("application/json; charset=utf-8", "text/plain", "application/json; charset=latin-1", ""),
    "content-encoding": ("gzip", "identity", ""),
    "content-length": ("7", "99999999999", "x"),
    "origin": ("http://localhost", "https://evil.example", "null"),
    "sec-fetch-site": ("cross-site", "same-origin"),
    "x-dexter-priority": ("background", "urgent", ""),
    "x-request-id": ("mine", "not mine\t"),
    "x-forwarded-for": ("203.0.113.7",),
    "user-agent": ("one", "another"),
    "cookie": ("session=secret",),
    "authorization": ("Basic eDp5", "Bearer made-up-token", ""),
}
BODIES = (
    TYPENAME,
    msgspec.json.encode({"query": LIST}),
    msgspec.json.encode({"query": "query Mine { viewer { subject } __typename }"}),
    msgspec.json.encode({"query": "query Ping($n: Int) { __typename }", "variables": {"n": 1}}),
    msgspec.json.encode({"query": "{ __typename }", "extensions": {"dexter": {"explain": "summary"}}}),
    msgspec.json.encode({"query": "mutation { __typename }"}),
    msgspec.json.encode({"query": "{ nothing }"}),
    msgspec.json.encode({"query": "{ __typename }", "padding": "x" * 17_000}),
    b'{"query":',
    b"[]",
    b"",
)
USUAL_BODIES = 3


class CountingKnownRequests(KnownRequests):
    """The layer, with the number of requests that it answered."""

    answered = 0

    def _find(self, *arguments):
        cached = super()._find(*arguments)
        self.answered += cached is not None
        return cached


@asynccontextmanager
async def running_app(monkeypatch, sandbox, layer, **settings):
    """Dexter over a sandbox, with `layer` in front; nothing in its cache ends."""
    monkeypatch.setattr(routes, "KnownRequests", layer)
    loaded = load_settings(sentry_url=sandbox.url, sentry_auth_token=sandbox.token, **settings)
    dexter = create_app(loaded, is_sandbox=True, clock=MovedClock(), policies=POLICY)
    try:
        yield dexter
    finally:
        await dexter.client.close()


async def send(app, method, headers, chunks, path="/graphql"):
    """The messages that an application sends in answer to a request, and its log entries.

    Without chunks the client has left before it sent the body.
    """
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    sent = []

    async def receive():
        if not waiting and chunks:
            await asyncio.Event().wait()  # the client waits for its answer
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def take(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "client": ("127.0.0.1", 5), "scheme": "http", "http_version": "1.1", "root_path": "",
             "server": ("127.0.0.1", 8000), "extensions": {}}  # fmt: skip
    with capture_logs() as entries:
        await app(scope, receive, take)
    return sent, entries


def comparable(sent, entries):
    """What an answer is, without request ids and tokens that the server chose and without durations."""
    messages = [
        {
            **message,
            "headers": [(name, SOME_ID.sub(b"ID", value)) for name, value in message.get("headers", ())],
            "body": TOKEN.sub(b"TOKEN", SOME_ID.sub(b"ID", message.get("body", b""))),
        }
        for message in sent
    ]
    lines = [
        {name: value for name, value in entry.items() if name not in {"ms", "request_id"}}
        for entry in entries
        if entry["event"] == "request"
    ]
    return messages, lines


async def counted(dexter):
    """All metrics but durations and those of the engine, which depend on how long compiling took."""
    sent, _ = await send(dexter.admin, "GET", [(b"host", b"localhost")], [b""], path="/metrics")
    lines = b"".join(message.get("body", b"") for message in sent).decode().splitlines()
    ignored = ("#", "dexter_engine_", "dexter_request_seconds_", "dexter_upstream_seconds_", "dexter_http_connections")
    return [line for line in lines if not line.startswith(ignored)]


def heads_of(random, tokens):
    """A usual head, one with each unusual header, and some with several, without one, or with two credentials."""
    unusual = [[(name, value)] for name, values in HEADER_VALUES.items() for value in values]
    unusual += [random.choice(unusual) + random.choice(unusual) for _ in range(RANDOM_HEADS)]
    heads = []
    for added in [[], *unusual]:
        headers = USUAL | {"authorization": f"Bearer {random.choice(tokens)}"} | dict(added)
        heads.append([(name.encode(), value.encode()) for name, value in headers.items() if random.random() < 0.98])
    heads += [[*random.choice(heads), (b"authorization", b"Bearer made-up-token")] for _ in range(RANDOM_HEADS // 4)]
    return heads


def chunks_of(random, body):
    """A body in one piece, in two, or followed by more than a usual body."""
    cut = random.randrange(len(body) + 1)
    return random.choice([[body]] * 8 + [[body[:cut], body[cut:]], [body, b" and more"]])


def requests(random, tokens):
    """Endless requests, most of them POSTs with a usual body; heads come again and again."""
    heads = heads_of(random, tokens)
    while True:
        body = random.choice(BODIES[:USUAL_BODIES] if random.random() < 0.8 else BODIES)
        method = "POST" if random.random() < 0.95 else random.choice(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
        yield method, heads[0] if random.random() < 0.3 else random.choice(heads), chunks_of(random, body)


@pytest.mark.parametrize("mode", ["open", "passthrough"])
async def test_answers_are_those_of_the_way_without_the_layer(monkeypatch, mode):
    """Status, headers, body, log lines and metrics are equal, whatever heads and bodies follow one another.

    What the layer remembers has harmless headers only, and none of the tokens.
    """
    layers = []

    class Layer(CountingKnownRequests):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            layers.append(self)

    async with running_sandbox() as sandbox:
        tokens = sandbox.world.tokens
        texts = [tokens.admin.text, tokens.reader.text, tokens.globex.text]
        async with (
            running_app(monkeypatch, sandbox, Layer, mode=mode) as dexter,
            running_app(monkeypatch, sandbox, lambda app, *_: app, mode=mode) as other,
        ):
            drawn = requests(Random(13), texts)
            for _ in range(REQUESTS):
                request = next(drawn)
                answers = [comparable(*await send(server.app, *request)) for server in (dexter, other)]
                assert answers[0] == answers[1], request

            assert await counted(dexter) == await counted(other)

    (layer,) = layers
    remembered = [header for head in layer._media_types for header in head]
    assert layer.answered > REQUESTS / 10
    assert {name for name, _ in remembered} <= HEADERS
    assert not any(text.encode() in value for _, value in remembered for text in [*texts, "made-up-token"])


async def test_rejected_credential_is_answered_from_nothing(monkeypatch):
    """After Sentry's first 401 a known head with a known body gets what everybody with a rejected credential gets."""
    async with running_sandbox() as sandbox:
        token = sandbox.world.tokens.admin.text
        headers = [(name.encode(), value.encode()) for name, value in USUAL.items()]
        headers.append((b"authorization", f"Bearer {token}".encode()))
        async with running_app(monkeypatch, sandbox, CountingKnownRequests, mode="passthrough") as dexter:
            known = [await send(dexter.app, "POST", headers, [BODIES[1]]) for _ in range(4)]
            sandbox.faults.add(Fault(status=401, body={"detail": "Invalid token"}, times=None))
            await send(dexter.app, "POST", headers, [msgspec.json.encode({"query": OTHER_LIST})])

            after = [await send(dexter.app, "POST", headers, [BODIES[1]]) for _ in range(3)]

    assert {messages[1]["body"] for messages, _ in known} == {known[0][0][1]["body"]}
    assert all(b"UNAUTHENTICATED" in messages[1]["body"] for messages, _ in after)


async def test_body_that_ends_early_is_rejected(monkeypatch):
    """A client with a known head that hangs up before its body ended is no known request."""
    headers = [(name.encode(), value.encode()) for name, value in USUAL.items()]
    async with (
        running_sandbox() as sandbox,
        running_app(monkeypatch, sandbox, CountingKnownRequests) as dexter,
    ):
        for _ in range(3):
            await send(dexter.app, "POST", headers, [TYPENAME])

        sent, entries = await send(dexter.app, "POST", headers, [])

    assert [sent[0]["status"], [entry["status"] for entry in entries]] == [400, [400]]
