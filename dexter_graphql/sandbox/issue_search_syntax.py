"""Parser of the issue search syntax.

Boolean operators and parentheses are refused, as in Sentry's issue search.
"""

import re
from dataclasses import dataclass

_QUOTED = r'"(?:\\"|[^"])*+"'
"""Text in quotation marks, in which a backslash escapes a quotation mark and nothing else."""
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<negated>!)?(?P<key>tags\[[^\]\s]+\]|flags\["?[^\]\s"]+"?\]|"[\w.:\-]+"(?=:)|[A-Za-z_][\w.\-]*)
            :(?P<operator>>=|<=|>|<)?(?P<value>{_QUOTED}|\[(?:{_QUOTED}|[^\]"])*\]|[^\s"\[][^\s]*|)
      | (?P<text>{_QUOTED}|[^\s]+)
    )""",
    re.VERBOSE,
)


_ITEM = re.compile(rf"\s*({_QUOTED}|[^,]+?)\s*(?:,|$)")


_BOOLEAN = 'Boolean statements containing "OR" or "AND" are not supported in this search'


_PARENTHESES = "Parenthesized expressions are not supported in this search"


class SearchError(ValueError):
    """The query is invalid; the message becomes the `detail` of a 400."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """`key:value`. Several values come from a list; free text has the key `message`.

    `is_tag` says that the key was written as `tags[key]`, so that it has no other meaning.
    """

    key: str
    values: tuple[str, ...]
    operator: str = "="
    negated: bool = False
    is_tag: bool = False


def parse_search(query: str) -> list[SearchTerm]:
    """The terms of a query; raises SearchError."""
    terms, position = [], 0
    query = query.rstrip()
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise SearchError(f"Parse error at '{query[position : position + 10]}' (column {position + 1}).")
        position = match.end()
        terms.append(_text_term(match["text"]) if match["text"] is not None else _key_term(match))
    return terms


def _text_term(text: str) -> SearchTerm:
    if text in {"OR", "AND"}:
        raise SearchError(_BOOLEAN)
    if text.startswith("(") or text.endswith(")"):
        raise SearchError(_PARENTHESES)
    if text.count('"') % 2:
        raise SearchError(f"Parse error at '{text[:10]}': a quote is not closed.")
    return SearchTerm("message", (f"*{_unquote(text)}*",))


def _key_term(match: re.Match[str]) -> SearchTerm:
    key, value = match["key"], match["value"]
    if not value:
        raise SearchError(f"Empty string after '{key}:'")
    if value.endswith(")") and "(" not in value:
        raise SearchError(_PARENTHESES)
    if value.startswith("["):
        if key == "is":
            raise SearchError('"in" syntax is not supported for "is" search')
        values = tuple(_unquote(item) for item in _ITEM.findall(value[1:-1]))
        if not values:
            raise SearchError(f"Empty list after '{key}:'")
    else:
        values = (_unquote(value),)
    is_tag = key.startswith("tags[")
    if key == "has":
        values = tuple(map(_tag_name, values))
    return SearchTerm(
        _tag_name(_unquote(key)), values, match["operator"] or "=", match["negated"] is not None, is_tag=is_tag
    )


def _tag_name(key: str) -> str:
    return key.removeprefix("tags[").removesuffix("]") if key.startswith("tags[") else key


def _unquote(text: str) -> str:
    return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text
