"""Commands as real processes: what they print, what they serve, and how they end."""

import asyncio
import json
import resource
import shlex
import signal
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.sandbox import Fault
from support.command import run_dexter
from support.sandbox import running_sandbox

END_S = 8.0
"""Seconds within which a server that has nothing to finish has ended, on a very busy machine too."""
SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
ADDRESS = r"GraphQL   (http://\S+)"


@dataclass
class Exit:
    """How a process ended: exit code and standard error."""

    code: int
    err: str

    @property
    def is_clean(self):
        """Whether it ended as intended, without a traceback."""
        return self.code == 0 and "Traceback" not in self.err


@dataclass
class ServedClients:
    """What the clients of a server got, which ended while they were connected."""

    printed_address: str
    requested_address: str
    first_answer: dict
    unknown_path: tuple
    last_of_stream: bytes
    close_codes: list
    cpu_s: float
    exit: Exit


@pytest.fixture
async def session():
    """An HTTP client."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served():
    """A server with the embedded sandbox of a release, of which several kinds of clients were connected to the end."""
    before = _children_cpu_s()
    arguments = ("serve", "--sandbox", "--port", "0", "--vintage", "23.7")
    async with run_dexter(*arguments, DEXTER_LOG_FORMAT="json") as command, aiohttp.ClientSession() as session:
        sandbox = (await command.until(r"Sandbox   (\S+)"))[1]
        address = (await command.until(ADDRESS))[1]
        curl = shlex.split((await command.until(r"curl [^\n]*\n[^\n]*\n"))[0])
        headers = dict([curl[curl.index("-H") + 1].split(": ")])
        first = await _decoded(session.post(curl[1], headers=headers, data=curl[curl.index("-d") + 1]))
        unknown_path = await _status_and_body(session.get(f"{sandbox}/api/0/nothing/"))
        async with (
            session.post(address, json={"query": SUBSCRIPTION}, headers={"accept": "text/event-stream"}) as stream,
            _connected(session, address) as idle,
            _connected(session, address) as following,
        ):
            await following.send_json({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
            # Messages of a socket are handled in order: after the pong, the subscription has begun.
            await following.send_json({"type": "ping"})
            assert (await following.receive_json(timeout=END_S))["type"] == "pong"
            async with asyncio.timeout(END_S):
                command.process.send_signal(signal.SIGTERM)
                last = await stream.content.read()
                codes = [await _close_code(socket) for socket in (idle, following)]
                ended = Exit(*await command.wait_for_exit())
    return ServedClients(address, curl[1], first, unknown_path, last, codes, _children_cpu_s() - before, ended)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox_client():
    """What a client reads from a sandbox of a release with a given seed and secret, and how the sandbox ends."""
    arguments = ("sandbox", "--port", "0", "--seed", "3", "--vintage", "23.7", "--webhook-secret", "mine")
    async with run_dexter(*arguments) as command, aiohttp.ClientSession() as session:
        url = (await command.until(r"Sandbox   (\S+)"))[1]
        token = (await command.until(r"Token     (\S+)"))[1]
        secret = (await command.until(r"Webhooks  secret (\S+)"))[1]
        headers = {"authorization": f"Bearer {token}"}
        organizations = await _decoded(session.get(f"{url}/api/0/organizations/", headers=headers))
        unknown_path = await _status_and_body(session.get(f"{url}/api/0/nothing/"))
        ended = Exit(*await _ended(command))
    return {"secret": secret, "organizations": organizations, "unknown_path": unknown_path, "exit": ended}


@asynccontextmanager
async def _connected(session, address):
    """A WebSocket with a connection that the server has accepted."""
    async with session.ws_connect(address, protocols=["graphql-transport-ws"]) as ws:
        await ws.send_json({"type": "connection_init"})
        assert (await ws.receive_json(timeout=END_S)) == {"type": "connection_ack"}
        yield ws


async def _close_code(ws):
    """The code with which the server closes a WebSocket."""
    while (await ws.receive()).type is aiohttp.WSMsgType.TEXT:
        pass
    return ws.close_code


async def _decoded(request):
    async with request as response:
        return await response.json()


async def _status_and_body(request):
    async with request as response:
        return response.status, await response.read()


async def _ended(command, name=signal.SIGTERM):
    """Exit code and standard error; fails when it takes long."""
    async with asyncio.timeout(END_S):
        return await command.end(name)


def _children_cpu_s():
    """CPU seconds of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def test_help_is_cheap():
    """`dexter --help` takes less than 0.3 CPU seconds."""
    before = _children_cpu_s()
    async with run_dexter("--help") as command:
        assert await command.wait_for_exit() == (0, "")

    assert _children_cpu_s() - before < 0.3


def test_printed_first_query_answers(served):
    """The printed command gives issues."""
    assert served.requested_address == served.printed_address
    assert "errors" not in served.first_answer
    assert len(served.first_answer["data"]["organization"]["issues"]["nodes"]) == 3


def test_short_life_is_cheap(served):
    """A server takes less than 3 CPU seconds to start, to answer some clients and to end."""
    assert served.cpu_s < 3


def test_signal_ends_a_server_cleanly(served):
    """A supervisor's signal is a normal end: exit code 0, no warning, no traceback."""
    levels = {json.loads(line)["level"] for line in served.exit.err.splitlines()}

    assert served.exit.is_clean
    assert levels == {"info"}


def test_open_connections_do_not_hold_the_end(served):
    """WebSockets, one with a subscription, are closed by the server with the code of a server that goes away."""
    assert served.close_codes == [1012, 1012]


def test_open_streams_do_not_hold_the_end(served):
    """An event stream that waits for changes ends without `complete`, so that clients connect again."""
    assert served.last_of_stream == b"retry: 2000\n\n"


def test_log_lines_are_json_when_asked_for(served):
    """Every line of standard error is one object then."""
    lines = served.exit.err.splitlines()

    assert {"event", "level", "timestamp"} <= set.intersection(*(set(json.loads(line)) for line in lines))


def test_vintage_is_imitated(served, sandbox_client):
    """With `--vintage` an unknown path is answered as that release does."""
    assert served.unknown_path == sandbox_client["unknown_path"] == (404, b"")


def test_sandbox_answers_with_the_printed_token(sandbox_client):
    """Other clients of Sentry are told address and token."""
    assert {organization["slug"] for organization in sandbox_client["organizations"]} == {"acme", "globex"}


def test_sandbox_signs_with_the_given_secret(sandbox_client):
    """A client whose secret is fixed already need not be changed."""
    assert sandbox_client["secret"] == "mine"


def test_signal_ends_a_sandbox_cleanly(sandbox_client):
    """A supervisor's signal is a normal end: exit code 0, nothing in standard error."""
    assert sandbox_client["exit"] == Exit(0, "")


@pytest.mark.parametrize(
    ("arguments", "last_line"),
    [(("serve", "--sandbox"), r"-d '.*'\n"), (("sandbox",), r"Webhooks  secret [0-9a-f]{64}\n")],
)
async def test_interrupt_ends_cleanly(arguments, last_line):
    """Ctrl-C is a normal end also of what is started by a process that ignores SIGINT, as one under nohup does."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        async with run_dexter(*arguments, "--port", "0") as command:
            await command.until(last_line)
            ended = Exit(*await _ended(command, signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)

    assert ended.is_clean


async def test_request_under_way_is_answered(session):
    """The server takes no more requests, and finishes those that it has."""
    async with running_sandbox() as sandbox:
        sandbox.faults.add(Fault("delay", route="/issues/", delay_s=0.8))
        settings = {"SENTRY_URL": sandbox.url, "SENTRY_AUTH_TOKEN": sandbox.token}
        async with run_dexter("serve", "--port", "0", **settings) as command:
            url = (await command.until(ADDRESS))[1]
            await command.until(r"-d ")
            query = '{ organization(slug: "acme") { issues(first: 1) { nodes { title } } } }'
            asked = asyncio.ensure_future(session.post(url, json={"query": query}))
            async with asyncio.timeout(5):
                while not any("/issues/" in request.path for request in sandbox.requests):  # noqa: ASYNC110  # a list
                    await asyncio.sleep(0.02)

            code, _ = await command.end()
            answer = await asked

        assert (code, answer.status) == (0, 200)
        assert len((await answer.json())["data"]["organization"]["issues"]["nodes"]) == 1


async def test_request_that_hangs_is_cut_after_the_drain_time(session):
    """A Sentry that never answers holds the end no longer than was set."""
    async with running_sandbox() as sandbox:
        sandbox.faults.add(Fault("hang", route="/issues/"))
        settings = {"SENTRY_URL": sandbox.url, "SENTRY_AUTH_TOKEN": sandbox.token, "DEXTER_DRAIN_SECONDS": "1"}
        async with run_dexter("serve", "--port", "0", **settings) as command:
            url = (await command.until(ADDRESS))[1]
            await command.until(r"-d ")
            query = '{ organization(slug: "acme") { issues(first: 1) { nodes { title } } } }'
            asked = asyncio.ensure_future(session.post(url, json={"query": query}))
            async with asyncio.timeout(5):
                while not any("/issues/" in request.path for request in sandbox.requests):  # noqa: ASYNC110  # a list
                    await asyncio.sleep(0.02)

            async with asyncio.timeout(END_S + 1):
                code, _ = await command.end()

            assert code == 0
            [outcome] = await asyncio.gather(asked, return_exceptions=True)
            assert isinstance(outcome, aiohttp.ClientError) or outcome.status >= 500


async def test_mistake_ends_the_process():
    """A wrong setting ends the command with 2 and one line that names it."""
    async with run_dexter("serve", DEXTER_PORT="http") as command:
        code, err = await command.wait_for_exit()

    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("dexter: DEXTER_PORT: ")


@pytest.mark.parametrize("command_name", ["serve", "sandbox"])
async def test_taken_port_is_named(command_name):
    """The message says which address cannot be had and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with run_dexter(command_name, "--port", str(taken.getsockname()[1])) as command:
            code, err = await command.wait_for_exit()

    assert (code, "Traceback" in err) == (2, False)
    assert "--port" in err
