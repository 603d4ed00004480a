"""Transports that reply in rounds, so that the same calls are concurrent in every run."""

import asyncio
from collections import defaultdict, deque

from aiodataloader import dispatch_queue

from dexter_graphql.sentry.errors import Unavailable
from support.engines import line_of

MAX_TURNS = 10_000
"""Turns of the event loop after which it counts as idle even if a task never waits."""
PATIENCE_S = 0.2
"""How long a round waits for its last replies; later replies are delivered alone."""


_dispatching = set()
"""Tasks of waiting batches; the event loop holds only weak references."""


async def wait_until_idle():
    """Wait until all other tasks of this event loop wait for replies or for idleness."""
    loop = asyncio.get_running_loop()
    loop.idle_waiters = getattr(loop, "idle_waiters", 0) + 1
    try:
        for _ in range(MAX_TURNS):
            await asyncio.sleep(0)
            if len(loop._ready) < loop.idle_waiters:
                return
    finally:
        loop.idle_waiters -= 1


def dispatch_when_idle(_loop, loader):
    """Dispatch a batch when no task can add another key, instead of at the next turn of the event loop.

    The content of batches must not depend on how many turns an engine takes.
    """

    async def dispatch():
        await wait_until_idle()
        dispatch_queue(loader)

    _dispatching.add(task := asyncio.ensure_future(dispatch()))
    task.add_done_callback(_dispatching.discard)


class RoundTransport:
    """A transport that collects calls until no task can add another, then performs all of them at once.

    Sentry is much slower than the event loop, so that all calls of a level are concurrent however many turns an
    engine takes. `answer` is the transport behind it. `calls` records all calls; `history` records each reply or error
    with its call and the number of its round, or None where the caller did not wait for it.
    """

    def __init__(self, answer, *, patience_s=PATIENCE_S):
        self._answer = answer
        self._patience_s = patience_s
        self._waiting = []
        self._running = None
        self._rounds = set()
        self._number = 0
        self.calls = []
        self.history = []

    async def __call__(self, call):
        self.calls.append(call)
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
            self._rounds.add(self._running)
            self._running.add_done_callback(self._rounds.discard)
        return await future

    async def rest(self):
        """Wait until no call is pending."""
        await wait_until_idle()
        while self._rounds:
            await asyncio.wait(self._rounds)
            await wait_until_idle()

    async def _run(self):
        await wait_until_idle()
        self._running = None
        batch, self._waiting = [entry for entry in self._waiting if not entry[1].done()], []
        if batch:
            tasks = [self._start(call, future) for call, future in batch]
            await asyncio.wait(tasks, timeout=self._patience_s)
            self._number += 1
            for task, (call, future) in zip(tasks, batch, strict=True):
                if task.done():
                    self._settle(call, future, task)
                else:
                    task.add_done_callback(lambda late, call=call, future=future: self._settle_late(call, future, late))

    def _start(self, call, future):
        """A task that performs the call and is cancelled when its caller stops waiting."""
        task = asyncio.ensure_future(self._answer(call))
        future.add_done_callback(lambda _: task.cancel())
        return task

    def _settle_late(self, call, future, task):
        self._number += 1
        self._settle(call, future, task)

    def _settle(self, call, future, task):
        if task.cancelled() or future.done():
            self.history.append((self._number, call, None))
            return
        error = task.exception()
        self.history.append((self._number, call, error or task.result()))
        if error is None:
            future.set_result(task.result())
        else:
            future.set_exception(error)


class ReplayTransport:
    """A transport that replays a history in its rounds; a call outside the history fails."""

    def __init__(self, history):
        self._history = defaultdict(deque)
        for number, call, answer in history:
            self._history[line_of(call)].append((number, answer))
        self._waiting = []
        self._running = None
        self.calls = []

    async def __call__(self, call):
        self.calls.append(call)
        replies = self._history[line_of(call)]
        number, answer = replies.popleft() if replies else (0, Unavailable("Not in the history", title=call.title))
        future = asyncio.get_running_loop().create_future()
        if answer is not None:
            self._waiting.append((number, future, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def rest(self):
        """Wait until no call with a recorded reply is pending."""
        await wait_until_idle()
        while self._running is not None:
            await asyncio.wait([self._running])
            await wait_until_idle()

    async def _run(self):
        """Reply to the calls of the earliest round, round by round."""
        await wait_until_idle()
        while self._waiting:
            first = min(number for number, _, _ in self._waiting)
            batch = [entry for entry in self._waiting if entry[0] == first]
            self._waiting = [entry for entry in self._waiting if entry[0] != first]
            for _, future, answer in batch:
                _deliver(future, answer)
            await wait_until_idle()
        self._running = None


def _deliver(future, answer):
    if future.done():  # the caller was cancelled
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)
