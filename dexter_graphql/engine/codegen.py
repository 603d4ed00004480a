"""Code generator: a function that completes all rows of one class on one level.

A value whose type msgspec has checked is passed on as it is; everything else goes through its completion, a column at a
time. The source text consists of attribute names that the schema declares and of numbers. It contains nothing from a
client: response keys are names of struct members, and arguments are passed as objects.
"""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from dexter_graphql.engine.completers import GeneratedCompleter, RowCompleter, Strategy
from dexter_graphql.engine.completion import Completion, LeafCompletion, ListCompletion, NonNullCompletion
from dexter_graphql.engine.failures import Reason, SlowPath
from dexter_graphql.engine.fragment_cache import CachedFragment, CachedRow
from dexter_graphql.engine.plan import PlannedField
from dexter_graphql.engine.resolution import Batched, Immediate, MemberPath, Typename


def generate(completer: RowCompleter, cached_row_class: type[CachedRow] | None = None) -> GeneratedCompleter:
    """The function: rows and execution in, completed objects out. It raises when a row is not as usual.

    Values of rows of `cached_row_class` are cached as JSON where that is possible.
    """
    is_cached = cached_row_class is not None and issubclass(completer.row_class, cached_row_class)
    writer = _FunctionWriter(completer, is_cached=is_cached)
    for number, (_, planned, strategy) in enumerate(completer.fields):
        writer.add_field(number, planned, strategy)
    return writer.compile_function()


class _FunctionWriter:
    """The parts of one function."""

    def __init__(self, completer: RowCompleter, *, is_cached: bool) -> None:
        self._is_cached = is_cached
        self._types = _validated_types(completer.row_class)
        # Rows with invalid values are read by their reader, which adds the errors of omitted parts to a value.
        self._is_plain = getattr(completer.row_class, "is_validated", True)
        self._names: dict[str, Any] = {"S": completer.output, "give_up": _give_up, "failed_row": Reason.FAILED_ROW}
        self._reads: list[str] = []
        self._columns: list[str] = []
        self._zipped: list[str] = []
        self._values: list[str] = []
        self._later: list[str] = []

    def add_field(self, number: int, planned: PlannedField, strategy: Strategy) -> None:
        """Add the expression for the value of one field."""
        value = "None"
        if isinstance(strategy, Typename):
            self._names[f"k{number}"], value = strategy.name, f"k{number}"
        elif isinstance(strategy, Immediate):
            value = self._validated(number, planned, strategy) or self._column(number, planned, strategy)
        else:
            self._names[f"P{number}"], self._names[f"W{number}"] = planned, strategy
            call = f"defer(P{number}, W{number}, " if isinstance(strategy, Batched) else f"delegate(P{number}, "
            self._later.append(f"execution.{call}rows, done)")
        self._values.append(value)

    def compile_function(self) -> GeneratedCompleter:
        """The function of all fields."""
        rows = ", ".join(["rows", *self._zipped])
        loop = f"r, {', '.join(self._zipped)} in zip({rows})" if self._zipped else "r in rows"
        lines = [
            *(["failed = execution.failed"] if self._columns else []),
            *self._reads,
            *self._columns,
            *(["if execution.failed != failed:", "    give_up(failed_row)"] if self._columns else []),
            f"done = [S({', '.join(self._values)}) for {loop}]",
            *self._later,
            "return done",
        ]
        text = "def complete(rows, execution):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(text, "<engine>", "exec"), self._names)  # noqa: S102  # see the module's docstring
        complete: GeneratedCompleter = self._names["complete"]
        return complete

    def _column(self, number: int, planned: PlannedField, strategy: Immediate) -> str:
        """The name of a column: the values of all rows, completed before the rows are."""
        assert planned.completion is not None  # noqa: S101  # immediate fields have one
        self._names[f"C{number}"] = planned.completion.complete_many
        if strategy.attr is not None and strategy.leaf is None and strategy.attr.isidentifier() and self._is_plain:
            read = f"[r.{strategy.attr} for r in rows]"
        elif strategy.unchecked_many is not None and self._types:
            self._names[f"B{number}"], read = strategy.unchecked_many, f"B{number}(rows)"
        elif strategy.is_context_free:
            is_unchecked = strategy.unchecked is not None and self._types
            self._names[f"B{number}"] = strategy.unchecked if is_unchecked else strategy.bind(None, None)
            read = f"list(map(B{number}, rows))"
        else:
            self._names[f"P{number}"], read = planned, f"list(map(execution.reader(P{number}), rows))"
        if self._is_cached and planned.is_fixed and planned.completion.level is not None:
            self._names[f"C{number}"] = CachedFragment(planned.completion).complete_many
            read = f"rows, {read}"
        self._columns.append(f"c{number} = C{number}({read}, execution)")
        self._zipped.append(f"c{number}")
        return f"c{number}"

    def _validated(self, number: int, planned: PlannedField, strategy: Immediate) -> str | None:
        """An expression for a value that msgspec has validated; None when it has to be completed."""
        if strategy.paths:
            return self._first_of(number, planned, strategy)
        if strategy.attr is None or strategy.attr not in self._types or not strategy.attr.isidentifier():
            return None
        read, (annotation, is_optional) = f"r.{strategy.attr}", self._types[strategy.attr]
        is_list, leaves = _leaves_of(planned.completion)
        if leaves is None:
            return None
        if is_list:
            if get_origin(annotation) is not list:
                return None
            (annotation,) = get_args(annotation)
        value = self._leaf(number, "x" if is_list else read, annotation, leaves, strategy)
        if value is None:
            return None
        if is_list:
            value = read if value == "x" else f"[{value} for x in {read}]"
        return self._unless_null(read, value, planned) if is_optional else value

    def _first_of(self, number: int, planned: PlannedField, strategy: Immediate) -> str | None:
        """An expression for the value at the first path that is there; it is read as a column before."""
        is_list, leaves = _leaves_of(planned.completion)
        annotations = [self._type_at(path) for path in strategy.paths]
        if leaves is None or is_list or None in annotations:
            return None
        read = f"c{number}"
        values = {self._leaf(number, read, annotation, leaves, strategy) for annotation in annotations}
        value = values.pop()
        if values or value is None:
            return None
        self._reads.append(f"{read} = [{_first_of_text(strategy.paths)} for r in rows]")
        self._zipped.append(read)
        return self._unless_null(read, value, planned)

    def _type_at(self, path: MemberPath) -> Any:
        """The type of the values at a path, without None; None when they are not validated."""
        types: Mapping[str, tuple[Any, bool]] = self._types
        annotation: Any = None
        for attr in path:
            if attr not in types or not attr.isidentifier():
                return None
            annotation, _ = types[attr]
            types = _validated_types(annotation) if isinstance(annotation, type) else {}
        return annotation

    def _unless_null(self, read: str, value: str, planned: PlannedField) -> str:
        """The value, unless what it is made of is None."""
        if value == read and planned.is_nullable:
            return value
        self._names["null"] = Reason.NULL
        return f"({'None' if planned.is_nullable else 'give_up(null)'} if {read} is None else {value})"

    def _leaf(self, number: int, read: str, annotation: Any, leaves: LeafCompletion, strategy: Immediate) -> str | None:
        if strategy.leaf is not None:
            self._names[f"w{number}"] = strategy.leaf
            return f"w{number}[{read}]" if isinstance(strategy.leaf, Mapping) else f"w{number}({read})"
        return read if leaves.serializer.accepts_decoded(annotation) else None


def _first_of_text(paths: Sequence[MemberPath]) -> str:
    """An expression for the value at the first path whose first attribute is not None."""
    *others, (first, *rest) = paths
    text = f"(None if r.{first} is None else r.{'.'.join([first, *rest])})" if rest else f"r.{first}"
    for path in reversed(others):
        text = f"(r.{'.'.join(path)} if r.{path[0]} is not None else {text})"
    return text


def _leaves_of(completion: Completion | None) -> tuple[bool, LeafCompletion | None]:
    """Whether the value is a list of leaves, and how they are completed; None for objects and for lists of lists."""
    inner = _nullable(completion)
    if isinstance(inner, ListCompletion):
        item = _nullable(inner.inner)
        return True, item if isinstance(item, LeafCompletion) else None
    return False, inner if isinstance(inner, LeafCompletion) else None


def _nullable(completion: Completion | None) -> Completion | None:
    return completion.inner if isinstance(completion, NonNullCompletion) else completion


def _validated_types(row_class: type) -> dict[str, tuple[Any, bool]]:
    """Attribute → type without None, and whether None is allowed; empty for classes that msgspec has not validated."""
    if not getattr(row_class, "is_validated", False) or not issubclass(row_class, msgspec.Struct):
        return {}
    return {member.name: without_none(member.type) for member in msgspec.structs.fields(row_class)}


def without_none(annotation: Any) -> tuple[Any, bool]:
    """A type without None, and whether None was a part of it."""
    if get_origin(annotation) not in {Union, UnionType}:
        return annotation, False
    members = [member for member in get_args(annotation) if member is not NoneType]
    is_optional = NoneType in get_args(annotation)
    return members[0] if len(members) == 1 else Union[tuple(members)], is_optional  # noqa: UP007  # made at run time


def _give_up(reason: Reason) -> None:
    raise SlowPath(reason)
