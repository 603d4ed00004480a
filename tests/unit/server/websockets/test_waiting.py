"""The queue and the event of a socket."""

import asyncio

from dexter_graphql.server.websockets.waiting import Gate, MessageQueue


async def test_messages_are_taken_in_order():
    """Messages that wait are taken at once, later ones when they come; a reader that was cancelled loses none."""
    queue = MessageQueue()
    queue.put_nowait(1)
    queue.put_nowait(2)
    taken = [await queue.get(), await queue.get()]
    cancelled = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait(3)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)

    assert (taken, queue.empty(), await waiting, queue.empty()) == ([1, 2], True, 3, True)


async def test_gate_is_open_at_first():
    """A task waits while the gate is closed."""
    gate = Gate()
    await gate.wait()
    gate.clear()
    waiting = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    was_waiting = not waiting.done()
    gate.set()
    await waiting

    assert (was_waiting, gate.is_set()) == (True, True)
