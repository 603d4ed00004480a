"""Memory of the addresses of files that were opened: which transfers are under way or complete."""

from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.errors import DexterError

MAX_OPENINGS = 10_000
"""Addresses that were opened and have not expired. A further one is opened when one of them has expired."""


class AddressUsed(DexterError):
    """The file was transferred completely, or its transfer is under way."""


class TooManyAddresses(DexterError):
    """Too many addresses were opened that have not expired."""


@dataclass(slots=True)
class Opening:
    """A transfer. Once it is complete, its address opens no further one."""

    nonce: str
    expires_at: float
    is_running: bool = False
    is_complete: bool = False


class Openings:
    """The openings of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._openings: dict[str, Opening] = {}

    async def begin(self, nonce: str, expires_at: float) -> Opening:
        """Begin or resume a transfer; raises AddressUsed or TooManyAddresses."""
        opening = self._openings.get(nonce)
        if opening is None:
            self._make_room()
            opening = self._openings[nonce] = Opening(nonce, expires_at)
        if opening.is_complete:
            raise AddressUsed("The file was transferred already; ask for a new address")
        if opening.is_running:
            raise AddressUsed("The file is being transferred; resume it when that transfer has ended")
        opening.is_running = True
        return opening

    async def end(self, opening: Opening) -> None:
        """End a transfer, which can be resumed unless it is complete."""
        opening.is_running = False

    def _make_room(self) -> None:
        if len(self._openings) < MAX_OPENINGS:
            return
        now = self._clock.time()
        self._openings = {
            nonce: opening
            for nonce, opening in self._openings.items()
            if opening.is_running or opening.expires_at > now
        }
        if len(self._openings) >= MAX_OPENINGS:
            raise TooManyAddresses("The server has too many open addresses of files; try again later")
