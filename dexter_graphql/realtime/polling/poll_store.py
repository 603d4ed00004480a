"""States of polled organizations between polls: in this process, and in Redis where replicas and restarts find them."""

from typing import TYPE_CHECKING

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.polling.poll_state import PollState, decode_state, encode_state

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.shared_texts import SharedTexts

MAX_STATES = 100


class PollStore:
    """The state of each organization. An older state is as good as the newest one: it has its place in the streams."""

    def __init__(self, texts: "SharedTexts | None" = None) -> None:
        self._texts = texts
        self._own: BoundedMap[str, str] = BoundedMap(MAX_STATES)

    async def get(self, organization: str) -> PollState:
        """The state that was stored last; an empty one when there is none."""
        text = None if self._texts is None else await self._texts.get(organization)
        text = text or self._own.get(organization)
        return (None if text is None else decode_state(text)) or PollState()

    async def put(self, organization: str, state: PollState) -> None:
        """Store a state."""
        text = encode_state(state)
        self._own.put(organization, text)
        if self._texts is not None:
            await self._texts.put(organization, text)
