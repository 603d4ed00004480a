"""Output of the responses of one connection, which sends head and body of a response together."""

import asyncio


class ResponseOutput:
    """Writes in pairs: each system call costs as much as finding a cached answer.

    A write waits for the next one, but only until the event loop has run what is ready, so that no stream is held up.
    """

    __slots__ = ("_loop", "_transport", "_turn", "_waiting")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._waiting: bytes | None = None
        self._turn: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        """Write after what waits, or wait for what follows."""
        if self._waiting is None:
            self._waiting = data
            self._turn = self._loop.call_soon(self.flush)
        else:
            self._transport.writelines((self._take(), data))

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting is not None and not self._transport.is_closing():
            self._transport.write(self._take())

    def is_closing(self) -> bool:
        """True when the connection is closing or closed."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Write what waits and close the connection."""
        self.flush()
        self._transport.close()

    def _take(self) -> bytes:
        data, self._waiting = self._waiting, None
        if self._turn is not None:
            self._turn.cancel()
        assert data is not None  # noqa: S101  # called when something waits
        return data
