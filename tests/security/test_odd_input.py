"""Odd headers, query strings and messages: never a 500, INTERNAL, a traceback, or a closed socket."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexter_graphql.server.executor import RequestExecutor
from support.command import PATIENCE_S
from support.raw_http import HANDSHAKE, connected, request_bytes
from support.server import running_site

HEADERS = (
    "Accept",
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "Host",
    "Origin",
    "Sec-Fetch-Site",
    "X-Dexter-Priority",
    "X-Request-Id",
    "X-Forwarded-For",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Expect",
    "Cookie",
    "If-None-Match",
    "Range",
)
ODD = (
    "",
    " ",
    "http://[",
    "http://]",
    "http://[::1",
    "http://[v1.x]",
    "https://a:b:c",
    "//",
    "null",
    "a" * 8000,
    "9" * 5000,
    "-1",
    "1e999",
    "nan",
    "q=;;q=,,;q=x",
    "*/*;q=9" * 200,
    "text/html;q=nan",
    "multipart/mixed;" * 50,
    "Bearer",
    "Bearer \xff\xfe",
    "%00%ff",
    "\xff\xfe\xfd",
    "application/json; charset=\xff",
    "application/json; charset=utf-7",
    "../../etc/passwd",
    "127.0.0.1, " * 500,
    "[::1]:99999",
    "localhost:" + "9" * 400,
)
PATHS = (
    *("/graphql", "/health/ready", "/webhooks/sentry", "/console/assets/x", "/files/x", "/api/v1/issues"),
    *("/%ff%00", "/a?b"),
)
PARAMETERS = ("query", "variables", "operationName", "extensions", "other")
DOCUMENTS = (
    "{ __typename }",
    "{",
    "\x00",
    "{ a" + "&" * 1000,
    "query($a: Int = " + "9" * 4301 + ") { __typename }",
    '{ issue(id: "http://[") { id } }',
    '{ resource(url: "http://[") { __typename } }',
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    '{ organization(slug: "\\ud800") { slug } }',
    '{ node(id: "\\u0000") { id } }',
    "x" * 60_000,
)
JSON_TEXTS = ("{", "null", "[]", "1", '"\\ud800"', "9" * 5000, "1e999", "NaN", '{"a":' * 500, '{"\\ud800": 1}', "{}")

texts = st.sampled_from(ODD) | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=300)


class Attacked:
    """A running site, the loop it runs in, and what it must never do."""

    def __init__(self, site, loop, capsys):
        self._site, self._loop, self._capsys = site, loop, capsys

    def check(self, coroutine):
        """Run one request against the site; gives its status and body."""
        status, body = self._loop.run_until_complete(coroutine)
        written = "".join(self._capsys.readouterr())
        assert status is None or status < 500 or status == 503, (status, body)
        assert b"INTERNAL" not in (body or b"")
        assert "Traceback" not in written
        return status, body

    async def send(self, data):
        """Status and first bytes of the answer to raw bytes; None when the connection was closed."""
        async with connected(self._site.url) as connection:
            await connection.send(data)
            status = await connection.status()
            return status, status and await asyncio.wait_for(connection.reader.read(65536), PATIENCE_S)


@pytest.fixture
def attacked(capsys):
    """A site in mode `passthrough` behind a trusted proxy, which reads the most headers."""
    loop = asyncio.new_event_loop()
    context = running_site(mode="passthrough", trusted_proxies=("127.0.0.1",), new_credentials_per_s=1e6)
    site = loop.run_until_complete(context.__aenter__())
    try:
        yield Attacked(site, loop, capsys)
    finally:
        loop.run_until_complete(context.__aexit__(None, None, None))
        loop.close()


def test_odd_headers(attacked):
    """Any header with any value, on every method, is answered with a status below 500."""
    token = ("Authorization", "Bearer sntryu_" + "0" * 64)

    @settings(deadline=None)
    @given(
        name=st.sampled_from(HEADERS),
        value=texts,
        method=st.sampled_from(("GET", "POST", "OPTIONS", "HEAD", "PUT", "BREW")),
        path=st.sampled_from(PATHS),
    )
    def attack(name, value, method, path):
        headers = [token, ("Content-Type", "application/json"), (name, value)]
        attacked.check(attacked.send(request_bytes(method, path, headers, b'{"query":"{ __typename }"}')))

    attack()


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", ["http://[", "9" * 5000, "\xff\xfe", ""], ids=["url", "digits", "bytes", "empty"])
@pytest.mark.asyncio(loop_scope="module")
async def test_each_header_with_each_oddity(site, name, value):
    """The values that once failed, in every header."""
    async with connected(site.url) as connection:
        headers = [("Content-Type", "application/json"), (name, value)]
        await connection.send(request_bytes("POST", "/graphql", headers, b'{"query":"{ __typename }"}'))
        status = await connection.status()

    assert status is None or status < 500


def test_odd_get_parameters(attacked):
    """Any query string of a GET is answered with a status below 500."""
    quoted = texts.map(lambda text: "".join(f"%{ord(character):02x}" for character in text))
    raw = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=200)
    headers = [("Authorization", "Bearer sntryu_" + "0" * 64)]

    @settings(deadline=None)
    @given(pairs=st.lists(st.tuples(st.sampled_from(PARAMETERS), quoted | raw), max_size=5), tail=raw)
    def attack(pairs, tail):
        query = "&".join(f"{name}={value}" for name, value in pairs) + "&" + tail
        attacked.check(attacked.send(request_bytes("GET", f"/graphql?{query}", headers)))

    attack()


@pytest.mark.parametrize("query", ["&" * 1000, "query=" + "&a=b" * 1000, "=" * 500, "%", "query=%ud800&variables=%7B"])
@pytest.mark.asyncio(loop_scope="module")
async def test_each_odd_query_string(site, query):
    """Query strings that once failed are answered 400."""
    async with connected(site.url) as connection:
        await connection.send(request_bytes("GET", f"/graphql?{query}"))

        assert await connection.status() == 400


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("document", DOCUMENTS)
async def test_each_odd_document(site, document):
    """Documents that once failed are answered, with an error of the client or with data."""
    _, _, body = await site.post(document)

    assert "INTERNAL" not in str(body)


def test_odd_bodies(attacked):
    """Any member of a request's body is answered with a status below 500."""
    headers = [("Authorization", "Bearer sntryu_" + "0" * 64), ("Content-Type", "application/json")]
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(DOCUMENTS) | texts
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    )

    @settings(deadline=None)
    @given(
        body=st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=5) | values, junk=st.sampled_from(JSON_TEXTS)
    )
    def attack(body, junk):
        for data in (json.dumps(body).encode(), junk.encode()):
            attacked.check(attacked.send(request_bytes("POST", "/graphql", headers, data)))

    attack()


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.asyncio(loop_scope="module")
async def test_odd_documents_leave_a_socket_open(site, document):
    """An odd document over a WebSocket is an error of its operation; the socket goes on."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
        await ws.send_json({"type": "connection_init", "payload": None})
        await ws.receive_json(timeout=5)
        for number, variables in enumerate(({}, {"\ud800": 1}, {"a": "\ud800"})):
            payload = {"query": document, "variables": variables}
            await ws.send_json({"type": "subscribe", "id": str(number), "payload": payload})
            message = await ws.receive_json(timeout=5)
            assert "INTERNAL" not in str(message)
            while message["type"] not in {"error", "complete"}:
                message = await ws.receive_json(timeout=5)
        await ws.send_json({"type": "ping"})

        assert (await ws.receive_json(timeout=5))["type"] == "pong"


@pytest.mark.parametrize("text", ['{"type":"\\ud800"}', "[]", "1", '{"type":1}', '{"type":"subscribe"}', "{", "\x00"])
@pytest.mark.asyncio(loop_scope="module")
async def test_odd_messages_close_a_socket_with_a_reason(site, text):
    """What is no message of the protocol closes the socket with a code of the protocol."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
        await ws.send_json({"type": "connection_init"})
        await ws.receive_json(timeout=5)
        await ws.send_str(text)
        await ws.receive(timeout=5)

        assert ws.close_code == 4400


@pytest.mark.asyncio(loop_scope="module")
async def test_odd_handshake_headers_close_no_server(site, monkeypatch):
    """Odd headers of a handshake are refused or ignored, and the executor is not reached without a subprotocol."""
    monkeypatch.setattr(RequestExecutor, "prepare", None)
    for value in ODD:
        async with connected(site.url) as connection:
            await connection.send(request_bytes("GET", "/graphql", [*HANDSHAKE, ("X-Request-Id", value)]))
            status = await connection.status()
            assert status is None or status < 500
