"""Wires that answer in rounds, so that which calls are under way together is the same each time."""

import asyncio
from collections import defaultdict, deque

from aiodataloader import dispatch_queue

from dexter_graphql.sentry.errors import Unavailable
from support.engines import line_of

MAX_TURNS = 10_000
"""Turns of the event loop after which it counts as idle, because somebody never rests."""
PATIENCE_S = 0.2
"""How long a round waits for its last answers, if not for ever; later ones come alone."""


_dispatching = set()
"""Batches that wait to be sent off: the event loop alone would forget them."""


async def idle():
    """Return when nothing in this event loop can go on without an answer from outside, but those who wait here."""
    loop = asyncio.get_running_loop()
    loop.idlers = getattr(loop, "idlers", 0) + 1
    try:
        for _ in range(MAX_TURNS):
            await asyncio.sleep(0)
            if len(loop._ready) < loop.idlers:
                return
    finally:
        loop.idlers -= 1


def dispatch_when_idle(_loop, loader):
    """Send a batch off when nobody can put another key into it, in the place of the next turn of the event loop.

    Which of two batches of one kind are one, must not depend on how many turns an engine takes.
    """

    async def dispatch():
        await idle()
        dispatch_queue(loader)

    _dispatching.add(task := asyncio.ensure_future(dispatch()))
    task.add_done_callback(_dispatching.discard)


class Rounds:
    """Collects calls until nobody can ask for more without an answer, then answers all of them at once.

    A real Sentry is so much slower than the event loop that calls of one level go out together; how many turns an
    engine takes to make them must not matter. `answer` is a wire. `calls` remembers what was asked, `history` each
    answer or error with its call and the number of its round; it is None where whoever asked did not wait for it.
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
        """Return when nobody has asked for anything that a round would bring."""
        await idle()
        while self._rounds:
            await asyncio.wait(self._rounds)
            await idle()

    async def _run(self):
        await idle()
        self._running = None
        together, self._waiting = [one for one in self._waiting if not one[1].done()], []
        if together:
            tasks = [self._begun(call, future) for call, future in together]
            await asyncio.wait(tasks, timeout=self._patience_s)
            self._number += 1
            for task, (call, future) in zip(tasks, together, strict=True):
                if task.done():
                    self._settle(call, future, task)
                else:
                    task.add_done_callback(lambda late, call=call, future=future: self._settle_late(call, future, late))

    def _begun(self, call, future):
        """A task that performs the call, for as long as somebody waits for it."""
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


class Player:
    """Answers as a history tells, in its rounds; a call that the history does not have is an error."""

    def __init__(self, history):
        self._history = defaultdict(deque)
        for number, call, answer in history:
            self._history[line_of(call)].append((number, answer))
        self._waiting = []
        self._running = None
        self.calls = []

    async def __call__(self, call):
        self.calls.append(call)
        told = self._history[line_of(call)]
        number, answer = told.popleft() if told else (0, Unavailable("Nobody asked for this", title=call.title))
        future = asyncio.get_running_loop().create_future()
        if answer is not None:
            self._waiting.append((number, future, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def rest(self):
        """Return when nobody has asked for anything that has an answer."""
        await idle()
        while self._running is not None:
            await asyncio.wait([self._running])
            await idle()

    async def _run(self):
        """Answer the calls of the earliest round; whoever waits for a later one waits for those who ask next."""
        await idle()
        while self._waiting:
            first = min(number for number, _, _ in self._waiting)
            together = [one for one in self._waiting if one[0] == first]
            self._waiting = [one for one in self._waiting if one[0] != first]
            for _, future, answer in together:
                _give(future, answer)
            await idle()
        self._running = None


def _give(future, answer):
    if future.done():  # whoever asked left meanwhile
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)
