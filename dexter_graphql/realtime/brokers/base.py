"""Knows what a broker is: changes go in by topic, and are read from a position on. Knows no store.

A topic is one organization and one class of changes. Each has its own retention. Readers pull: one that is slower than
the changes come falls behind what is kept and is told so by a gap; nothing is queued for it.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from dexter_graphql.realtime.changes import Change, Topic


@dataclass(frozen=True, slots=True)
class Position:
    """A place right after one change of a topic. A new `epoch` begins when a broker lost its memory."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Item:
    """A change, and the position right after it."""

    position: Position
    change: Change


@dataclass(frozen=True, slots=True)
class Gap:
    """Changes that are no longer kept: how many (None when nobody knows), and the position right after them."""

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
        """Everything after a position, each once and in order, first what is kept and then what comes.

        Never ends by itself. What is no longer kept shows as a gap in its place.
        """
        ...
