"""Commands as real processes: what they print, what they serve, and how they end."""

import asyncio
import json
import re
import resource
import shlex
import signal
import socket

import aiohttp
import pytest

from dexter_graphql.sandbox import Fault
from support.command import run_dexter
from support.sandbox import running_sandbox

END_S = 8.0
"""Seconds within which a server that has nothing to finish has ended, on a very busy machine too."""
SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
ADDRESS = r"GraphQL   (http://\S+)"


@pytest.fixture
async def session():
    """An HTTP client."""
    async with aiohttp.ClientSession() as opened:
        yield opened


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


async def test_printed_first_query_answers(session):
    """The printed command gives issues; the process takes less than 2.5 CPU seconds until it has ended."""
    before = _children_cpu_s()
    async with run_dexter("serve", "--sandbox", "--port", "0") as command:
        address = (await command.until(ADDRESS))[1]
        curl = shlex.split((await command.until(r"curl [^\n]*\n[^\n]*\n"))[0])
        headers = dict([curl[curl.index("-H") + 1].split(": ")])
        async with session.post(curl[1], headers=headers, data=curl[curl.index("-d") + 1]) as answer:
            body = await answer.json()
        code, err = await _ended(command)

    assert curl[1] == address
    assert "errors" not in body
    assert len(body["data"]["organization"]["issues"]["nodes"]) == 3
    assert (code, re.findall(r"(?i)warning|error|Traceback", err)) == (0, [])
    assert _children_cpu_s() - before < 2.5


async def test_sandbox_answers_with_the_printed_token(session):
    """Other clients of Sentry are told address, token and secret."""
    async with run_dexter("sandbox", "--port", "0", "--seed", "3") as command:
        url = (await command.until(r"Sandbox   (\S+)"))[1]
        token = (await command.until(r"Token     (\S+)"))[1]
        secret = (await command.until(r"Webhooks  secret (\S+)"))[1]
        headers = {"authorization": f"Bearer {token}"}
        async with session.get(f"{url}/api/0/organizations/", headers=headers) as answer:
            slugs = {one["slug"] for one in await answer.json()}
        code, err = await _ended(command)

    assert slugs == {"acme", "globex"}
    assert re.fullmatch(r"[0-9a-f]{64}", secret)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("arguments", [("sandbox", "--port", "0"), ("serve", "--sandbox", "--port", "0")])
async def test_vintage_is_imitated(session, arguments):
    """With `--vintage` an unknown path is answered as that release does."""
    async with run_dexter(*arguments, "--vintage", "23.7") as command:
        url = (await command.until(r"Sandbox   (\S+)"))[1]
        async with session.get(f"{url}/api/0/nothing/") as response:
            assert (response.status, await response.read()) == (404, b"")


async def test_sandbox_signs_with_the_given_secret():
    """A client whose secret is fixed already need not be changed."""
    async with run_dexter("sandbox", "--port", "0", "--webhook-secret", "mine") as command:
        assert (await command.until(r"Webhooks  secret (\S+)"))[1] == "mine"


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [("serve", "--sandbox", "--port", "0"), ("sandbox", "--port", "0")])
async def test_signal_ends_cleanly(arguments, name):
    """A supervisor's signal and Ctrl-C are normal ends: exit code 0, no traceback."""
    async with run_dexter(*arguments) as command:
        await command.until(r"Token")
        if arguments[0] == "serve":
            await command.until(r"-d ")
        await asyncio.sleep(0.3)  # until signals are listened to

        code, err = await _ended(command, name)

    assert (code, "Traceback" in err) == (0, False)


async def test_inherited_disposition_of_signals_does_not_matter():
    """A process that was started with SIGINT ignored, as by nohup, starts commands that Ctrl-C ends all the same."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        async with run_dexter("sandbox", "--port", "0") as command:
            await command.until(r"Token")
            await asyncio.sleep(0.3)  # until signals are listened to
            code, _ = await _ended(command, signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert code == 0


async def test_open_connections_do_not_hold_the_end(session):
    """A WebSocket that waits and a connection that is kept alive are ended by the server, which ends in time."""
    async with run_dexter("serve", "--sandbox", "--port", "0") as command:
        url = (await command.until(ADDRESS))[1]
        await command.until(r"-d ")
        async with (
            session.post(url, json={"query": "{ __typename }"}) as cache_entry,
            session.ws_connect(url, protocols=["graphql-transport-ws"]) as ws,
        ):
            await cache_entry.read()
            await ws.send_json({"type": "connection_init"})
            assert (await ws.receive_json(timeout=5)) == {"type": "connection_ack"}
            async with asyncio.timeout(END_S):
                command.process.send_signal(signal.SIGTERM)
                while (await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
                code, err = await command.wait_for_exit()

    assert (code, ws.close_code, "Traceback" in err) == (0, 1001, False)


async def test_open_streams_do_not_hold_the_end(session):
    """An event stream and a WebSocket that wait for changes are completed by the server, which ends in time."""
    async with run_dexter("serve", "--sandbox", "--port", "0") as command:
        url = (await command.until(ADDRESS))[1]
        await command.until(r"-d ")
        headers = {"accept": "text/event-stream"}
        async with (
            session.post(url, json={"query": SUBSCRIPTION}, headers=headers) as stream,
            session.ws_connect(url, protocols=["graphql-transport-ws"]) as ws,
        ):
            await ws.send_json({"type": "connection_init"})
            await ws.receive_json(timeout=5)
            await ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
            await asyncio.sleep(0.3)  # until the server follows
            async with asyncio.timeout(END_S):
                command.process.send_signal(signal.SIGTERM)
                last = await stream.content.read()
                while (await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
                code, err = await command.wait_for_exit()

    assert (stream.status, ws.close_code) == (200, 1001)
    assert last.endswith(b"event: complete\ndata:\n\n")
    assert (code, "Traceback" in err) == (0, False)


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


async def test_log_lines_are_json_when_asked_for():
    """Every line of standard error is one object then."""
    async with run_dexter("serve", "--sandbox", "--port", "0", DEXTER_LOG_FORMAT="json") as command:
        await command.until(r"-d ")
        await asyncio.sleep(0.3)  # until signals are listened to
        code, err = await _ended(command)

    assert code == 0
    assert {"event", "level", "timestamp"} <= set.intersection(*(set(json.loads(line)) for line in err.splitlines()))
