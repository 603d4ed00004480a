"""Memory of the addresses of files that were opened: which transfers are under way or complete.

It is shared between replicas through Redis. An address is of use to one caller only, so that what is forgotten costs
no more than another transfer to the same caller: while Redis is away, each process goes on with its own memory.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dexter_graphql.clock import Clock
from dexter_graphql.errors import DexterError

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.marks import SharedMarks

MAX_OPENINGS = 10_000
"""Addresses that are remembered as opened. A further one takes the place of the one that was opened first."""


class State(StrEnum):
    """What is known of an address that was opened, as replicas share it."""

    RUNNING = "running"
    COMPLETE = "complete"


MESSAGES = {
    State.RUNNING: "The file is being transferred; resume it when that transfer has ended",
    State.COMPLETE: "The file was transferred already; ask for a new address",
}


class AddressUsed(DexterError):
    """The file was transferred completely, or its transfer is under way."""

    def __init__(self, state: State) -> None:
        super().__init__(MESSAGES[state])


@dataclass(slots=True)
class Opening:
    """A transfer. Once it is complete, its address opens no further one."""

    nonce: str
    expires_at: float
    is_running: bool = False
    is_complete: bool = False


class Openings:
    """The openings of this process, and through `marks` those of all replicas."""

    def __init__(self, clock: Clock, marks: "SharedMarks | None" = None) -> None:
        self._clock = clock
        self._marks = marks
        self._openings: dict[str, Opening] = {}

    async def begin(self, nonce: str, expires_at: float) -> Opening:
        """Begin or resume a transfer; raises AddressUsed."""
        opening = self._openings.get(nonce)
        if opening is None:
            self._make_room()
            opening = self._openings[nonce] = Opening(nonce, expires_at)
        if opening.is_complete or opening.is_running:
            raise AddressUsed(State.COMPLETE if opening.is_complete else State.RUNNING)
        opening.is_running = True
        try:
            await self._mark_running(opening)
        except BaseException:
            opening.is_running = False
            raise
        return opening

    async def end(self, opening: Opening) -> None:
        """End a transfer, which can be resumed unless it is complete."""
        opening.is_running = False
        if self._marks is None:
            return
        if opening.is_complete:
            await self._marks.replace(opening.nonce, State.COMPLETE, self._left_s(opening))
        else:
            await self._marks.remove(opening.nonce)

    async def _mark_running(self, opening: Opening) -> None:
        if self._marks is None:
            return
        present = await self._marks.set_new(opening.nonce, State.RUNNING, self._left_s(opening))
        if present is not None:
            raise AddressUsed(State.RUNNING if present == State.RUNNING else State.COMPLETE)

    def _left_s(self, opening: Opening) -> float:
        return max(0.0, opening.expires_at - self._clock.time())

    def _make_room(self) -> None:
        if len(self._openings) >= MAX_OPENINGS:
            oldest = next((nonce for nonce, opening in self._openings.items() if not opening.is_running), None)
            self._openings.pop(oldest or "", None)
