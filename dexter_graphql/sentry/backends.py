"""Knows which of Sentry's two forms of alerts each host serves, and finds out by asking; knows no endpoint.

The newer form has detectors and workflows, the retired one rules. A host that lacks a form answers 404 there; one that
switches the retired form off for minutes answers 410.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.errors import ClientError, FeatureUnavailable, Gone, NotFound

LIFETIME_S = 3600.0
"""A server may be upgraded, after which it serves both forms and means the newer one."""
T = TypeVar("T")


class AlertBackends:
    """Remembers the hosts that serve only the retired form; everybody else is asked in the newer one first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._retired_until: dict[str, float] = {}

    def is_retired(self, host: str) -> bool:
        """True when the host was found to serve only the retired form."""
        return self._clock.monotonic() < self._retired_until.get(host, 0.0)

    async def ask(self, host: str, *, newer: Callable[[], Awaitable[T]], retired: Callable[[], Awaitable[T]]) -> T:
        """The answer of the form that the host serves; raises FeatureUnavailable when it serves neither.

        Both must ask for lists of the organization, so that 404 means the form and not the object.
        """
        is_retired = self.is_retired(host)
        one, other = (retired, newer) if is_retired else (newer, retired)
        try:
            return await one()
        except (NotFound, Gone) as refused:
            first = refused
        try:
            answer = await other()
        except (NotFound, Gone) as second:
            raise _neither(first, second) from None
        self._remember(host, is_retired=not is_retired)
        return answer

    def _remember(self, host: str, *, is_retired: bool) -> None:
        if is_retired:
            self._retired_until[host] = self._clock.monotonic() + LIFETIME_S
        else:
            self._retired_until.pop(host, None)


def _neither(*refused: ClientError) -> ClientError:
    """A brownout passes and says so itself; without one the server has no alerts."""
    gone = next((one for one in refused if isinstance(one, Gone)), None)
    if gone is not None:
        return gone
    return FeatureUnavailable("This Sentry serves neither monitors nor alert rules", title=refused[0].title, status=404)
