"""Decoding of JSON values that do not fit their msgspec type: each part that does not fit costs itself alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises: other types and numbers out of range, broken JSON, broken text, more nesting than fits."""
NULL = msgspec.Raw(b"null")
"""An undecoded member that is null or missing; msgspec has no optional Raw."""


def decode_leniently(value: msgspec.Raw, kind: Any) -> Any:
    """The value as `kind`; raises one of UNREADABLE when it does not fit at all.

    Numbers and text are converted into each other where nothing is lost. Items of lists and objects that do not fit are
    left out, or null where the type admits null. A member of a struct that does not fit has its default.
    """
    try:
        return msgspec.json.decode(value, type=kind)
    except UNREADABLE as error:
        failure = error
    try:
        return _decode_parts(value, kind)
    except UNREADABLE:
        raise failure from None


def _decode_parts(value: msgspec.Raw, kind: Any) -> Any:
    decode = PARTWISE.get(get_origin(kind))
    if decode is not None:
        return decode(value, get_args(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(value, kind)
    return _text(value) if kind is str else msgspec.json.decode(value, type=kind, strict=False)


def _first_fitting(value: msgspec.Raw, kinds: tuple[Any, ...]) -> Any:
    """The value as the first type of a union that it fits."""
    for kind in kinds:
        if kind is NoneType:
            continue
        try:
            return decode_leniently(value, kind)
        except UNREADABLE:
            continue
    raise msgspec.ValidationError(f"Expected one of {len(kinds)} types")


def _list(value: msgspec.Raw, kinds: tuple[Any, ...]) -> list[Any]:
    """The items that fit."""
    items = enumerate(msgspec.json.decode(value, type=list[msgspec.Raw]))
    return [item for _, item in _fitting(items, kinds[0])]


def _dict(value: msgspec.Raw, kinds: tuple[Any, ...]) -> dict[str, Any]:
    """The members that fit."""
    return dict(_fitting(msgspec.json.decode(value, type=dict[str, msgspec.Raw]).items(), kinds[1]))


def _fitting(values: Iterable[tuple[T, msgspec.Raw]], kind: Any) -> Iterator[tuple[T, Any]]:
    for key, value in values:
        try:
            yield key, _value_or_none(value, kind)
        except UNREADABLE:
            continue


def _tuple(value: msgspec.Raw, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    items = msgspec.json.decode(value, type=list[msgspec.Raw])
    if len(items) != len(kinds):
        raise msgspec.ValidationError(f"Expected {len(kinds)} items, got {len(items)}")
    return tuple(_value_or_none(item, kind) for item, kind in zip(items, kinds, strict=True))


def _value_or_none(value: msgspec.Raw, kind: Any) -> Any:
    """The value; None when it does not fit and the type admits null."""
    try:
        return decode_leniently(value, kind)
    except UNREADABLE:
        if NoneType in get_args(kind):
            return None
        raise


def _struct(value: msgspec.Raw, kind: type[Any]) -> Any:
    members = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    fields = [
        (field, members[field.encode_name]) for field in msgspec.structs.fields(kind) if field.encode_name in members
    ]
    fitting: dict[str, Any] = {}
    for field, member in fields:
        fitting |= _fitting([(field.name, member)], field.type)
    try:
        return kind(**fitting)
    except TypeError as error:
        raise msgspec.ValidationError(str(error)) from None


def _text(value: msgspec.Raw) -> str:
    """The text of a number, as it is written in the JSON."""
    if not isinstance(msgspec.json.decode(value, type=int | float), bool):
        return bytes(value).decode()
    raise msgspec.ValidationError("Expected a string")


PARTWISE: Mapping[Any, Callable[[msgspec.Raw, tuple[Any, ...]], Any]] = MappingProxyType(
    {Union: _first_fitting, UnionType: _first_fitting, list: _list, dict: _dict, tuple: _tuple}
)
"""Origin of a generic type → the function that decodes its parts, given the type arguments."""
