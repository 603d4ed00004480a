"""Raw WebSocket client of one subscription, cheap enough for ten thousand in a process."""

import asyncio
import base64
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from typing_extensions import override

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
LENGTH_16, LENGTH_64 = 126, 127
NO_MASK = bytes(4)
"""A mask that leaves the payload as it is; clients must send some mask."""
HEAD_END = b"\r\n\r\n"
OPERATION = "1"


class Message(msgspec.Struct):
    """A message of the server."""

    type: str
    payload: msgspec.Raw = msgspec.Raw(b"")


class FrameReader:
    """Splits the bytes of a server into frames."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Opcode and payload of each frame that is complete."""
        buffer = self._buffer + data if self._buffer else data
        at = 0
        while (frame := _frame_at(buffer, at)) is not None:
            start, end = frame
            yield buffer[at] & 0x0F, buffer[start:end]
            at = end
        self._buffer = buffer[at:]


def _frame_at(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Start and end of the payload of the frame at an offset; None while it is not complete."""
    if len(buffer) < at + 2:
        return None
    start, length = at + 2, buffer[at + 1] & 0x7F
    if length >= LENGTH_16:
        size = 2 if length == LENGTH_16 else 8
        start += size
        if len(buffer) < start:
            return None
        length = int.from_bytes(buffer[start - size : start], "big")
    return None if len(buffer) < start + length else (start, start + length)


def encode_frame(opcode: int, payload: bytes) -> bytes:
    """A frame of a client."""
    size = len(payload)
    if size < LENGTH_16:
        head = struct.pack("!BB", FINAL | opcode, MASKED | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", FINAL | opcode, MASKED | LENGTH_16, size)
    else:
        head = struct.pack("!BBQ", FINAL | opcode, MASKED | LENGTH_64, size)
    return head + NO_MASK + payload


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a client subscribes to, and its credential."""

    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    token: str | None = None


class LiveClient(asyncio.Protocol):
    """One connection that speaks `graphql-transport-ws`, with one subscription.

    Calls `receive` with each payload, and sets `ended` at the end.
    """

    def __init__(self, subscription: Subscription, receive: Callable[[bytes], object]) -> None:
        self.acknowledged = asyncio.Event()
        self.ended = asyncio.Event()
        self.close_code: int | None = None
        self.errors: bytes | None = None
        self._subscription = subscription
        self._receive = receive
        self._head: bytes | None = b""
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None

    async def connect(self, host: str, port: int, source: str | None = None) -> None:
        """Connect, from that address of this machine if there is one, and wait until the server acknowledges."""
        local = None if source is None else (source, 0)
        await asyncio.get_running_loop().create_connection(lambda: self, host, port, local_addr=local)
        await self.acknowledged.wait()
        if self.ended.is_set():
            raise ConnectionError(f"the server closed the WebSocket: {self.close_code}")

    def abort(self) -> None:
        """Reset the connection, as a client that vanishes."""
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading."""
        cast(asyncio.Transport, self._transport).pause_reading()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            (
                f"GET /graphql HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
            ).encode()
        )

    @override
    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._head += data
            head, end, data = self._head.partition(HEAD_END)
            if not end:
                return
            self._head = None
            if not head.startswith(b"HTTP/1.1 101"):
                self.abort()
                return
            self._send_init()
        for opcode, payload in self._frames.feed(data):
            self._take_frame(opcode, payload)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
        self.acknowledged.set()

    def _take_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._take_message(msgspec.json.decode(payload, type=Message))
        elif opcode == PING:
            self._write(PONG, payload)
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self._write(CLOSE, payload[:2])
            cast(asyncio.Transport, self._transport).close()

    def _take_message(self, message: Message) -> None:
        match message.type:
            case "next":
                self._receive(bytes(message.payload))
            case "connection_ack":
                self._send_subscribe()
                self.acknowledged.set()
            case "ping":
                self._send({"type": "pong"})
            case "error":
                self.errors = bytes(message.payload)
                self.abort()
            case "complete":
                self.abort()

    def _send_init(self) -> None:
        token = self._subscription.token
        self._send(
            {"type": "connection_init", "payload": {} if token is None else {"authorization": f"Bearer {token}"}}
        )

    def _send_subscribe(self) -> None:
        payload = {"query": self._subscription.document, "variables": self._subscription.variables}
        self._send({"id": OPERATION, "type": "subscribe", "payload": payload})

    def _send(self, message: Mapping[str, Any]) -> None:
        self._write(TEXT, msgspec.json.encode(message))

    def _write(self, opcode: int, payload: bytes) -> None:
        cast(asyncio.Transport, self._transport).write(encode_frame(opcode, payload))
