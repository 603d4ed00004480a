"""A queue and an event for one task that waits, in a tenth of the memory of asyncio's: each socket has both."""

import asyncio
from typing import Any


class _SingleWaiter:
    """What one task waits for."""

    __slots__ = ("_waiter",)

    def __init__(self) -> None:
        self._waiter: asyncio.Future[None] | None = None

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class MessageQueue(_SingleWaiter):
    """Messages that one task takes; those of `asyncio.Queue` that uvicorn uses are its methods."""

    __slots__ = ("_messages",)

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[Any] = []

    def put_nowait(self, message: Any) -> None:
        """Append a message."""
        self._messages.append(message)
        self._wake()

    def empty(self) -> bool:
        """True when no message waits."""
        return not self._messages

    async def get(self) -> Any:
        """Return the oldest message, once there is one."""
        while not self._messages:
            await self._wait()
        return self._messages.pop(0)


class Gate(_SingleWaiter):
    """A condition that one task waits for, open at first; its methods are those of `asyncio.Event`."""

    __slots__ = ("_is_open",)

    def __init__(self) -> None:
        super().__init__()
        self._is_open = True

    def is_set(self) -> bool:
        """True while it is open."""
        return self._is_open

    def set(self) -> None:
        """Open it."""
        self._is_open = True
        self._wake()

    def clear(self) -> None:
        """Close it."""
        self._is_open = False

    async def wait(self) -> None:
        """Return once it is open."""
        while not self._is_open:
            await self._wait()
