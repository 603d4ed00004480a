"""Background task that ends open streams and WebSockets soon after their credential has ended."""

from collections.abc import Sequence
from traceback import format_exception

from dexter_graphql.clock import Clock
from dexter_graphql.server.identity.key_ring import KeyRing
from dexter_graphql.server.identity.keys import CREDENTIAL_PREFIX
from dexter_graphql.server.quotas import Quota
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.redact import redacted

INTERVAL_S = 1.0
"""Time between two looks at the keys and at the open streams."""


class CredentialWatch:
    """Refreshes the keys, and ends what was opened with a credential that was revoked or has expired."""

    def __init__(self, ring: KeyRing | None, quotas: Sequence[Quota], clock: Clock) -> None:
        self._ring = ring
        self._quotas = quotas
        self._clock = clock
        self._log = get_log("dexter.keys")

    async def run(self) -> None:
        """Look again and again, until the task is cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # the border of the task: without it revoked keys would stay valid
                self._log.error("keys and streams not checked", exception=redacted("".join(format_exception(error))))
            await self._clock.sleep(INTERVAL_S)

    async def look(self) -> None:
        """Do all of it once."""
        if self._ring is not None:
            await self._ring.refresh()
            await self._ring.record_last_uses()
        now = self._clock.time()
        for quota in self._quotas:
            quota.end_expired(now, self._has_ended)

    def _has_ended(self, credential: str) -> bool:
        if self._ring is None or not credential.startswith(CREDENTIAL_PREFIX):
            return False
        return self._ring.has_ended(credential.removeprefix(CREDENTIAL_PREFIX))
