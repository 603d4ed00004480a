"""Streams of operations: subscriptions that share their computation, and operations with one answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from dataclasses import dataclass

from dexter_graphql.graph.context import Callers, SharedStream
from dexter_graphql.server.executor import ExecutionRequest, RequestExecutor
from dexter_graphql.server.live.answers import StreamedAnswer
from dexter_graphql.server.live.fan_out import FanOut
from dexter_graphql.server.live.live_queries import LiveQuery, LiveServices
from dexter_graphql.server.live.resume_argument import ResumeArguments
from dexter_graphql.server.live.subscription import Subscription


@dataclass(frozen=True, slots=True)
class SubscriptionSource:
    """A subscription as a stream."""

    executor: RequestExecutor
    execution: ExecutionRequest
    key: Hashable
    take_turn: Callable[[], Awaitable[None]]
    is_state: bool = False

    @property
    def caller(self) -> str:
        """Subject of the caller."""
        return self.execution.identity.caller.subject

    def answers(self, after: str | None, callers: Callers) -> AsyncIterator[StreamedAnswer]:
        """The answers after a position."""
        return self.executor.stream(self.execution, SharedStream(after, callers, self.take_turn))


class OperationStreams:
    """Opens operations as streams, for all transports."""

    def __init__(self, executor: RequestExecutor, fan_out: FanOut, live: LiveServices) -> None:
        self.executor = executor
        self.turns = fan_out.turns
        self._fan_out = fan_out
        self._live = live
        self._resume_argument = ResumeArguments()

    async def close(self) -> None:
        """End all streams that are shared."""
        await self._fan_out.close()

    def open(self, execution: ExecutionRequest, last_event_id: str | None = None) -> AsyncIterator[StreamedAnswer]:
        """The answers of any operation; those of a subscription after `last_event_id`, when there is one.

        A live query sends its present answer first, unless `last_event_id` is the id of that answer. The iterator has
        `aclose`.
        """
        if execution.is_stream:
            return self.subscribe(execution, last_event_id)
        return self.executor.stream(execution)

    def subscribe(self, execution: ExecutionRequest, last_event_id: str | None = None) -> Subscription:
        """The answers of a stream after `last_event_id`, or after the position in the arguments of a subscription."""
        if execution.is_live:
            key = self.executor.stream_key(execution, execution.request.variables or {})
            return self._fan_out.join(LiveQuery(execution, key, self._live), last_event_id)
        entry, variables = execution.prepared.operation_entry, execution.request.variables
        assert entry is not None  # noqa: S101  # it is a subscription
        argument = self._resume_argument(entry)
        start = argument.value(variables) if last_event_id is None else last_event_id
        key = self.executor.stream_key(execution, argument.without(variables))
        return self._fan_out.join(SubscriptionSource(self.executor, execution, key, self.turns.take), start)
