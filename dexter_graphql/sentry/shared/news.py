"""Tells the other replicas which answers no longer hold, and hears it from them.

Generations stand in Redis as a number per tag that never comes back, so that even after Redis lost it no old answer
holds again. What cannot be told is kept and told later; until then this replica takes nothing from Redis.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from uuid import uuid4

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.generations import Generations
from dexter_graphql.sentry.shared.line import FAILURES, Line
from dexter_graphql.sentry.shared.vault import Vault

CHANNEL = "dexter:raised"
EVERYTHING = "*"
"""The tag that every answer depends on."""
MAX_UNTOLD = 10_000
GENERATION_MS = 3 * 24 * 3600 * 1000
"""Longer than any answer is kept."""
WAIT_S = 1.0
"""A write waits so long for the others to know."""
AGAIN_S = 0.5

RAISE = f"""
for _, key in ipairs(KEYS) do
  local kept = redis.call('GET', key)
  local count = kept and tonumber(string.match(kept, '^%d+')) or tonumber(ARGV[1])
  redis.call('SET', key, string.format('%.0f:%s', count + 2, ARGV[1]), 'PX', {GENERATION_MS})
end
redis.call('PUBLISH', '{CHANNEL}', ARGV[2])
return 1
"""


class Raised(msgspec.Struct, frozen=True, array_like=True):
    """A message: who raised which tags."""

    teller: str
    tags: tuple[str, ...]


class News:
    """Both directions. `start` must be called in the event loop, `close` ends it."""

    def __init__(self, line: Line, vault: Vault, generations: Generations, clock: Clock) -> None:
        self._line = line
        self._vault = vault
        self._generations = generations
        self._clock = clock
        self._me = uuid4().hex
        self._untold: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._all_told = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<News {len(self._untold)} tags to tell>"

    @property
    def is_told(self) -> bool:
        """True when the others know all that this replica raised."""
        return not self._untold

    def place(self, tag: str) -> str:
        """Where the generation of a tag stands."""
        return self._vault.name("generation", tag)

    def start(self) -> None:
        """Begin to tell and to listen."""
        self._generations.follow(self.tell)
        self._tasks = [asyncio.create_task(self._telling()), asyncio.create_task(self._listening())]

    async def close(self) -> None:
        """End both."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, tags: Iterable[str]) -> None:
        """Tell the others soon that these tags were raised here."""
        self._untold |= dict.fromkeys(tags)
        if len(self._untold) > MAX_UNTOLD:
            self._untold = {EVERYTHING: None}
        self._wake.set()
        self._all_told.clear()

    async def told(self) -> None:
        """Return when the others know, or when waiting longer would not help."""
        if self._untold and self._line.is_up:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_told.wait(), WAIT_S)

    async def _telling(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._untold:
                if not await self._told_all(tuple(self._untold)):
                    await self._clock.sleep(AGAIN_S)
            self._all_told.set()

    async def _told_all(self, tags: tuple[str, ...]) -> bool:
        now_ms = str(int(self._clock.time() * 1000))
        message = self._vault.sealed(CHANNEL, msgspec.json.encode(Raised(self._me, tags)))
        places = [self.place(tag) for tag in tags]

        async def work(redis: object) -> object:
            return await redis.eval(RAISE, len(places), *places, now_ms, message)  # type: ignore[attr-defined]  # untyped

        if await self._line.ask(work) is None:
            return False
        for tag in tags:
            self._untold.pop(tag, None)
        return True

    async def _listening(self) -> None:
        while True:
            listener = self._line.listener()
            try:
                await listener.subscribe(CHANNEL)
                # Whatever was told while nobody listened here was missed.
                self._generations.raise_everything()
                while True:
                    message = await listener.get_message(timeout=None)
                    if message is not None:
                        self._hear(message["data"])
            except FAILURES:
                await self._clock.sleep(AGAIN_S)
            finally:
                await _closed(listener)

    def _hear(self, sealed: bytes) -> None:
        content = self._vault.opened(CHANNEL, sealed)
        if content is None:
            return
        try:
            raised = msgspec.json.decode(content, type=Raised)
        except msgspec.DecodeError:
            return
        if raised.teller == self._me:
            return
        if EVERYTHING in raised.tags:
            self._generations.raise_everything()
        else:
            self._generations.raise_(raised.tags, is_news=False)


async def _closed(listener: object) -> None:
    with suppress(*FAILURES):
        await listener.aclose()  # type: ignore[attr-defined]  # untyped
