"""The answer to an operation as the response of its route: `data`, `meta` and `errors`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

NODES = "nodes"
NULL = b"null"
Members = dict[str, msgspec.Raw]


class Answer(msgspec.Struct, frozen=True):
    """An answer to an operation; its data stays encoded."""

    data: msgspec.Raw = msgspec.Raw(NULL)
    errors: tuple[dict[str, Any], ...] = ()
    extensions: Members = {}


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Where a list goes on."""

    has_next_page: bool = False
    end_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The part of an answer that a route returns. `data` is None when it is missing."""

    data: msgspec.Raw | None
    meta: Members = field(default_factory=dict)
    errors: Sequence[Mapping[str, Any]] = ()
    user_errors: Sequence[Mapping[str, Any]] = ()
    missing: str = ""
    """Name of the field that is null where `data` is missing."""

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page, if there is one."""
        raw = self.meta.get("pageInfo")
        page = None if raw is None else msgspec.json.decode(raw, type=PageInfo)
        return page.end_cursor if page is not None and page.has_next_page else None

    def encode(self) -> bytes:
        """The body of the response."""
        errors = {"errors": self.errors} if self.errors else {}
        return msgspec.json.encode({"data": self.data, **({"meta": self.meta} if self.meta else {}), **errors})


def result_of(body: bytes, path: Sequence[str]) -> Result:
    """Return what stands at a path in an answer; of a connection its nodes, with its other members as `meta`."""
    answer = msgspec.json.decode(body, type=Answer)
    value, user_errors = answer.data, []
    for index, name in enumerate(path):
        members = _members(value)
        if name not in members:
            missing = path[index + 1] if name.isdecimal() else path[max(index - 1, 0)]
            return Result(None, errors=answer.errors, missing=missing)
        if user_errors := _user_errors(members):
            return Result(None, errors=answer.errors, user_errors=user_errors)
        value = members[name]
    members = _members(value)
    # An object of another type than the document's has no members.
    if memoryview(value) in (NULL, b"{}") or (user_errors := _user_errors(members)):
        return Result(None, errors=answer.errors, user_errors=user_errors, missing=path[-1])
    meta = answer.extensions
    if NODES in members:
        value = members.pop(NODES)
        meta = members | meta
    return Result(value, meta, answer.errors)


def _user_errors(members: Members) -> list[dict[str, Any]]:
    """Why a payload has no result; a payload with results for some of its items is a success."""
    errors, results = members.get("userErrors"), members.get("results")
    if errors is None or (results is not None and bytes(results) != b"[]"):
        return []
    return msgspec.json.decode(errors, type=list[dict[str, Any]])


def _members(value: msgspec.Raw) -> Members:
    """The members of an encoded object or, by their positions, of a list; empty for anything else."""
    kind = bytes(memoryview(value)[:1])
    if kind == b"[":
        return {str(index): item for index, item in enumerate(msgspec.json.decode(value, type=list[msgspec.Raw]))}
    return msgspec.json.decode(value, type=Members) if kind == b"{" else {}
