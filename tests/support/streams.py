"""A scripted stream of numbers, for everything that delivers streams."""

import asyncio
from dataclasses import dataclass, field

from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.server.live.answers import StreamedAnswer


def streamed(number, start=None):
    """An answer whose body and position are its number."""
    return StreamedAnswer(ExecutionAnswer(str(number).encode()), str(number), start)


@dataclass
class Feed:
    """What a scripted source reads: answers 1, 2, … as far as they were published."""

    newest: int = 0
    published: asyncio.Condition = field(default_factory=asyncio.Condition)
    starts: list[str | None] = field(default_factory=list)
    open: int = 0
    computed: list[int] = field(default_factory=list)
    has_ended: bool = False
    knows_start: bool = True

    async def publish(self, count=1, *, ends=False):
        """Publish some more answers, perhaps the last ones."""
        async with self.published:
            self.newest += count
            self.has_ended = ends
            self.published.notify_all()

    async def read(self, after):
        """All answers after a number."""
        self.starts.append(after)
        number = self.newest if after is None else int(after)
        self.open += 1
        start = str(number) if self.knows_start else None
        try:
            while True:
                async with self.published:
                    while self.newest == number and not self.has_ended:
                        await self.published.wait()
                if self.newest == number:
                    return
                await asyncio.sleep(0)
                number += 1
                self.computed.append(number)
                yield streamed(number, start)
        finally:
            self.open -= 1


@dataclass
class Source:
    """One subscriber's view of a feed."""

    feed: Feed
    key: str = "key"
    caller: str = "caller"
    is_state: bool = False

    def answers(self, after, callers):
        return self.feed.read(after)


async def settle():
    """Let everything run that can run."""
    for _ in range(50):
        await asyncio.sleep(0)
