"""Answers without the objects of projects that a caller may not reach."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.narrowing.calls import not_found
from dexter_graphql.sentry.restriction import Narrowing

COUNTS = frozenset({"x-hits", "x-max-hits"})
"""Headers that count all objects of a list, those out of reach included."""
NARROWED_CALLS = frozenset({Narrowing.QUERY, Narrowing.SEARCH})
"""Kinds of calls for which Sentry counts what is in reach only."""
UNCHANGED = b"unchanged"
"""Stands for the body of an answer of which nothing was removed."""
MISSING = b"missing"
"""Stands for the body of an answer that is out of reach as a whole."""


def narrow_reply(
    reply: Reply, endpoint: Endpoint, names: frozenset[str], members: Sequence[str] | None = None
) -> Reply:
    """The reply without objects that name none of the projects; raises NotFound when it is such an object itself.

    `members` replaces those of the endpoint's restriction. What was removed from a cached answer is kept with it. A
    changed reply has no cache entry, because that belongs to all callers.
    """
    entry = reply.cache_entry
    key = ("reached", endpoint.name, names)
    body: bytes | None = None if entry is None else entry.get_records(key)
    if body is None:
        body = _Narrowed(endpoint, names, members or endpoint.restriction.members).body(reply)
        if entry is not None:
            entry.put_records(key, body)
    if body is MISSING:
        raise not_found(endpoint)
    if body is UNCHANGED and (
        endpoint.restriction.narrowing is not Narrowing.RESPONSE or not reply.headers.keys() & COUNTS
    ):
        return reply
    headers = {name: value for name, value in reply.headers.items() if name not in COUNTS}
    shown = reply.body if body is UNCHANGED else body
    return msgspec.structs.replace(reply, body=shown, headers=headers, cache_entry=None, is_narrowed=True)


def named_in_answer(reply: Reply, endpoint: Endpoint) -> frozenset[str]:
    """What the members of the restriction name in an answer; nothing when it cannot be read."""
    try:
        answer = msgspec.json.decode(reply.body)
    except UNREADABLE:
        return frozenset()
    return frozenset(name for member in endpoint.restriction.members for name in _values_at(answer, member.split(".")))


def _values_at(value: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _values_at(item, path)
    elif not path and value is not None:
        yield str(value)
    elif isinstance(value, dict):
        yield from _values_at(value.get(path[0]), path[1:])


class _Narrowed:
    """Removes what names none of the projects, and remembers whether there was any."""

    def __init__(self, endpoint: Endpoint, names: frozenset[str], members: Sequence[str]) -> None:
        self._endpoint = endpoint
        self._names = names
        self._paths = [member.split(".") for member in members]
        self._nested = endpoint.restriction.nested
        self._removed = 0

    def body(self, reply: Reply) -> bytes:
        """The body with the reached objects, UNCHANGED or MISSING."""
        try:
            answer = msgspec.json.decode(reply.body, type=list[msgspec.Raw] | dict[str, Any] | None)
            if isinstance(answer, list):
                answer = self._reached_items(answer)
            elif not self._is_reached(answer):
                return MISSING
            return msgspec.json.encode(answer) if self._removed else UNCHANGED
        except UNREADABLE:
            message = "Sentry's answer cannot be restricted to the caller's projects"
            raise BadResponse(message, title=self._endpoint.title, status=reply.status) from None

    def _reached_items(self, items: Sequence[msgspec.Raw]) -> list[Any]:
        """The reached items, without those that cannot be read. Unchanged ones stay undecoded."""
        reached: list[Any] = []
        for raw in items:
            removed = self._removed
            try:
                rows = self._reached_rows(msgspec.json.decode(raw))
            except UNREADABLE:
                self._removed += 1
                continue
            reached += [raw] if self._removed == removed else rows
        return reached

    def _reached_rows(self, item: Any) -> list[Any]:
        """The item when it is reached, else the reached ones of those within it, which take its place."""
        below: Mapping[str, list[Any]] = {
            name: [row for child in item[name] for row in self._reached_rows(child)]
            for name in self._nested
            if isinstance(item, dict) and isinstance(item.get(name), list)
        }
        if self._is_reached(item):
            return [item | below] if below else [item]
        self._removed += 1
        return [row for rows in below.values() for row in rows]

    def _is_reached(self, item: Any) -> bool:
        return sum(self._names_reached(item, path) for path in self._paths) > 0

    def _names_reached(self, value: Any, path: Sequence[str]) -> bool:
        """True when the value names a project at the path; lists on the way lose the items that do not."""
        if isinstance(value, list):
            reached = [item for item in value if self._names_reached(item, path)]
            self._removed += len(value) - len(reached)
            value[:] = reached
            return bool(reached)
        if not path:
            return str(value) in self._names
        return isinstance(value, dict) and self._names_reached(value.get(path[0]), path[1:])
