"""The Dexter keys of a running server: read from their store again and again, and looked up in memory."""

import asyncio
import hmac
from datetime import UTC, datetime

from dexter_graphql.clock import Clock
from dexter_graphql.server.identity.key_records import Key, KeyHasher, KeySet, KeyStoreError, id_of
from dexter_graphql.server.identity.key_store import KeyStore
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Sample

SAMPLE_S = 60.0
"""Shortest time between two records of the last uses."""
NO_DIGEST = "0" * 64


class KeyRing:
    """Keys in memory. While the store cannot be read, those that were read last stay valid until they expire."""

    def __init__(self, store: KeyStore, hasher: KeyHasher, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self.is_loaded = False
        """True once the store could be read."""
        self._uses: dict[str, float] = {}
        self._recorded_at = clock.monotonic()
        self._problem: str | None = None
        self._records_uses = True
        self._reading = asyncio.Lock()
        self._log = get_log("dexter.keys")

    def __repr__(self) -> str:
        return f"<KeyRing {len(self._keys)} keys>"

    def find(self, text: str) -> Key | None:
        """Return the active key that a client sent; takes the same time for a wrong key and an unknown one."""
        key = self._keys.get(id_of(text) or "")
        is_equal = hmac.compare_digest(self._hasher.digest(text), NO_DIGEST if key is None else key.digest)
        if key is None or not is_equal or not self._is_active(key):
            return None
        self._uses[key.id] = self._clock.time()
        return key

    def has_ended(self, key_id: str) -> bool:
        """True for a key that was revoked, has expired or is no longer stored."""
        key = self._keys.get(key_id)
        return key is None or not self._is_active(key)

    async def refresh(self) -> None:
        """Read the store, if it has changed. What cannot be read is logged once, and changes nothing."""
        # One after the other: an older state that was read slowly must not replace a newer one.
        async with self._reading:
            try:
                keys = await self._store.read()
            except KeyStoreError as error:
                self._report(str(error))
                return
            if keys is not None:
                self._use(keys)

    async def record_last_uses(self) -> None:
        """Record the last uses in the store, once per minute at most; a store that is read-only keeps none."""
        if not self._uses or self._clock.monotonic() < self._recorded_at + SAMPLE_S:
            return
        self._recorded_at = self._clock.monotonic()
        uses = {key_id: datetime.fromtimestamp(time, UTC) for key_id, time in self._uses.items()}
        self._uses = {}
        try:
            await self._store.record_last_uses(uses)
        except KeyStoreError as error:
            if self._records_uses:
                self._log.warning("last use of keys not recorded", reason=str(error))
            self._records_uses = False
        else:
            self._records_uses = True

    def problems(self) -> list[str]:
        """Why no key is accepted; empty when the store could be read, if only once."""
        return [] if self.is_loaded else ["The Dexter keys cannot be read"]

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    def collect(self) -> list[Sample]:
        """The number of keys by state."""
        active = sum(map(self._is_active, self._keys.values()))
        counts = {"active": active, "ended": len(self._keys) - active}
        return [
            Sample("dexter_keys", "Dexter keys by state.", count, (("state", state),))
            for state, count in counts.items()
        ]

    def _use(self, keys: KeySet) -> None:
        self._keys = {key.id: key for key in keys.keys}
        self.is_loaded = True
        self._problem = None
        self._log.info("keys loaded", keys=len(keys.keys), revision=keys.revision)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._log.error("keys cannot be loaded", reason=problem, keys_in_use=len(self._keys))

    def _is_active(self, key: Key) -> bool:
        return key.is_active(self._clock.now())
