"""A Sentry that answers from memory what a sandbox said once, whole or damaged; knows JSON and no endpoint.

Damage depends on its seed, on the kind of the call and on each row alone: whoever asks gets the same rows damaged in
the same way, whatever else they ask for in the same breath.
"""

import json
from dataclasses import dataclass
from random import Random

import msgspec

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.errors import SentryError, TruncatedResponse, Unavailable, UpstreamTimeout
from dexter_graphql.sentry.http.error_responses import error_for
from support.engines import kind_of, line_of
from support.rounds import Rounds

MAX_KEPT = 2000
REMOVED = object()
"""Stands for a member that is not there."""

SCALARS = (
    *(None, True, False, "", "x", "NaN", "Infinity", "null", "\ud800", "\u0000", "1", "1.5", "2026-13-45", "a" * 300),
    *(0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63, 2**64, 2**70, -(2**70), 0.0, -0.0, 1.5, 1e300, 1e20, 1.0),
)
"""What may stand where something else belongs."""
NESTED = ([], {}, [None], [[]], ["x"], {"a": 1}, {"id": None}, [{}], {"id": "1", "slug": "x", "name": 1, "type": {}})
DAMAGES = {
    "null": lambda _value, _die: None,
    "gone": lambda _value, _die: REMOVED,
    "scalar": lambda _value, die: die.choice(SCALARS),
    "nested": lambda _value, die: die.choice(NESTED),
    "other": lambda value, _die: _other(value),
}
"""What may become of a value."""
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
"""What may come in the place of an answer: a status, an error on the way, or bytes that are no answer."""
ROW_DEPTH = 2
"""How deep in an answer its rows are: in a list, or in a list below a name."""
BODIES = {"empty": b"", "text": b"Internal error", "page": b"<!doctype html><html></html>"}


@dataclass(frozen=True)
class Damage:
    """How much of Sentry is broken, and how: the share of calls that fail, and of values that are others."""

    seed: int = 0
    failing: float = 0.0
    broken: float = 0.0
    kinds: tuple[str, ...] = tuple(DAMAGES)


class Recorded:
    """Sandboxes to be asked once for each question: one that only reads see, and one that writes may change.

    What a write changed is in no answer to a read. So answers do not depend on what was asked before.
    """

    def __init__(self, reads, writes):
        self._reads, self._writes = reads, writes
        self._kept = BoundedMap(MAX_KEPT)

    async def __call__(self, call):
        key = (call.upstream.key, line_of(call))
        outcome = self._kept.get(key)
        if outcome is None:
            outcome = await self._asked(call)
            self._kept.put(key, outcome)
        return _given(outcome)

    async def _asked(self, call):
        wire = self._reads if call.method == "GET" else self._writes
        try:
            return await wire(call)
        except SentryError as error:
            return error


class Broken:
    """A wire to a recorded Sentry that is damaged; answers come in rounds."""

    def __init__(self, recorded, damage, now):
        self._recorded, self._damage, self._now = recorded, damage, now
        self._answers = {}

    def wire(self):
        """A new wire; all of them give the same answers."""
        return Rounds(self._answered, patience_s=None)  # all of them come, some from the sandbox and some from memory

    async def _answered(self, call):
        line = line_of(call)
        if line not in self._answers:
            self._answers[line] = await self._made(call, f"{self._damage.seed} {kind_of(call)}")
        return _given(self._answers[line])

    async def _made(self, call, seed):
        die = Random(seed)
        try:
            reply = await self._recorded(call)
        except SentryError as error:
            return error
        if die.random() < self._damage.failing:
            return self._failed(call, reply, die.choice(FAILURES))
        if self._damage.broken and reply.body:
            return msgspec.structs.replace(reply, body=damaged(reply.body, self._damage, seed))
        return reply

    def _failed(self, call, reply, failure):
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


def damaged(body, damage, seed):
    """JSON of which a share of the values is not what it was."""
    kinds = [DAMAGES[kind] for kind in damage.kinds]
    value = _damaged(msgspec.json.decode(body), damage.broken, kinds, Lots(seed))
    return b"" if value is REMOVED else json.dumps(value).encode()


class Lots:
    """Draws lots for a value; down to the rows of an answer each value has lots of its own, below its row's."""

    def __init__(self, seed, depth=0):
        self._seed, self._depth = seed, depth
        self.die = Random(seed)

    def of(self, name, item):
        """The lots of a member, or of an item of a list, which is known by what it says."""
        if self._depth >= ROW_DEPTH or (name is None and not isinstance(item, dict)):
            return self
        mark = msgspec.json.encode(item).decode() if name is None else name
        return Lots(f"{self._seed} {mark}", self._depth + 1)


def _damaged(value, share, kinds, lots):
    if lots.die.random() < share:
        return lots.die.choice(kinds)(value, lots.die)
    if isinstance(value, dict):
        items = ((name, _damaged(item, share, kinds, lots.of(name, item))) for name, item in value.items())
        return {name: item for name, item in items if item is not REMOVED}
    if isinstance(value, list):
        found = [_damaged(item, share, kinds, lots.of(None, item)) for item in value]
        return [item for item in found if item is not REMOVED]
    return value


def _other(value):
    """The value in another form: text for a number, a list for an object, and the other way round."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    if isinstance(value, str):
        return {"text": value}
    return str(value)


def _given(answer):
    """The answer, or the error raised anew: whoever raises one writes on it."""
    if not isinstance(answer, SentryError):
        return answer
    again = answer.__class__.__new__(answer.__class__, *answer.args)
    again.__dict__.update(answer.__dict__)
    raise again
