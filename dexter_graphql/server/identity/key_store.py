"""Interface of the places in which Dexter keys are stored."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from dexter_graphql.server.identity.key_records import KeySet

KeyChange = Callable[[KeySet], KeySet]


class KeyStore(Protocol):
    """A file, or Redis. All methods raise KeyStoreError when the place cannot be used."""

    async def read(self) -> KeySet | None:
        """Return the stored keys; None when they are the same as at the last read."""

    async def update(self, change: KeyChange) -> None:
        """Replace the stored keys by what `change` makes of them."""

    async def read_last_uses(self) -> Mapping[str, datetime]:
        """Return when each key was last used, by ID, as far as that was recorded."""

    async def record_last_uses(self, uses: Mapping[str, datetime]) -> None:
        """Record the last use of keys."""

    async def close(self) -> None:
        """Close connections."""
