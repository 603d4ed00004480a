"""Recorded answers of a sandbox, replayed unchanged or with injected damage.

Damage depends only on its seed, the kind of the call and the row, so that a row is damaged in the same way in every
answer.
"""

import json
from dataclasses import dataclass
from random import Random

import msgspec

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.errors import SentryError, TruncatedResponse, Unavailable, UpstreamTimeout
from dexter_graphql.sentry.http.error_responses import error_for
from support.engines import kind_of, line_of
from support.rounds import RoundTransport

MAX_RECORDED = 2000
REMOVED = object()
"""Marks a removed member."""

SCALARS = (
    *(None, True, False, "", "x", "NaN", "Infinity", "null", "\ud800", "\u0000", "1", "1.5", "2026-13-45", "a" * 300),
    *(0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63, 2**64, 2**70, -(2**70), 0.0, -0.0, 1.5, 1e300, 1e20, 1.0),
)
"""Replacements for a value."""
NESTED = ([], {}, [None], [[]], ["x"], {"a": 1}, {"id": None}, [{}], {"id": "1", "slug": "x", "name": 1, "type": {}})
DAMAGES = {
    "null": lambda _value, _die: None,
    "gone": lambda _value, _die: REMOVED,
    "scalar": lambda _value, die: die.choice(SCALARS),
    "nested": lambda _value, die: die.choice(NESTED),
    "other": lambda value, _die: _other(value),
}
"""Kinds of damage to a value."""
FAILURES = (
    400,
    403,
    404,
    404,
    409,
    410,
    429,
    500,
    302,
    "cut",
    "timeout",
    "connection",
    "empty",
    "half",
    "text",
    "page",
)
"""Replacements for an answer: a status, a network error, or a malformed body."""
ROW_DEPTH = 2
"""Depth of the rows in an answer: in a list, or in a list below a member."""
BODIES = {"empty": b"", "text": b"Internal error", "page": b"<!doctype html><html></html>"}


@dataclass(frozen=True)
class Damage:
    """Shares of failing calls and damaged values, and the kinds of damage."""

    seed: int = 0
    failing: float = 0.0
    broken: float = 0.0
    kinds: tuple[str, ...] = tuple(DAMAGES)


class RecordedAnswers:
    """A transport that sends each call once and records its outcome.

    Writes go to another sandbox than reads, so that answers do not depend on earlier calls.
    """

    def __init__(self, reads, writes):
        self._reads, self._writes = reads, writes
        self._outcomes = BoundedMap(MAX_RECORDED)

    async def __call__(self, call):
        key = (call.upstream.key, line_of(call))
        outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = await self._send(call)
            self._outcomes.put(key, outcome)
        return _replay(outcome)

    async def _send(self, call):
        wire = self._reads if call.method == "GET" else self._writes
        try:
            return await wire(call)
        except SentryError as error:
            return error


class DamagedAnswers:
    """Damaged transports over recorded answers; replies come in rounds."""

    def __init__(self, recorded, damage, now):
        self._recorded, self._damage, self._now = recorded, damage, now
        self._answers = {}

    def wire(self):
        """A new transport; all of them return the same replies."""
        return RoundTransport(self._reply, patience_s=None)  # every reply comes, from the sandbox or from memory

    async def _reply(self, call):
        line = line_of(call)
        if line not in self._answers:
            self._answers[line] = await self._make_reply(call, f"{self._damage.seed} {kind_of(call)}")
        return _replay(self._answers[line])

    async def _make_reply(self, call, seed):
        die = Random(seed)
        try:
            reply = await self._recorded(call)
        except SentryError as error:
            return error
        if die.random() < self._damage.failing:
            return self._fail(call, reply, die.choice(FAILURES))
        if self._damage.broken and reply.body:
            return msgspec.structs.replace(reply, body=damage_body(reply.body, self._damage, seed))
        return reply

    def _fail(self, call, reply, failure):
        match failure:
            case int(status):
                body = {"detail": f"Refused with {status}", "slug": "elsewhere"}
                return error_for(call, status, {}, msgspec.json.encode(body), self._now)
            case "cut":
                return TruncatedResponse("Sentry's answer was cut off", title=call.title)
            case "timeout":
                return UpstreamTimeout("Sentry did not answer in time", title=call.title)
            case "connection" | "page":
                return Unavailable("Sentry cannot be reached", title=call.title)
            case "half":
                return msgspec.structs.replace(reply, body=reply.body[: len(reply.body) // 2])
            case kind:
                return msgspec.structs.replace(reply, body=BODIES[kind])


def damage_body(body, damage, seed):
    """JSON in which a share of the values is damaged."""
    kinds = [DAMAGES[kind] for kind in damage.kinds]
    value = _damage(msgspec.json.decode(body), damage.broken, kinds, Dice(seed))
    return b"" if value is REMOVED else json.dumps(value).encode()


class Dice:
    """Random numbers for a value; down to the rows of an answer each value has its own, below them its row's."""

    def __init__(self, seed, depth=0):
        self._seed, self._depth = seed, depth
        self.die = Random(seed)

    def of(self, name, item):
        """The dice of a member, or of a list item, which is identified by its content."""
        if self._depth >= ROW_DEPTH or (name is None and not isinstance(item, dict)):
            return self
        mark = msgspec.json.encode(item).decode() if name is None else name
        return Dice(f"{self._seed} {mark}", self._depth + 1)


def _damage(value, share, kinds, dice):
    if dice.die.random() < share:
        return dice.die.choice(kinds)(value, dice.die)
    if isinstance(value, dict):
        items = ((name, _damage(item, share, kinds, dice.of(name, item))) for name, item in value.items())
        return {name: item for name, item in items if item is not REMOVED}
    if isinstance(value, list):
        items = [_damage(item, share, kinds, dice.of(None, item)) for item in value]
        return [item for item in items if item is not REMOVED]
    return value


def _other(value):
    """The value with another JSON type: text for a number, a list for an object, and vice versa."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    if isinstance(value, str):
        return {"text": value}
    return str(value)


def _replay(answer):
    """Return the reply, or raise a copy of the error, because raising modifies it."""
    if not isinstance(answer, SentryError):
        return answer
    error = answer.__class__.__new__(answer.__class__, *answer.args)
    error.__dict__.update(answer.__dict__)
    raise error
