"""Writes the function that completes all rows of one class on one level.

A value whose type msgspec has checked is passed on as it is; everything else goes through its completion, a column at a
time. Into the source text go attribute names that the schema declares and numbers of our own, nothing of a client's:
response keys are names of struct members, arguments and literals never get here.
"""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from dexter_graphql.engine.completers import GeneratedCompleter, RowCompleter
from dexter_graphql.engine.completion import Completion, LeafCompletion, ListCompletion, NonNullCompletion, SlowPath
from dexter_graphql.engine.fragment_cache import CachedFragment, is_cacheable
from dexter_graphql.engine.plan import PlannedField
from dexter_graphql.engine.resolution import Batched, Immediate, Typename


def generate(completer: RowCompleter) -> GeneratedCompleter:
    """The function for a kernel: rows and run in, completed objects out; raises when a row is out of the ordinary."""
    written = _Writer(completer)
    for number, (_, planned, strategy) in enumerate(completer.fields):
        written.field(number, planned, strategy)
    return written.function()


class _Writer:
    """The parts of one function while they are written."""

    def __init__(self, completer: RowCompleter) -> None:
        self._row_class = completer.row_class
        self._types = _checked_types(completer.row_class)
        self._names: dict[str, Any] = {"S": completer.output, "SlowPath": SlowPath, "null": _null}
        self._columns: list[str] = []
        self._zipped: list[str] = []
        self._values: list[str] = []
        self._later: list[str] = []

    def field(self, number: int, planned: PlannedField, strategy: Any) -> None:
        """Write down how one field gets its value."""
        value = "None"
        if isinstance(strategy, Typename):
            self._names[f"k{number}"], value = strategy.name, f"k{number}"
        elif isinstance(strategy, Immediate):
            value = self._checked(number, planned, strategy) or self._column(number, planned, strategy)
        else:
            self._names[f"P{number}"], self._names[f"W{number}"] = planned, strategy
            call = f"defer(P{number}, W{number}, " if isinstance(strategy, Batched) else f"delegate(P{number}, "
            self._later.append(f"execution.{call}rows, done)")
        self._values.append(value)

    def function(self) -> GeneratedCompleter:
        """The whole of it, compiled."""
        rows = ", ".join(["rows", *self._zipped])
        each = f"r, {', '.join(self._zipped)} in zip({rows})" if self._zipped else "r in rows"
        check = ["if execution.failed != failed:", "    raise SlowPath"] if self._columns else []
        lines = [
            *(["failed = execution.failed"] if self._columns else []),
            *self._columns,
            *check,
            f"done = [S({', '.join(self._values)}) for {each}]",
            *self._later,
            "return done",
        ]
        text = "def complete(rows, execution):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(text, "<engine>", "exec"), self._names)  # noqa: S102  # our own text, see above
        complete: GeneratedCompleter = self._names["complete"]
        return complete

    def _column(self, number: int, planned: PlannedField, strategy: Immediate) -> str:
        """The values of all rows, completed before the rows are."""
        assert planned.completion is not None  # noqa: S101  # inline fields have one
        self._names[f"C{number}"] = planned.completion.complete_many
        if strategy.attr is not None and strategy.leaf is None and strategy.attr.isidentifier():
            read = f"[r.{strategy.attr} for r in rows]"
        elif strategy.is_context_free:
            is_sound = strategy.unchecked is not None and self._types
            self._names[f"B{number}"] = strategy.unchecked if is_sound else strategy.bind(None, None)
            read = f"list(map(B{number}, rows))"
        else:
            self._names[f"P{number}"], read = planned, f"list(map(execution.reader(P{number}), rows))"
        if is_cacheable(planned, self._row_class):
            self._names[f"C{number}"] = CachedFragment(planned.completion).complete_many
            read = f"rows, {read}"
        self._columns.append(f"c{number} = C{number}({read}, execution)")
        self._zipped.append(f"c{number}")
        return f"c{number}"

    def _checked(self, number: int, planned: PlannedField, strategy: Immediate) -> str | None:
        """An expression for a value that needs no look at it; None when it does."""
        if strategy.attr is None or strategy.attr not in self._types or not strategy.attr.isidentifier():
            return None
        read, (kind, is_optional) = f"r.{strategy.attr}", self._types[strategy.attr]
        is_list, leaves = _leaves_of(planned.completion)
        if leaves is None:
            return None
        if is_list:
            if get_origin(kind) is not list:
                return None
            (kind,) = get_args(kind)
        value = self._leaf(number, "x" if is_list else read, kind, leaves, strategy)
        if value is None:
            return None
        if is_list:
            value = read if value == "x" else f"[{value} for x in {read}]"
        if not is_optional or (value == read and planned.is_nullable):
            return value
        return f"({'None' if planned.is_nullable else 'null()'} if {read} is None else {value})"

    def _leaf(self, number: int, read: str, kind: Any, leaves: LeafCompletion, strategy: Immediate) -> str | None:
        if strategy.leaf is not None:
            self._names[f"w{number}"] = strategy.leaf
            return f"w{number}[{read}]" if isinstance(strategy.leaf, Mapping) else f"w{number}({read})"
        return read if leaves.serializer.takes_decoded(kind) else None


def _leaves_of(completion: Completion | None) -> tuple[bool, LeafCompletion | None]:
    """Whether it is a list of leaves, and the leaves; None for objects and for lists of lists."""
    inner = _nullable(completion)
    if isinstance(inner, ListCompletion):
        item = _nullable(inner.inner)
        return True, item if isinstance(item, LeafCompletion) else None
    return False, inner if isinstance(inner, LeafCompletion) else None


def _nullable(completion: Completion | None) -> Completion | None:
    return completion.inner if isinstance(completion, NonNullCompletion) else completion


def _checked_types(row_class: type) -> dict[str, tuple[Any, bool]]:
    """Attribute → type without None, and whether None may be there; empty for classes that nobody has checked."""
    if not getattr(row_class, "is_validated", False) or not issubclass(row_class, msgspec.Struct):
        return {}
    return {one.name: without_none(one.type) for one in msgspec.structs.fields(row_class)}


def without_none(kind: Any) -> tuple[Any, bool]:
    """A type without None, and whether None was part of it."""
    if get_origin(kind) not in {Union, UnionType}:
        return kind, False
    kinds = [one for one in get_args(kind) if one is not NoneType]
    return kinds[0] if len(kinds) == 1 else Union[tuple(kinds)], NoneType in get_args(kind)  # noqa: UP007  # made at run time


def _null() -> None:
    raise SlowPath
