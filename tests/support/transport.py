"""Transports for one block of a test, and single calls to a scripted server."""

from contextlib import asynccontextmanager

from dexter_graphql.sentry.http.transport import Transport, TransportOptions
from support.upstream import MovedClock, Scripted, a_call


@asynccontextmanager
async def open_transport(**options):
    """A transport with these options, closed at the end of the block."""
    transport = Transport(MovedClock(), TransportOptions(**options))
    try:
        yield transport
    finally:
        await transport.close()


async def send(steps, *, options=None, tls=None, **changes):
    """The reply to a call to a server that plays these steps, and the server; raises the call's error."""
    async with Scripted(steps, tls) as server, open_transport(**options or {}) as transport:
        reply = await transport(a_call(host=server.url, **changes))
    return reply, server
