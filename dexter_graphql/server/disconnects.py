"""Connections below ASGI: cancellation of work whose client has left, closing, and the time of a body."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from starlette.types import Receive, Scope

IS_CLOSING = "dexter.is_closing"
"""Extension of the ASGI scope: a function that tells whether the connection is closed."""
ABORT = "dexter.abort"
"""Extension of the ASGI scope: a function that closes the connection at once."""
BODY_TIME = "dexter.body_time"
"""Extension of the ASGI scope: a function that sets the time in which the body must arrive, from now on."""
WATCH_AFTER_S = 0.005
"""Time in which answers that need no upstream call are usually there; a watch costs a task."""


T = TypeVar("T")


class ClientDisconnected(Exception):
    """The client left before its answer was sent."""


class CancelledOnDisconnect:
    """A block that is cancelled, and raises ClientDisconnected, when ASGI reports `http.disconnect`.

    It cancels the task that runs the block, as `asyncio.timeout` does. Most blocks end before the watch begins.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_left = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("CancelledOnDisconnect is used inside of a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None  # its exception holds a frame that holds this object
        if self._has_left and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise ClientDisconnected from error

    def _start(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await wait_for_disconnect(self._receive)
        self._has_left = True
        self._task.cancel()


async def finish_or_cancel(work: Awaitable[T], receive: Receive, *, is_write: bool) -> T:
    """Return what `work` returns; raises ClientDisconnected when the client leaves before.

    A write may have reached Sentry already; it is finished, so that its outcome is known and announced.
    """
    if is_write:
        return await work
    with CancelledOnDisconnect(receive):
        return await work


def is_disconnected(scope: Scope) -> bool:
    """True when the connection of a request is closed already; False with servers that do not tell."""
    is_closing: Callable[[], bool] | None = scope.get("extensions", {}).get(IS_CLOSING)
    return is_closing is not None and is_closing()


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def abort_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of a response that cannot be completed, so that the client notices; returns when it is."""
    abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)
    if abort is not None:
        abort()
        await wait_for_disconnect(receive)


def allow_body_time(scope: Scope, seconds: float) -> None:
    """Give the body of a request another time to arrive than the usual one."""
    allow: Callable[[float], None] | None = scope.get("extensions", {}).get(BODY_TIME)
    if allow is not None:
        allow(seconds)
