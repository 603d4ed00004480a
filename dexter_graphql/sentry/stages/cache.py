"""Knows which answers can be given again, and for how long; bounded in bytes, in this process only.

Keys hold host, path, query and the upstream identity, so that two credentials never see each other's answers.
"""

from collections import OrderedDict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import NotFound, Refused
from dexter_graphql.sentry.generations import Generations, Stamp
from dexter_graphql.sentry.stages import Proceed

MEBIBYTE = 1024 * 1024
ENTRY_OVERHEAD = 1024
"""Bytes that an entry takes besides its body, roughly."""

LIFETIMES_S: Mapping[str, float] = MappingProxyType(
    {Lifetime.IMMUTABLE: 3600.0, Lifetime.STABLE: 60.0, Lifetime.VOLATILE: 5.0, Lifetime.NEVER: 0.0}
)
"""Lifetime class → seconds."""
ABSENT_S = 5.0
"""Seconds for which "not found" is believed."""

Key = tuple[str, str, str, tuple[tuple[str, str], ...]]


def cache_key(call: Call) -> Key:
    """What makes two reads the same read."""
    return (call.upstream.key, call.host, call.path, tuple(sorted(call.query)))


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept answer, or the refusal that said there is none, with the stamp it began with."""

    answer: Reply | NotFound
    expires_at: float
    stamp: Stamp
    size_bytes: int


class Cache:
    """The outermost stage. Writes pass, and raise the generations of what they changed."""

    def __init__(
        self,
        clock: Clock,
        generations: Generations,
        *,
        limit_bytes: int = 64 * MEBIBYTE,
        lifetimes_s: Mapping[str, float] = LIFETIMES_S,
    ) -> None:
        self._clock = clock
        self._generations = generations
        self._limit_bytes = limit_bytes
        self._lifetimes_s = lifetimes_s
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._size_bytes = 0

    def __repr__(self) -> str:
        return f"<Cache {len(self._entries)} entries, {self._size_bytes} of {self._limit_bytes} bytes>"

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """The kept answer while it holds, else a new one."""
        if call.method != "GET":
            return await self._write(call, proceed)
        key = cache_key(call)
        entry = self._held(key, call)
        if entry is not None:
            if isinstance(entry.answer, NotFound):
                raise copy(entry.answer)
            return msgspec.structs.replace(entry.answer, origin="cache")
        stamp = self._generations.stamp(call.tags)
        try:
            reply = await proceed(call)
        except NotFound as absent:
            # A copy, because a raised exception holds the frames it went through, and with them the token.
            self._keep(key, call, copy(absent), stamp, ABSENT_S)
            raise
        self._keep(key, call, reply, stamp, self._lifetimes_s[call.lifetime])
        return reply

    async def _write(self, call: Call, proceed: Proceed) -> Reply:
        """A refused write changed nothing; of any other that failed nobody knows, so it counts as done."""
        try:
            reply = await proceed(call)
        except Refused:
            raise
        except BaseException:
            self._generations.raise_(call.tags)
            raise
        self._generations.raise_(call.tags)
        return reply

    def _held(self, key: Key, call: Call) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._clock.monotonic() >= entry.expires_at or self._generations.stamp(call.tags) != entry.stamp:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _keep(self, key: Key, call: Call, answer: Reply | NotFound, stamp: Stamp, lifetime_s: float) -> None:
        """Keep an answer, unless its tags were raised while it was under way: then it may be older than the write."""
        if lifetime_s <= 0 or self._generations.stamp(call.tags) != stamp:
            return
        size = ENTRY_OVERHEAD + (len(answer.body) if isinstance(answer, Reply) else 0)
        if size > self._limit_bytes:
            return
        self._drop(key)
        self._entries[key] = Entry(answer, self._clock.monotonic() + lifetime_s, stamp, size)
        self._size_bytes += size
        while self._size_bytes > self._limit_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size_bytes -= entry.size_bytes
