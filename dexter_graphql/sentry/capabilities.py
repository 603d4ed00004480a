"""Knows which forms of a question each host refused, so that they are not tried again soon; knows no endpoint.

Some forms are not published. Where Sentry takes them they save calls, elsewhere there is another way to ask; without a
memory, every question to such a server would cost the refusal first.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.sentry.errors import BadRequest, NotFound
from dexter_graphql.sentry.parents import OrganizationRef

LIFETIME_S = 3600.0
"""A server may be upgraded, and then takes the form."""
LIMIT = 256
"""Refusals that are remembered; the oldest goes first."""
T = TypeVar("T")


class RefusedParameters:
    """Remembers refused forms by host, for an hour, in this process only."""

    def __init__(self, clock: Clock) -> None:
        self._refused: ExpiringMap[tuple[str, str], bool] = ExpiringMap(LIFETIME_S, LIMIT, clock.monotonic)

    def __len__(self) -> int:
        return len(self._refused)

    def is_refused(self, form: str, host: str) -> bool:
        """True when the host refused that form within the last hour; the configured one is called ""."""
        return self._refused.get((form, host)) is not None

    async def ask(
        self,
        form: str,
        organization: OrganizationRef,
        *,
        first: Callable[[], Awaitable[T]],
        otherwise: Callable[[], Awaitable[T]],
    ) -> T:
        """What `first` gives, which asks in that form; what `otherwise` gives where the host refuses it.

        A refusal may also be about the object or about an argument. Then the other way is refused as well, and nothing
        is remembered.
        """
        host = organization.region_url or ""
        if self.is_refused(form, host):
            return await otherwise()
        try:
            return await first()
        except (BadRequest, NotFound):
            answer = await otherwise()
        self._refused.put((form, host), True)  # noqa: FBT003  # stands for the refusal
        return answer
