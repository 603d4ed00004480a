"""Stage that ends reads under way when Sentry rejects their credential."""

import asyncio
from typing import Any

from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.credentials import CredentialRegistry
from dexter_graphql.sentry.stages import CallNext


class PendingRead:
    """A task that waits for the answer to a read."""

    __slots__ = ("_cancelling", "_is_rejected", "_task")

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self._cancelling = task.cancelling()
        self._is_rejected = False

    def reject(self) -> None:
        """Wake the task, unless it is the one that saw the rejection."""
        if self._task is not asyncio.current_task():
            self._is_rejected = True
            self._task.cancel()

    def is_woken(self) -> bool:
        """True when the cancellation that the task has just got was this one and no other."""
        return self._is_rejected and self._task.uncancel() <= self._cancelling


class EndOnRejection:
    """Raises Unauthorized in all reads of a credential at once. Writes go on, so that their outcome is known."""

    def __init__(self, credentials: CredentialRegistry) -> None:
        self._credentials = credentials
        self._reads: dict[str, set[PendingRead]] = {}
        credentials.subscribe(self._end)

    def __repr__(self) -> str:
        return f"<EndOnRejection {sum(map(len, self._reads.values()))} reads under way>"

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The answer, unless the credential is rejected first."""
        task = asyncio.current_task()
        if call.method != "GET" or task is None:
            return await call_next(call)
        read, upstream_key = PendingRead(task), call.upstream.key
        self._reads.setdefault(upstream_key, set()).add(read)
        try:
            return await call_next(call)
        except asyncio.CancelledError:
            if read.is_woken():
                raise self._credentials.rejection(upstream_key, call.title) from None
            raise
        finally:
            self._remove(upstream_key, read)
            del task, read  # a cancelled task holds this frame

    def _end(self, upstream_key: str) -> None:
        for read in tuple(self._reads.get(upstream_key, ())):
            read.reject()

    def _remove(self, upstream_key: str, read: PendingRead) -> None:
        reads = self._reads[upstream_key]
        reads.discard(read)
        if not reads:
            del self._reads[upstream_key]
