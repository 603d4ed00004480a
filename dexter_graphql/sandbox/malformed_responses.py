"""Sends true answers in odd ways: too large, too slowly, on a connection that ends, from a clock that is wrong."""

from email.utils import formatdate
from typing import Final

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox.connection import Scope, Send, close_connection, suppress_date_header
from dexter_graphql.sandbox.faults import Fault

RESET: Final = "X-Sentry-Rate-Limit-Reset"
CHUNK_BYTES: Final = 256 * 1024
EncodedResponse = tuple[int, dict[str, str], bytes]


async def send_malformed(fault: Fault, encoded: EncodedResponse, scope: Scope, send: Send, clock: Clock) -> None:
    """Send the answer as the fault wants it; nothing is false in it but what the fault names."""
    status, headers, body = encoded
    if fault.kind == "skew":
        suppress_date_header(scope)
        headers = _skew_headers(headers, fault.skew_s, clock.time())
    padding = fault.size_bytes if fault.kind == "oversize" else 0
    await _send_head(send, status, headers, padding + len(body))
    for sent in range(0, padding, CHUNK_BYTES):
        await _send_chunk(send, b" " * min(CHUNK_BYTES, padding - sent))
    pieces = max(1, fault.pieces) if fault.kind == "trickle" else 1
    step = -(-len(body) // pieces) or 1
    for at in range(0, len(body), step):
        if fault.kind == "trickle":
            await clock.sleep(fault.trickle_s / pieces)
        await _send_chunk(send, body[at : at + step])
    await send({"type": "http.response.body", "body": b""})
    if fault.kind == "close":
        close_connection(scope)


def _skew_headers(headers: dict[str, str], skew_s: float, now: float) -> dict[str, str]:
    changed = headers | {"Date": formatdate(now + skew_s, usegmt=True)}
    if RESET in headers:
        changed[RESET] = str(int(float(headers[RESET]) + skew_s))
    return changed


async def _send_head(send: Send, status: int, headers: dict[str, str], length: int) -> None:
    pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    pairs.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})
