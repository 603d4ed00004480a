"""Groups of the events of a subscription: events that arrive together are executed together."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any

WINDOW_S = 0.02
"""Seconds from the first event of a group within which others join it."""
MAX_EVENTS = 50
"""Events of a group."""


async def event_groups(source: AsyncIterable[Any], is_grouped: Callable[[], bool]) -> AsyncGenerator[list[Any], None]:
    """All events in order: one after the other, or while `is_grouped()` is true those that arrive within the window.

    An exception of the source is raised after the events before it.
    """
    events = aiter(source)
    loop = asyncio.get_running_loop()
    coming: asyncio.Future[Any] | None = None
    try:
        while True:
            try:
                group = [await (coming or anext(events))]
            except StopAsyncIteration:
                return
            coming, end = None, loop.time() + WINDOW_S
            while is_grouped() and len(group) < MAX_EVENTS:
                coming = asyncio.ensure_future(anext(events))
                await asyncio.wait({coming}, timeout=max(0.0, end - loop.time()))
                if not coming.done() or coming.exception() is not None:
                    break
                group.append(coming.result())
                coming = None
            yield group
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            coming = None  # its exception refers to this frame
