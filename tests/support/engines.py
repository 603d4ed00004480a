"""Comparison of both engines: the outcome of a document on each, and the differences between outcomes.

What it means to agree is defined here alone.
"""

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.counters import Outcome as ExecutionOutcome
from dexter_graphql.engine.operation_runner import accept_operation
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.graph.declarations.fields import record_typename
from dexter_graphql.sentry.pagination import Slice

ADDRESS = re.compile(r"0x[0-9a-f]+")
"""Address of an object in the text of an exception."""
WORDS = re.compile(r"[ ,\[\]]+")
"""Separators of the values of a parameter."""
SIZES = ("per_page", "limit")
TIMES = ("ms", "waitedMs", "retryAfterSeconds", "cacheHits", "sharedFlights")
"""Members of extensions that depend on time or on what was cached."""
ORIGINS = {"flight": "cache"}
"""Origins that depend on timing are compared as one."""


@dataclass(frozen=True)
class Engines:
    """The engine under test and the reference, which is graphql-core."""

    compiled: Pipeline
    interpreted: Pipeline
    compiler: Compiler

    def __iter__(self):
        yield self.compiled
        yield self.interpreted


def engines(schema, *, times_seen=1, typename_of=None, cached_row_class=None, check_operation=accept_operation):
    """Both engines over a schema; the compiled one plans an operation when it is seen for the `times_seen`th time."""
    compiler = Compiler(schema, times_seen=times_seen, typename_of=typename_of, cached_row_class=cached_row_class)
    compiled = Pipeline(schema, compiler=compiler, check_operation=check_operation)
    return Engines(compiled, Pipeline(schema, check_operation=check_operation), compiler)


def engines_of(graph, *, times_seen=1):
    """Both engines over the graph; the compiled one as in the server, without a compile budget."""
    return engines(
        graph.schema,
        times_seen=times_seen,
        typename_of=record_typename,
        cached_row_class=Slice,
        check_operation=graph.costs.check,
    )


@contextmanager
def tallied(engines, tell):
    """Report the outcomes of the compiled engine during the block."""
    counters = engines.compiler.counters
    before = {kind: counters.executions(kind) for kind in ExecutionOutcome}
    yield
    for kind in ExecutionOutcome:
        if counters.executions(kind) > before[kind]:
            tell(kind.value)


class Body(msgspec.Struct):
    """A response with its data as raw JSON."""

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

    def split_errors(self):
        """Errors by the null above their place, whose reason is one of them; None for errors at their place."""
        found, data = {}, self.decoded
        for error, count in self.errors.items():
            path = msgspec.json.decode(error).get("path", [])
            found.setdefault(_null_above(data, path), Counter())[error] += count
        return found


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
    """A call at the wire as (method, all that tells it from others); the order of what it asks for tells nothing."""
    query = "&".join(sorted(f"{name}={' '.join(sorted(WORDS.split(value)))}" for name, value in call.query))
    return call.method, f"{call.method} {call.path}?{query} {(call.body or b'').decode()}".rstrip("? ")


def kind_of(call):
    """What a call asks, whatever it asks it of: its method, its path and the names of its parameters."""
    return f"{call.method} {call.path} {sorted({name for name, _ in call.query})}"


def differences(compiled, interpreted):
    """In what two outcomes differ, a sentence each; empty when the engines agree."""
    found = []
    if compiled.data != interpreted.data:
        found.append(f"data differ {_first_difference(compiled.decoded, interpreted.decoded)}")
    one, other = compiled.split_errors(), interpreted.split_errors()
    found += _alone("errors", one.pop(None, Counter()), other.pop(None, Counter()))
    found += [line for place in one.keys() | other.keys() for line in _below(place, one, other)]
    alike = ["names", "is_request_error", "raised", "writes"]
    if one:  # what stands beside a field that failed, below a null, need not be asked for
        found += _alone("calls", _beyond(compiled.calls, interpreted.calls), Counter())
    else:
        found += _alone("calls", compiled.calls, interpreted.calls)
        found += _alone("unforeseen", compiled.unforeseen, interpreted.unforeseen)
        alike += ["extensions", "codes"]
    for name in alike:
        one, other = getattr(compiled, name), getattr(interpreted, name)
        if one != other:
            found.append(f"{name}: compiled {_shown(one)}, interpreted {_shown(other)}")
    return found


def _alone(name, one, other):
    """What only one of two multisets has."""
    return [
        f"{name}: {whose} alone has {count} of {_shown(item)}"
        for whose, more in (("compiled", one - other), ("interpreted", other - one))
        for item, count in more.items()
    ]


def _beyond(calls, others):
    """The calls that ask for something that none of the others asks for in the same kind."""
    alone = calls - others
    return Counter({line: count for line, count in alone.items() if not any(_is_part(line, one) for one in others)})


def _is_part(line, other):
    """True when a call asks for a part of what another one asks for: the same parameters with fewer words."""
    (path, words), (other_path, other_words) = map(_asked, (line, other))
    return path == other_path and words.keys() == other_words.keys() and all(words[n] <= other_words[n] for n in words)


def _asked(line):
    """The path of a call, and the words of each parameter but the size of a page."""
    path, _, query = line.partition("?")
    words = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name not in SIZES:
            words.setdefault(name, set()).update(value.split(" "))
    return path, words


def _below(place, one, other):
    """What is wrong with the errors below a place that is null for one of them.

    One is enough there: whether fields beside the one that failed are still executed, is left to the engine.
    """
    errors, others = one.get(place, Counter()), other.get(place, Counter())
    is_enough = errors and others and (errors <= others or others <= errors)
    return [] if is_enough else _alone(f"errors below {place}", errors, others)


def assert_sound(engines):
    """Fail when a plan failed by a mistake of the engine, although graphql-core answered instead."""
    assert engines.compiler.counters.executions(ExecutionOutcome.BROKEN) == 0


def assert_agreement(compiled, interpreted, *told):
    """Fail with all differences and with the given details."""
    found = differences(compiled, interpreted)
    assert not found, "\n".join(["The engines differ:", *found, *map(str, told)])


def _without_times(value):
    """The value without what depends on time, and lists of calls in an order of their own."""
    if isinstance(value, dict):
        cache_entry = {name: _without_times(item) for name, item in value.items() if name not in TIMES}
        if "origin" in cache_entry:
            cache_entry["origin"] = ORIGINS.get(cache_entry["origin"], cache_entry["origin"])
        if isinstance(cache_entry.get("calls"), list):
            cache_entry["calls"] = sorted(cache_entry["calls"], key=_canonical)
        return cache_entry
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def _canonical(value):
    return msgspec.json.encode(value, order="sorted")


def _null_above(data, path):
    """The place above this one that is null, None when there is none; an error may bring a path that leads nowhere."""
    for depth, key in enumerate(path):
        if data is None:
            return tuple(path[:depth])
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return None


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
