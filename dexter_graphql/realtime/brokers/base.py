"""The broker interface: changes are published by topic and read from a position on.

A topic is one organization and one class of changes, each with its own retention. Readers pull: a reader slower than
the changes falls behind the retention and gets a gap; nothing is queued for it.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from dexter_graphql.errors import DexterError
from dexter_graphql.realtime.changes import Change, Topic
from dexter_graphql.telemetry.metrics import Sample

MEBIBYTE = 1024 * 1024
MILLISECONDS = 1000


class BrokerUnavailable(DexterError):
    """The broker did not answer in time. The change may have been published; publishing it again is safe."""


class Position(NamedTuple):
    """A place right after one change of a topic: the sequence number and time of that change.

    A new `epoch` begins when a broker lost its changes.
    """

    epoch: str
    offset: int
    at_ms: int


class Item(NamedTuple):
    """A change, and the position right after it."""

    topic: Topic
    position: Position
    change: Change


class Gap(NamedTuple):
    """Changes that are no longer kept: how many (None when unknown), and the position right after them."""

    topic: Topic
    position: Position
    missed: int | None


Positions = Mapping[Topic, Position]


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of a topic is kept: the oldest changes above one of these bounds are dropped."""

    max_age_s: float = 24 * 3600.0
    max_bytes: int = 64 * MEBIBYTE
    max_changes: int = 200_000


@dataclass(frozen=True, slots=True)
class Report:
    """A change that one reporter reports. `body_hash` is the hash of a webhook's raw body, None for other reporters."""

    change: Change
    body_hash: bytes | None = None

    @property
    def key(self) -> bytes:
        """What recognizes the same delivery: the body, or the change itself."""
        return self.change.id.encode() if self.body_hash is None else self.body_hash

    def published(self, outcome: "Outcome") -> Change:
        """The change as readers receive it: without its object when the body is not trusted."""
        return replace(self.change, object=None) if outcome is Outcome.UNTRUSTED else self.change


class Outcome(StrEnum):
    """What became of a report."""

    PUBLISHED = "published"
    UNTRUSTED = "untrusted"
    """Published without its object, because the same body arrived before."""
    REDELIVERY = "redelivery"
    DUPLICATE = "duplicate"

    @property
    def is_published(self) -> bool:
        """True when readers receive the change."""
        return self in {Outcome.PUBLISHED, Outcome.UNTRUSTED}


class Broker(Protocol):
    """Keeps changes in the order in which they were published."""

    async def publish(self, report: Report) -> Outcome:
        """Append the change to its topic unless it is a redelivery or a duplicate, in one atomic step.

        When this returns, readers will see the change, and none of them finds an answer in the cache from before it.
        Raises BrokerUnavailable.
        """
        ...

    async def newest(self, topics: Sequence[Topic]) -> Positions:
        """The position after everything published so far, for each topic. Raises BrokerUnavailable."""
        ...

    def read(self, after: Positions) -> AsyncGenerator[Item | Gap, None]:
        """Every change of some topics after a position in each, once and in the order of arrival.

        First the kept changes, then new ones as they arrive; never ends. Changes that are no longer kept appear as a
        gap. A position that this broker did not issue has a gap of unknown size that ends with the newest change: new
        changes follow, and none arrives twice.
        """
        ...

    def collect(self) -> Iterable[Sample]:
        """The metrics of the broker."""
        ...

    async def start(self) -> None:
        """Start the background tasks, if there are any."""
        ...

    async def close(self) -> None:
        """End the background tasks and the connections."""
        ...
