"""Correct responses sent in unusual ways: padded, slowly, with a wrong clock, or on a connection that then closes."""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Final

from starlette.types import Send

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox.asgi import EncodedResponse, send_head
from dexter_graphql.sandbox.connection import Connection
from dexter_graphql.sandbox.faults import Fault

RESET_HEADER: Final = "X-Sentry-Rate-Limit-Reset"
CHUNK_BYTES: Final = 256 * 1024


async def send_malformed(fault: Fault, encoded: EncodedResponse, connection: Connection, clock: Clock) -> None:
    """Send the response with the fault applied to it; everything else about the response is correct."""
    headers, content, send = encoded.headers, encoded.content, connection.send
    if fault.kind == "skew":
        connection.suppress_date_header()
        headers = _skew_headers(headers, fault.skew_s, clock.time())
    padding = fault.size_bytes if fault.kind == "oversize" else 0
    await send_head(send, encoded.status, headers, padding + len(content))
    for sent in range(0, padding, CHUNK_BYTES):
        await _send_chunk(send, b" " * min(CHUNK_BYTES, padding - sent))
    chunk_count = max(1, fault.pieces) if fault.kind == "trickle" else 1
    step = -(-len(content) // chunk_count) or 1
    for offset in range(0, len(content), step):
        if fault.kind == "trickle":
            await clock.sleep(fault.trickle_s / chunk_count)
        await _send_chunk(send, content[offset : offset + step])
    await send({"type": "http.response.body", "body": b""})
    if fault.kind == "close":
        connection.close()


def _skew_headers(headers: Mapping[str, str], skew_s: float, now: float) -> dict[str, str]:
    skewed = {**headers, "Date": formatdate(now + skew_s, usegmt=True)}
    if RESET_HEADER in headers:
        skewed[RESET_HEADER] = str(int(float(headers[RESET_HEADER]) + skew_s))
    return skewed


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})
