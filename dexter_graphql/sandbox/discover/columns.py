"""Columns of a Discover query: fields, functions and equations with their types and units."""

import re
from dataclasses import dataclass

from dexter_graphql.sandbox.discover.query import QueryError

MAX_COLUMNS = 20

_FIELD = re.compile(r"[A-Za-z_][\w.\-:]*|tags\[[^\[\]]+\]|flags\[[^\[\]]+\]|measurements\.[\w.]+")
_FUNCTION = re.compile(r"([a-z_]\w*)\(([^()]*)\)", re.IGNORECASE)

_FIELD_TYPES = {
    "timestamp": "date", "issue.id": "integer", "project.id": "integer", "error.type": "array", "time": "date",
    "error.value": "array", "error.handled": "boolean", "transaction.duration": "duration",
    "span.duration": "duration", "transaction.op": "string", "stack.filename": "array",
    "http.status_code": "string",
}  # fmt: skip

# Function → minimum and maximum number of arguments. Percentiles take at most one.
_ARITIES = {
    "count": (0, 1), "count_unique": (1, 1), "count_if": (3, 3), "latest_event": (0, 0), "last_seen": (0, 0),
    "first_seen": (0, 0), "epm": (0, 0), "eps": (0, 0), "min": (1, 1), "max": (1, 1), "avg": (1, 1), "sum": (1, 1),
    "any": (1, 1), "percentile": (2, 2), "failure_rate": (0, 0),
}  # fmt: skip
_PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p100": 1.0}
_TYPES = {
    "count": "integer", "count_unique": "integer", "count_if": "integer", "latest_event": "string",
    "last_seen": "date", "first_seen": "date", "epm": "rate", "eps": "rate", "failure_rate": "percentage",
}  # fmt: skip
_UNITS = {"epm": "1/minute", "eps": "1/second"}
_EQUATION = "equation|"


@dataclass(frozen=True, slots=True)
class Column:
    """One requested column. `name` is the text of the request and the key in the response."""

    name: str
    type: str
    unit: str | None = None
    function: str | None = None
    arguments: tuple[str, ...] = ()

    @property
    def is_aggregate(self) -> bool:
        """Whether the column is a function of a group of events."""
        return self.function is not None

    @property
    def is_equation(self) -> bool:
        """Whether the column is an equation over other columns."""
        return self.function == _EQUATION

    @property
    def share(self) -> float:
        """The quantile of a percentile function, between 0 and 1."""
        if self.function == "percentile":
            return float(self.arguments[1])
        return _PERCENTILES[self.function or ""]

    @property
    def alias(self) -> str:
        """The alternative spelling in `sort`: `count_unique_user` for `count_unique(user)`."""
        return re.sub(r"\W+", "_", self.name).strip("_")


def parse_columns(names: list[str]) -> list[Column]:
    """One column per name; raises QueryError for none, too many or an invalid one."""
    if not names:
        raise QueryError("No columns selected")
    if len(names) > MAX_COLUMNS:
        raise QueryError(f"You can view up to {MAX_COLUMNS} fields at a time. Please delete some and try again.")
    return [parse_column(name) for name in names]


def parse_column(name: str) -> Column:
    """The column with that name; raises QueryError for an unknown function or an invalid name."""
    if name.startswith(_EQUATION):
        return Column(name, "number", function=_EQUATION, arguments=(name.removeprefix(_EQUATION),))
    if match := _FUNCTION.fullmatch(name):
        return _parse_aggregate(name, match[1], tuple(part.strip() for part in match[2].split(",") if part.strip()))
    if not _FIELD.fullmatch(name):
        raise QueryError(f"Invalid characters in field {name}")
    kind = _FIELD_TYPES.get(name, "string")
    return Column(name, kind, "millisecond" if kind == "duration" else None)


def _parse_aggregate(name: str, function: str, arguments: tuple[str, ...]) -> Column:
    least, most = _ARITIES.get(function) or ((0, 1) if function in _PERCENTILES else (-1, -1))
    if least < 0:
        raise QueryError(f"{function} is not a valid function")
    if not least <= len(arguments) <= most:
        raise QueryError(f"{function}(): expected {most} argument(s)")
    argument_type = _FIELD_TYPES.get(arguments[0], "string") if arguments else "duration"
    kind = _TYPES.get(function) or _aggregate_type(function, argument_type)
    unit = _UNITS.get(function) or ("millisecond" if kind == "duration" else None)
    return Column(name, kind, unit, function, arguments)


def _aggregate_type(function: str, argument_type: str) -> str:
    if argument_type == "date" or function == "any":
        return argument_type
    return "duration" if argument_type == "duration" else "number"
