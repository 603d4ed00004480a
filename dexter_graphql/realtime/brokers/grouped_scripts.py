"""Scripts that are run together: those that are requested while a group is on its way form the next group."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import NoScriptError, ResponseError

from dexter_graphql.realtime.brokers.base import BrokerUnavailable
from dexter_graphql.realtime.brokers.redis_keys import KEY_TYPES, TopicKeys
from dexter_graphql.realtime.brokers.redis_scripts import REPAIR_SCRIPT
from dexter_graphql.sentry.redis.connection import TIMEOUT_S, RedisConnection

MAX_GROUP = 25
"""Requests of one group, which takes Redis a millisecond or two."""
BUSY = 1.5
"""A wait that takes so many times as long as it should was delayed by this process, and says nothing about Redis."""
AWAY = "Redis does not answer; live streams continue when it is back"

Argument = str | bytes | int


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """A script with its keys and arguments, and the future of its result."""

    script: str
    keys: TopicKeys
    arguments: Sequence[Argument]
    result: "asyncio.Future[Any]"
    is_shared: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Equal for requests that one execution answers."""
        return (self.script, self.keys.head)

    @property
    def command(self) -> tuple[Argument, ...]:
        """The command without the script."""
        return (len(self.keys), *self.keys, *self.arguments)


class GroupedScripts:
    """Runs scripts on one Redis. At most one group is on its way, so that they keep the order of their requests.

    Requests that are not shared fail after `patience_s` without an answer from Redis.
    """

    def __init__(self, connection: RedisConnection, patience_s: float) -> None:
        self._connection = connection
        self._patience_s = patience_s
        self._waiting: deque[ScriptRequest] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._shared: dict[tuple[str, str], ScriptRequest] = {}
        """Requests that are waiting and answer equal ones, too."""
        self._answered = 0
        self._hashes: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<GroupedScripts {len(self._waiting)} waiting>"

    async def run(self, script: str, keys: TopicKeys, arguments: Sequence[Argument], *, is_shared: bool = False) -> Any:
        """The result of a script; raises BrokerUnavailable when Redis does not answer. It may have been run then.

        With `is_shared`, equal requests that have not been sent yet are one, whatever their arguments.
        """
        request = ScriptRequest(script, keys, arguments, asyncio.get_running_loop().create_future(), is_shared)
        if is_shared and (present := self._shared.get(request.key)) is not None:
            request = present
        else:
            self._enqueue(request)
        try:
            return await self._wait(request.result, TIMEOUT_S if is_shared else self._patience_s)
        finally:
            if not is_shared:
                request.result.cancel()  # no other caller waits for it

    async def close(self) -> None:
        """End the group that is on its way."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    def _enqueue(self, request: ScriptRequest) -> None:
        self._waiting.append(request)
        if request.is_shared:
            self._shared[request.key] = request
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_groups())

    async def _wait(self, result: "asyncio.Future[Any]", patience_s: float) -> Any:
        clock = asyncio.get_running_loop().time
        while not result.done():
            started, answered = clock(), self._answered
            await asyncio.wait([result], timeout=patience_s)
            is_busy = answered != self._answered or clock() - started > BUSY * patience_s
            if not result.done() and not is_busy:
                raise BrokerUnavailable(AWAY)
        return result.result()

    async def _send_groups(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(MAX_GROUP, len(self._waiting)))]
            group = [request for request in group if not request.result.done()]
            for request in group:
                self._shared.pop(request.key, None)
            if group:
                await self._send_group(group)

    async def _send_group(self, group: Sequence[ScriptRequest]) -> None:
        results = await self._connection.run(lambda redis: self._execute(redis, group))
        if results is None:
            results = [BrokerUnavailable(AWAY)] * len(group)
        else:
            self._answered += 1
        for request, result in zip(group, results, strict=True):
            if request.result.done():
                continue
            if isinstance(result, Exception):
                request.result.set_exception(result if isinstance(result, BrokerUnavailable) else _failure(result))
            else:
                request.result.set_result(result)

    async def _execute(self, redis: Any, group: Sequence[ScriptRequest]) -> list[Any]:
        """The results of a group. Requests that failed are sent once more, after the repair of their keys."""
        results = await self._pipeline(redis, group)
        failed = [index for index, result in enumerate(results) if isinstance(result, ResponseError)]
        if not failed:
            return results
        for index in failed:
            if not isinstance(results[index], NoScriptError):
                await redis.eval(REPAIR_SCRIPT, len(KEY_TYPES), *group[index].keys, *KEY_TYPES)
        self._hashes.clear()
        again = await self._pipeline(redis, [group[index] for index in failed])
        for index, result in zip(failed, again, strict=True):
            results[index] = result
        return results

    async def _pipeline(self, redis: Any, group: Sequence[ScriptRequest]) -> list[Any]:
        for script in {request.script for request in group} - self._hashes.keys():
            self._hashes[script] = await redis.script_load(script)
        pipeline = redis.pipeline(transaction=False)
        for request in group:
            pipeline.evalsha(self._hashes[request.script], *request.command)
        return await pipeline.execute(raise_on_error=False)  # type: ignore[no-any-return]  # untyped


def _failure(error: Exception) -> BrokerUnavailable:
    failure = BrokerUnavailable(f"Redis refused a script: {type(error).__name__}")
    failure.__cause__ = error
    return failure
