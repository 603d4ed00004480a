"""Both engines over one schema: runs a document on each, and says in what their answers differ.

Knows the pipeline and no noun. What it means to agree stands here alone: whoever compares engines compares with it.
"""

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from dexter_graphql.engine.pipeline import Pipeline

try:
    from dexter_graphql.engine.compiler import Compiler
except ModuleNotFoundError:
    Compiler = None

ADDRESS = re.compile(r"0x[0-9a-f]+")
"""Where an object lies in memory, as texts of exceptions show it."""
TIMES = ("ms", "waitedMs", "retryAfterSeconds")
"""Members of an answer that depend on how long something took."""


@dataclass(frozen=True)
class Engines:
    """The engine under test and the one that it is measured by, graphql-core's own."""

    compiled: Pipeline
    interpreted: Pipeline
    compiler: Any

    def __iter__(self):
        yield self.compiled
        yield self.interpreted


def engines(schema, *, sights=1, **options):
    """Both engines over a schema; the compiled one compiles a document when it sees it for the `sights`th time."""
    compiler = None if Compiler is None else Compiler(schema, sights=sights)
    compiled = {} if compiler is None else {"compiler": compiler}
    return Engines(Pipeline(schema, **options, **compiled), Pipeline(schema, **options), compiler)


@contextmanager
def tallied(engines, tell):
    """Tell which way the compiled engine went, while the block lasts."""
    ways = ("fast", "replayed", "interpreted", "compiled")
    tally = getattr(engines.compiler, "tally", None)
    before = {way: getattr(tally, way, 0) for way in ways}
    yield
    for way in ways:
        if getattr(tally, way, 0) > before[way]:
            tell(way)


class Body(msgspec.Struct):
    """An answer, its data as it stands in the bytes."""

    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    errors: list[dict] = []
    extensions: dict = {}


@dataclass(frozen=True)
class Outcome:
    """All of what running a document did, in the form in which two engines must agree.

    `data` is its JSON, so that order, numbers and escapes count. Errors are a multiset: in which order they come when
    something is waited for is nobody's promise. `unforeseen` are the exceptions that clients do not see, `writes` the
    calls that change something, in their order.
    """

    data: bytes | None = None
    errors: Counter = field(default_factory=Counter)
    extensions: bytes = b"{}"
    names: tuple[str, ...] = ()
    is_request_error: bool = False
    codes: tuple[str, ...] = ()
    unforeseen: Counter = field(default_factory=Counter)
    raised: str | None = None
    calls: Counter = field(default_factory=Counter)
    writes: tuple[str, ...] = ()

    @property
    def decoded(self):
        """The data as plain values."""
        return None if self.data is None else msgspec.json.decode(self.data)


def outcome(answer, *, calls=(), unforeseen=()):
    """What an answer says, with the calls that it took and the exceptions that it hides."""
    body = msgspec.json.decode(answer.body, type=Body)
    lines = [line for _, line in calls]
    return Outcome(
        data=None if body.data is msgspec.UNSET else bytes(body.data),
        errors=Counter(_canonical(_without_times(error)) for error in body.errors),
        extensions=_canonical(_without_times(body.extensions)),
        names=tuple(msgspec.json.decode(answer.body)),
        is_request_error=answer.is_request_error,
        codes=answer.codes,
        unforeseen=Counter(ADDRESS.sub("0x", f"{type(error).__name__}: {error}") for error in unforeseen),
        calls=Counter(lines),
        writes=tuple(line for method, line in calls if method != "GET"),
    )


def line_of(call):
    """A call at the wire as (method, all that tells it from others)."""
    query = "&".join(f"{name}={value}" for name, value in sorted(call.query))
    return call.method, f"{call.method} {call.path}?{query} {(call.body or b'').decode()}".rstrip("? ")


def differences(compiled, interpreted):
    """In what two outcomes differ, a sentence each; empty when the engines agree."""
    found = []
    if compiled.data != interpreted.data:
        found.append(f"data differ {_first_difference(compiled.decoded, interpreted.decoded)}")
    for name in ("errors", "unforeseen", "calls"):
        one, other = getattr(compiled, name), getattr(interpreted, name)
        found += [f"{name}: compiled alone has {count} of {_shown(item)}" for item, count in (one - other).items()]
        found += [f"{name}: interpreted alone has {count} of {_shown(item)}" for item, count in (other - one).items()]
    for name in ("extensions", "names", "is_request_error", "codes", "raised", "writes"):
        one, other = getattr(compiled, name), getattr(interpreted, name)
        if one != other:
            found.append(f"{name}: compiled {_shown(one)}, interpreted {_shown(other)}")
    return found


def assert_agreement(compiled, interpreted, *told):
    """Fail with all differences, and with what led to them."""
    found = differences(compiled, interpreted)
    assert not found, "\n".join(["The engines differ:", *found, *map(str, told)])


class Operation:
    """An operation that tells nothing about itself, for schemas without nouns."""

    def extensions(self):
        return {}


def located(error, *, unforeseen):
    """An error with all that graphql-core says of it; its cause, whatever it was, is kept for comparison."""
    if error.original_error is not None:
        unforeseen.append(error.original_error)
    return {**error.formatted, "extensions": {"code": type(error.original_error).__name__, **(error.extensions or {})}}


async def executed(pipeline, text, variables=None, *, name=None):
    """The outcome of a document on one engine, over a schema without nouns; also of one that raises."""
    unforeseen = []
    try:
        answer = await pipeline.execute(
            pipeline.prepare(text, name), variables, Operation(), partial(located, unforeseen=unforeseen)
        )
    except Exception as error:  # noqa: BLE001  # whatever one engine raises, the other one must raise
        return Outcome(raised=ADDRESS.sub("0x", f"{type(error).__name__}: {error}"))
    return outcome(answer, unforeseen=unforeseen)


async def agreed(schema, text, variables=None, *, name=None):
    """The answer to a document, decoded, on which both engines agree. `schema` may be a function that makes one.

    Errors are given as (path, message), sorted.
    """
    make = schema if callable(schema) else lambda: schema
    compiled = await executed(engines(make()).compiled, text, variables, name=name)
    interpreted = await executed(engines(make()).interpreted, text, variables, name=name)
    assert_agreement(compiled, interpreted, text, variables)
    if compiled.raised is not None:
        return Agreed(None, [], compiled.raised)
    errors = [msgspec.json.decode(error) for error in compiled.errors.elements()]
    return Agreed(compiled.decoded, sorted((error.get("path", []), error["message"]) for error in errors), None)


@dataclass(frozen=True)
class Agreed:
    """What both engines said."""

    data: Any
    errors: list
    raised: str | None = None


def _without_times(value):
    """The value without what depends on time, and lists of calls in an order of their own."""
    if isinstance(value, dict):
        kept = {name: _without_times(item) for name, item in value.items() if name not in TIMES}
        if isinstance(kept.get("calls"), list):
            kept["calls"] = sorted(kept["calls"], key=_canonical)
        return kept
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def _canonical(value):
    return msgspec.json.encode(value, order="sorted")


def _first_difference(one, other, path="at "):
    """Where two values begin to differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"{path}: keys {list(one)} and {list(other)}"
        pairs = [(f"{path}.{name}", one[name], other[name]) for name in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{path}[{n}]", *pair) for n, pair in enumerate(zip(one, other, strict=True))]
    elif type(one) is type(other) and one == other:
        return None
    else:
        return f"{path}: {_shown(one)} and {_shown(other)}"
    return next((found for where, *pair in pairs if (found := _first_difference(*pair, where))), None)


def _shown(value):
    text = value.decode() if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 600 else f"{text[:600]}…"
