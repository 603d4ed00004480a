"""Tables of a Discover query: grouping, aggregation, conditions on groups and sorting."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dexter_graphql.sandbox.discover.columns import Column, parse_column
from dexter_graphql.sandbox.discover.equations import evaluate
from dexter_graphql.sandbox.discover.query import AllOf, Condition, QueryError, Row


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with equal values in the plain columns; `minutes` is the length of the queried range."""

    rows: Sequence[Row]
    minutes: float

    def get(self, name: str, /) -> object:
        """The value of a function over the rows, or of a field of the first row."""
        return self.value(parse_column(name))

    def value(self, column: Column) -> object:
        """The value of the column."""
        if column.is_equation:
            return evaluate(column.arguments[0], lambda call: self.value(parse_column(call)))
        if column.is_aggregate:
            return _aggregate(column, self)
        return self.rows[0].get(column.name) if self.rows else None


def group_rows(rows: Sequence[Row], columns: Sequence[Column], having: AllOf, minutes: float) -> list[Group]:
    """The groups that satisfy `having`, in the order of their first row; without functions one group per row."""
    plain = [column.name for column in columns if not column.is_aggregate]
    if len(plain) == len(columns):
        return [Group((row,), minutes) for row in rows]
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(_hashable(row.get(name)) for name in plain), []).append(row)
    if not plain and not groups:
        groups[()] = []
    candidates = (Group(members, minutes) for members in groups.values())
    return [group for group in candidates if having.matches(group)]


def sort_groups(groups: list[Group], columns: Sequence[Column], sort: Iterable[str]) -> list[Group]:
    """The groups sorted by the keys, the first one dominating; raises QueryError for a column that is not selected."""
    for key in reversed(list(sort)):
        name = key.removeprefix("-")
        column = next((column for column in columns if name in {column.name, column.alias}), None)
        if column is None:
            raise QueryError("Cannot sort by a field that is not selected.")
        groups = sorted(groups, key=_sort_key(column), reverse=key.startswith("-"))
    return groups


def render_group(group: Group, columns: Sequence[Column]) -> dict[str, Any]:
    """The group as one row of the response."""
    return {column.name: _to_json(group.value(column)) for column in columns}


def parse_count_if(arguments: Sequence[str]) -> Condition:
    """The condition of `count_if(field,equals,value)`."""
    field, name, value = arguments
    signs = {"equals": "=", "notEquals": "=", "greater": ">", "less": "<"}
    signs |= {"greaterOrEquals": ">=", "lessOrEquals": "<="}
    if name not in signs:
        raise QueryError(f"count_if(): {name} is not a valid condition")
    return Condition(field, (value.strip('"'),), signs[name], negated=name == "notEquals")


def _sort_key(column: Column) -> Callable[[Group], tuple[bool, Any]]:
    def key(group: Group) -> tuple[bool, Any]:
        value = group.value(column)
        return value is not None, _hashable(value) if value is not None else 0

    return key


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _to_json(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).replace(microsecond=0).isoformat()
        case tuple():
            return list(value)
        case _:
            return value


def _aggregate(column: Column, group: Group) -> object:  # noqa: PLR0911 - one return per function
    rows, arguments = group.rows, column.arguments
    match column.function:
        case "count":
            return len(rows)
        case "count_unique":
            return len({_hashable(value) for value in _read_values(rows, arguments[0])})
        case "count_if":
            return sum(map(parse_count_if(arguments).matches, rows))
        case "epm":
            return len(rows) / group.minutes
        case "eps":
            return len(rows) / group.minutes / 60
        case "failure_rate":
            return 0.0
        case "latest_event":
            return max(rows, key=_event_order).get("id") if rows else None
        case "last_seen":
            return max(_read_values(rows, "timestamp"), default=None)
        case "first_seen":
            return min(_read_values(rows, "timestamp"), default=None)
        case _:
            return _aggregate_values(column, _read_values(rows, arguments[0] if arguments else "transaction.duration"))


def _aggregate_values(column: Column, values: list[Any]) -> object:
    if column.function == "any":
        return values[0] if values else None
    comparable = sorted(value for value in values if isinstance(value, (int, float, datetime)))
    if not comparable:
        return None if column.type == "date" else 0
    match column.function:
        case "min":
            return comparable[0]
        case "max":
            return comparable[-1]
        case "avg" | "sum":
            numbers = [value.timestamp() if isinstance(value, datetime) else value for value in comparable]
            return math.fsum(numbers) / (len(numbers) if column.function == "avg" else 1)
        case _:
            return comparable[min(len(comparable) - 1, math.ceil(len(comparable) * column.share) - 1)]


def _read_values(rows: Iterable[Row], name: str) -> list[Any]:
    return [value for row in rows if (value := row.get(name)) is not None]


def _event_order(row: Row) -> tuple[object, object]:
    # The id orders events of the same second, so that results are deterministic.
    return row.get("timestamp"), row.get("id")
