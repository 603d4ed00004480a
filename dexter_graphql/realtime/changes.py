"""Where changes go in and come out: removes echoes, publishes, and lets a reader follow a topic from a position."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import Broker, Gap, Item
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import Seal
from dexter_graphql.realtime.events import Change, Topic
from dexter_graphql.realtime.fingerprints import Echoes


@dataclass(frozen=True, slots=True)
class Followed:
    """What a follower gets: a change, or a gap, and the text of the position right after it."""

    position: str
    change: Change | None = None
    gap: Gap | None = None


class Changes:
    """All changes of all organizations. Whoever follows a topic must have been allowed to before."""

    def __init__(self, broker: Broker, echoes: Echoes, seal: Seal) -> None:
        self._broker = broker
        self._echoes = echoes
        self._seal = seal

    def __repr__(self) -> str:
        return f"<Changes in {self._broker!r}>"

    async def publish(self, change: Change) -> bool:
        """Append a change, unless it is the echo of one; True when it was new."""
        if self._echoes.is_echo(change):
            return False
        try:
            await self._broker.publish(change)
        except BaseException:
            self._echoes.retract(change)
            raise
        return True

    async def follow(self, topic: Topic, after: str | None) -> AsyncGenerator[Followed, None]:
        """What follows a position, from now on when it is None; raises BadUserInput when it is not one of ours.

        The place is fixed when this returns: what is published before the first item is asked for is not lost.
        """
        start = await self._broker.newest(topic) if after is None else self._seal.read(topic, after)
        return self._followed(topic, self._broker.read(topic, start))

    async def _followed(self, topic: Topic, found: AsyncGenerator[Item | Gap, None]) -> AsyncGenerator[Followed, None]:
        try:
            async for one in found:
                position = self._seal.written(topic, one.position)
                if isinstance(one, Item):
                    yield Followed(position, change=one.change)
                else:
                    yield Followed(position, gap=one)
        finally:
            await found.aclose()


def changes_in_memory(clock: Clock, key: bytes) -> Changes:
    """Changes that one process keeps; `key` signs positions."""
    return Changes(MemoryBroker(), Echoes(clock), Seal(key))
