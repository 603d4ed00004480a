"""Live queries: the whole answer of a query, computed again when something that it was made of has changed.

Each question of one reach is computed once for all who watch it. What touches the answer are its cache tags, which
webhooks, polling and mutations invalidate, here and on other replicas.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.graph.context import Callers, SharedStream
from dexter_graphql.sentry.tag_watches import TagWatch, TagWatches
from dexter_graphql.server.executor import ExecutionRequest, Refreshed
from dexter_graphql.server.live.answers import StreamedAnswer
from dexter_graphql.server.live.live_pace import LivePace

POSITION_BYTES = 12
MIN_INTERVAL_S = 1.0
"""Seconds between the beginnings of two refreshes of one question."""
RETRY_S = 10.0
"""Seconds after a refresh that failed for a reason that passes."""


Refresh = Callable[[ExecutionRequest, SharedStream], Awaitable[Refreshed]]


class _Extensions(msgspec.Struct):
    retryable: bool = False


class _Error(msgspec.Struct):
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class _Answer(msgspec.Struct):
    errors: list[_Error] = []


@dataclass(frozen=True, slots=True)
class LiveServices:
    """What all live queries share."""

    refresh: Refresh
    watches: TagWatches
    pace: LivePace
    take_turn: Callable[[], Awaitable[None]]
    clock: Clock


class LiveQuery:
    """One question, as a stream whose answers replace each other: a query with its variables, asked with one reach.

    `key` is that of all equal questions.
    """

    is_state = True

    def __init__(self, execution: ExecutionRequest, key: Hashable, services: LiveServices) -> None:
        self.key = key
        self.caller = execution.identity.caller.subject
        self._execution = execution
        self._upstream_key = execution.identity.upstream.key
        self._services = services
        self._calls: int | None = None
        """Calls of the last refresh; None before the first answer."""
        self._recheck_at: float | None = None
        """When the answer is computed again although nothing more has touched it."""

    async def answers(self, _after: str | None, callers: Callers) -> AsyncIterator[StreamedAnswer]:
        """The present answer, then each one that differs from the one before; ends when the operation is refused.

        Each is charged to one of `callers`. Its position identifies the answer.
        """
        clock = self._services.clock
        last: ExecutionAnswer | None = None
        shared = SharedStream(None, callers, self._services.take_turn)
        with self._services.watches.watch() as watch:
            while True:
                began_at = clock.monotonic()
                refreshed = await self._compute(watch, shared)
                answer, is_failed = refreshed.answer, has_passing_error(refreshed.answer)
                is_news = last is None or answer.body != last.body
                if is_news and (last is None or not is_failed):
                    last = answer
                    yield StreamedAnswer(answer, position_of(answer))
                if answer.is_request_error and not is_failed:
                    return
                if is_failed:
                    self._recheck_at = clock.monotonic() + RETRY_S
                elif is_news and refreshed.calls == 1:
                    # The only call that was made shows the change: Sentry's search index knows it already.
                    self._recheck_at = None
                await self._wait(watch)
                await clock.sleep(began_at + MIN_INTERVAL_S - clock.monotonic())

    async def _compute(self, watch: TagWatch, shared: SharedStream) -> Refreshed:
        pace, expected = self._services.pace, self._calls
        if expected is not None:  # the first answer is an ordinary read
            await pace.wait(self._upstream_key, expected)
        await shared.take_turn()
        watch.begin()
        refreshed = await self._services.refresh(self._execution, shared)
        watch.narrow(refreshed.tags)
        if expected is not None:
            pace.correct(self._upstream_key, refreshed.calls - expected)
        self._calls = max(1, refreshed.calls)
        return refreshed

    async def _wait(self, watch: TagWatch) -> None:
        """Return when the answer was touched, or when it is to be computed again."""
        clock = self._services.clock
        if self._recheck_at is None or watch.touched.is_set():
            await watch.touched.wait()
        else:
            await _wait_at_most(watch.touched, self._recheck_at - clock.monotonic(), clock)
        is_touched = watch.touched.is_set()
        self._recheck_at = clock.monotonic() + self._services.watches.lag_s if is_touched else None


async def _wait_at_most(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    waits: list[asyncio.Future[Any]] = [
        asyncio.ensure_future(event.wait()),
        asyncio.ensure_future(clock.sleep(seconds)),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def position_of(answer: ExecutionAnswer) -> str:
    """What identifies the content of an answer: a client that has it does not get it again when it comes back."""
    return hashlib.blake2b(answer.body, digest_size=POSITION_BYTES).hexdigest()


def has_passing_error(answer: ExecutionAnswer) -> bool:
    """True when the answer has an error that may be gone at the next try."""
    if not answer.codes:
        return False
    with suppress(msgspec.DecodeError):
        return any(error.extensions.retryable for error in msgspec.json.decode(answer.body, type=_Answer).errors)
    return False
