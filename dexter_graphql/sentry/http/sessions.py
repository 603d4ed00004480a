"""aiohttp's client sessions: one that keeps connections, one that opens a connection for each request."""

import asyncio
import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp

from dexter_graphql import __version__

MAX_HEADER_BYTES = 64 * 1024
"""The `Link` header repeats the whole query twice."""
READ_BUFFER_BYTES = 1024 * 1024
"""Reading pauses at twice as many unread bytes: pausing costs more than holding most answers."""
DNS_TTL_S = 60
HEADERS = {"User-Agent": f"dexter-graphql/{__version__}", "Accept": "application/json"}


class ConnectionLost(Exception):
    """The connection broke after the request had been sent, as far as can be known."""


@dataclass(slots=True)
class Attempt:
    """What is known of one call while it is performed."""

    waited_s: float = 0.0
    """Time in the queue for a connection."""
    repeats: int = 0
    is_new_connection: bool = False
    is_connected: bool = False
    """True once a connection was opened for the request, which may have been sent since."""


CURRENT_ATTEMPT: ContextVar[Attempt] = ContextVar("current_attempt")


def open_kept_session(tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    """A session that keeps connections; it notes in `CURRENT_ATTEMPT` that a request needed a new one."""
    # No limit on connections here and below: the shares decide how many there are, and for whom.
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=DNS_TTL_S, ssl=tls or True, socket_factory=_open_socket)
    return _open_session(connector)


def open_single_use_session(tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    """A session that opens and closes a connection for each request; it notes in the `Attempt` when it is open."""
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=DNS_TTL_S, ssl=tls or True, force_close=True)
    return _open_session(connector, skip_auto_headers=("Content-Type",), trace_configs=[_trace()])


def _open_session(connector: aiohttp.BaseConnector, **options: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        headers=HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        requote_redirect_url=False,
        middlewares=(_send_once,),
        read_bufsize=READ_BUFFER_BYTES,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        **options,
    )


def _open_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Open a socket, and note that the current call needed a new connection."""
    # aiohttp's tracing reports this too, but makes every call on a kept connection a tenth more expensive.
    family, kind, protocol, _, _ = address
    CURRENT_ATTEMPT.get().is_new_connection = True
    return socket.socket(family, kind, protocol)


async def _send_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once, and take no response that was there before it.

    A session repeats each GET, PUT and DELETE whose connection broke, unseen by our retries; another exception than its
    own stops that. And what a server sends unasked on a kept connection, a session takes for the response to the next
    request, without waiting: a response for which the event loop did not have to run is not the response to this one.
    """
    event_loop_turns: list[None] = []
    turn = asyncio.get_running_loop().call_soon(event_loop_turns.append, None)
    try:
        response = await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionLost from error
    finally:
        turn.cancel()
    if not event_loop_turns:
        response.close()
        raise ConnectionLost
    return response


def _trace() -> aiohttp.TraceConfig:
    """Tracing that notes when a request has its connection."""

    async def note(_session: object, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.is_connected = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    return trace
