"""Parser and matcher of the Discover search syntax, with OR, AND and parentheses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

_KEY = r"""(?:tags\[[^\]\s]+\]|flags\["?[^\]\s]+"?\]|[A-Za-z_][\w.\-]*(?:\([^()\s]*\))?)"""
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<word>OR|AND)(?=[\s()]|$)
      | (?P<not>!)?(?P<key>{_KEY}):(?P<operator>>=|<=|[<>=])?
        (?P<value>"(?:[^"\\]|\\.)*" | \[[^\]]*\] | [^\s()"\[][^\s()]* | (?=[\s()]|$))
      | (?P<text>!?"(?:[^"\\]|\\.)*"|[^\s()"]+)
    )""",
    re.VERBOSE,
)
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s][^,]*?))\s*(?:,|$)')
_SUFFIXES = {"k": 1e3, "m": 1e6, "b": 1e9, "ms": 1, "s": 1e3, "min": 6e4, "h": 3.6e6, "hr": 3.6e6, "d": 8.64e7}
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


class QueryError(ValueError):
    """The query is invalid; the message is that of Sentry's 400."""


class Row(Protocol):
    """Anything with values by Discover field name; None means absent."""

    def get(self, name: str, /) -> object:
        """The value of the field."""


@dataclass(frozen=True, slots=True)
class FreeText:
    """Text searched for in title and message."""

    words: str
    negated: bool = False

    def matches(self, row: Row) -> bool:
        """Whether the text occurs, ignoring case."""
        heap = f"{row.get('title') or ''}\n{row.get('message') or ''}".lower()
        return (self.words.lower() in heap) is not self.negated


@dataclass(frozen=True, slots=True)
class Condition:
    """`key:value`. Several values come from a list and match when one of them does."""

    key: str
    values: tuple[str, ...]
    operator: str = "="
    negated: bool = False

    @property
    def is_aggregate(self) -> bool:
        """Whether the key is a function, evaluated on groups instead of events."""
        return self.key.endswith(")")

    def matches(self, row: Row) -> bool:
        """Whether the row satisfies the condition."""
        return self._matches_value(row) is not self.negated

    def _matches_value(self, row: Row) -> bool:
        if self.key == "has":
            return row.get(self.values[0]) not in (None, "")
        if self.key == "release" and self.values == ("latest",):
            return bool(row.get("release.is_latest"))
        actual = row.get(self.key)
        candidates = actual if isinstance(actual, (list, tuple)) else (actual,)
        return any(_compare(candidate, self.operator, value) for candidate in candidates for value in self.values)


@dataclass(frozen=True, slots=True)
class AllOf:
    """A conjunction; without parts it matches every row."""

    parts: tuple["Node", ...]

    def matches(self, row: Row) -> bool:
        """Whether every part matches."""
        return all(part.matches(row) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A disjunction."""

    parts: tuple["Node", ...]

    def matches(self, row: Row) -> bool:
        """Whether at least one part matches."""
        return any(part.matches(row) for part in self.parts)


Node = FreeText | Condition | AllOf | AnyOf


def parse_query(text: str) -> AllOf:
    """The query as a tree with a conjunction at its root; raises QueryError."""
    tokens = list(_tokenize(text))
    position, node = _parse_any(tokens, 0)
    if position != len(tokens):
        raise QueryError(_parse_error(text))
    return node if isinstance(node, AllOf) else AllOf((node,))


def iter_conditions(node: Node) -> Iterator[Condition]:
    """All conditions in the tree."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, (AllOf, AnyOf)):
        for part in node.parts:
            yield from iter_conditions(part)


def split_conditions(query: AllOf) -> tuple[AllOf, AllOf]:
    """The conditions on events and those on groups; raises QueryError for an OR between the two."""
    where: list[Node] = []
    having: list[Node] = []
    for part in query.parts:
        kinds = {term.is_aggregate for term in iter_conditions(part)}
        if kinds == {True, False}:
            raise QueryError("Having an OR in the condition between aggregate and non-aggregate is invalid.")
        (having if kinds == {True} else where).append(part)
    return AllOf(tuple(where)), AllOf(tuple(having))


def parse_quantity(value: str) -> float:
    """A number with an optional unit, or a timestamp as seconds since the epoch."""
    if match := _QUANTITY.fullmatch(value):
        number, suffix = match.groups()
        if not suffix or suffix.lower() in _SUFFIXES:
            return float(number) * _SUFFIXES.get(suffix.lower(), 1)
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        message = f"Invalid number: {value}. Expected number then optional k, m, or b suffix (e.g. 500k)."
        raise QueryError(message) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _tokenize(text: str) -> Iterator[re.Match[str]]:
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryError(_parse_error(text[position:]))
        yield match
        position = match.end()


def _parse_any(tokens: Sequence[re.Match[str]], position: int) -> tuple[int, Node]:
    branches: list[Node] = []
    while True:
        position, branch = _parse_all(tokens, position)
        branches.append(branch)
        if position == len(tokens) or tokens[position]["word"] != "OR":
            return position, branches[0] if len(branches) == 1 else AnyOf(tuple(branches))
        position += 1


def _parse_all(tokens: Sequence[re.Match[str]], position: int) -> tuple[int, Node]:
    parts: list[Node] = []
    while position < len(tokens):
        token = tokens[position]
        if token["close"] or token["word"] == "OR":
            break
        position += 1
        if token["open"]:
            position, inner = _parse_any(tokens, position)
            if position == len(tokens):
                raise QueryError(_parse_error(token[0].strip()))
            position += 1
            parts.append(inner)
        elif not token["word"]:
            parts.append(_parse_leaf(token))
    return position, AllOf(tuple(parts))


def _parse_leaf(token: re.Match[str]) -> Node:
    if token["text"]:
        negated = token["text"].startswith('!"')
        return FreeText(_unquote(token["text"].removeprefix("!") if negated else token["text"]), negated)
    key, value = token["key"], token["value"]
    operator = token["operator"] or "="
    if not value:
        raise QueryError(f"Empty string after '{key}:'")
    if key == "is":
        raise QueryError(f"'is:{value}' queries are not supported in this search.")
    values = _parse_list(value) if value.startswith("[") else (_unquote(value),)
    if operator != "=":
        parse_quantity(values[0])
    return Condition(key, values, operator, negated=bool(token["not"]))


def _parse_list(value: str) -> tuple[str, ...]:
    items = tuple((quoted or plain).strip() for quoted, plain in _ITEM.findall(value[1:-1]))
    if not items:
        raise QueryError("Empty list is not allowed")
    return items


def _unquote(value: str) -> str:
    is_quoted = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if is_quoted else value


def _parse_error(near: str) -> str:
    return (
        f"Parse error at '{near[:20]}' (column 1). This is commonly caused by unmatched parentheses. "
        "Enclose any text in double quotes."
    )


def _compare(actual: object, operator: str, value: str) -> bool:
    if actual is None or actual == "":
        return operator == "=" and value == ""
    if operator == "=":
        return _equals(actual, value)
    number = _number(actual)
    limit = parse_quantity(value)
    return (
        number is not None
        and {
            ">": number > limit,
            "<": number < limit,
            ">=": number >= limit,
            "<=": number <= limit,
        }[operator]
    )


def _equals(actual: object, value: str) -> bool:
    match actual:
        case bool():
            return actual is (value.lower() in {"1", "true"})
        case int() | float():
            return _QUANTITY.fullmatch(value) is not None and actual == parse_quantity(value)
        case _ if "*" in value:
            pattern = ".*".join(map(re.escape, value.split("*")))
            return re.fullmatch(pattern, str(actual), re.IGNORECASE | re.DOTALL) is not None
        case _:
            return str(actual) == value


def _number(actual: object) -> float | None:
    match actual:
        case datetime():
            return actual.timestamp()
        case int() | float():
            return float(actual)
        case _:
            return None
