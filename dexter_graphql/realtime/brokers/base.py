"""The broker interface: changes are published by topic and read from a position on.

A topic is one organization and one class of changes, each with its own retention. Readers pull: a reader slower than
the changes falls behind the retention and gets a gap; nothing is queued for it.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from dexter_graphql.realtime.changes import Change, Topic


@dataclass(frozen=True, slots=True)
class Position:
    """A place right after one change of a topic. A new `epoch` begins when a broker lost its changes."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Item:
    """A change, and the position right after it."""

    position: Position
    change: Change


@dataclass(frozen=True, slots=True)
class Gap:
    """Changes that are no longer kept: how many (None when unknown), and the position right after them."""

    position: Position
    missed: int | None


class Broker(Protocol):
    """Keeps changes in the order in which they were published."""

    async def publish(self, change: Change) -> Position:
        """Append to the change's topic; when this returns, readers will see it."""
        ...

    async def newest(self, topic: Topic) -> Position:
        """The position after everything published so far."""
        ...

    def read(self, topic: Topic, after: Position) -> AsyncGenerator[Item | Gap, None]:
        """Every change after a position, once and in order: first the kept ones, then new ones as they arrive.

        Never ends. Changes that are no longer kept appear as a gap. A position that this broker did not issue has a gap
        of unknown size that ends with the newest change: new changes follow, and none arrives twice.
        """
        ...
