"""WebSocket frames of a server: text messages in one frame, without a mask."""

from typing import Protocol

TEXT = 0x81
"""Opcode of a text frame that is a message."""
SHORT, MEDIUM = 125, 0xFFFF
"""Largest lengths that are written in one byte and in two."""
MAX_REASON_BYTES = 120
"""A close frame has room for 123 bytes."""
OUTPUT = "dexter.websocket_output"
"""Extension of the ASGI scope: the `SocketOutput` of a WebSocket."""


class SocketOutput(Protocol):
    """Writes to a WebSocket without waiting, below ASGI: a task and a queue for each message cost more than it."""

    on_writable: "Callback | None"
    """Called after the transport's buffer has drained, and when the connection is lost."""

    @property
    def is_writable(self) -> bool:
        """False while the client reads more slowly than it is written to, and after the end."""
        ...

    @property
    def is_open(self) -> bool:
        """False once the connection is closed or closing."""
        ...

    def write(self, frames: bytes) -> None:
        """Write whole frames."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame; the application receives `websocket.disconnect`."""
        ...


class Callback(Protocol):
    """A function without arguments."""

    def __call__(self) -> None:
        """Call it."""
        ...


def text_frame(*parts: bytes) -> bytes:
    """The frame of a text message that consists of some parts."""
    size = sum(map(len, parts))
    if size <= SHORT:
        head = bytes((TEXT, size))
    elif size <= MEDIUM:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return b"".join((head, *parts))


def close_reason(text: str) -> str:
    """The text, as far as a close frame has room for it."""
    return text.encode(errors="replace")[:MAX_REASON_BYTES].decode(errors="ignore")
