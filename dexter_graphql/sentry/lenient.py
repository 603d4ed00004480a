"""Decoding of JSON values that do not fit their msgspec type: each part that does not fit costs itself alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from dexter_graphql.sentry.errors import InvalidValue

MAX_PARTIAL_CLASSES = 256
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises: other types and numbers out of range, broken JSON, broken text, more nesting than fits."""
NULL = msgspec.Raw(b"null")
"""An undecoded member that is null or missing; msgspec has no optional Raw."""


class IncompleteList(list[Any]):
    """The items of a list that fit, with the errors of those that are left out."""

    def __init__(self, items: Iterable[Any], omitted: Sequence[Exception]) -> None:
        super().__init__(items)
        self.omitted = omitted


def decode_leniently(value: msgspec.Raw, kind: Any, path: str) -> Any:
    """The value as `kind`; raises one of UNREADABLE when it does not fit at all. `path` is its position, for messages.

    Numbers and text are converted into each other where nothing is lost. A list lacks the items that do not fit: nulls
    silently, for others it is an IncompleteList. An item of a tuple that does not fit is an InvalidValue. A member of a
    struct that does not fit raises its InvalidValue when it is read, and has its default when it is null.
    """
    try:
        return msgspec.json.decode(value, type=kind)
    except UNREADABLE as error:
        failure = error
    try:
        return _decode_parts(value, kind, path)
    except UNREADABLE:
        raise failure from None
    finally:
        del failure  # its traceback refers to this frame


def invalid_value(path: str, error: Exception) -> InvalidValue:
    """What replaces the value at a position in Sentry's answer."""
    return InvalidValue(f"'{path}' in Sentry's answer does not fit: {error}")


def member_or_invalid(row: Any, name: str) -> Any:
    """A member of a struct, or the InvalidValue that it raises."""
    try:
        return getattr(row, name)
    except InvalidValue as error:
        return error


def raise_invalid(value: Any) -> Any:
    """The value; raises it when it is the InvalidValue that replaces another one."""
    if isinstance(value, InvalidValue):
        raise value
    return value


def complete_list(items: Sequence[Any], omitted: Sequence[Exception]) -> list[Any]:
    """The items as a list that has the errors of those that are left out."""
    return IncompleteList(items, omitted) if omitted else list(items)


def omitted_from(value: Any) -> Sequence[Exception]:
    """The errors of items that a decoded list lacks."""
    return value.omitted if isinstance(value, IncompleteList) else ()


def _decode_parts(value: msgspec.Raw, kind: Any, path: str) -> Any:
    decode = PARTWISE.get(get_origin(kind))
    if decode is not None:
        return decode(value, get_args(kind), path)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(value, kind, path)
    return _text(value) if kind is str else msgspec.json.decode(value, type=kind, strict=False)


def _first_fitting(value: msgspec.Raw, kinds: tuple[Any, ...], path: str) -> Any:
    """The value as the first type of a union that it fits."""
    for kind in kinds:
        if kind is NoneType:
            continue
        try:
            return decode_leniently(value, kind, path)
        except UNREADABLE:
            continue
    raise msgspec.ValidationError(f"Expected one of {len(kinds)} types")


def _list(value: msgspec.Raw, kinds: tuple[Any, ...], path: str) -> list[Any]:
    """The items that fit; null for others where the type admits null."""
    (kind,) = kinds
    items: list[Any] = []
    omitted: list[InvalidValue] = []
    for index, raw in enumerate(msgspec.json.decode(value, type=list[msgspec.Raw])):
        item = _item(raw, kind, f"{path}[{index}]")
        if not isinstance(item, InvalidValue):
            items.append(item)
            continue
        items += [None] if NoneType in get_args(kind) else []
        omitted += [item] if raw != NULL else []
    return complete_list(items, omitted)


def _dict(value: msgspec.Raw, kinds: tuple[Any, ...], path: str) -> dict[str, Any]:
    """The members; an InvalidValue replaces one that does not fit."""
    members = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    return {name: _item(member, kinds[1], f"{path}.{name}") for name, member in members.items()}


def _tuple(value: msgspec.Raw, kinds: tuple[Any, ...], path: str) -> tuple[Any, ...]:
    items = msgspec.json.decode(value, type=list[msgspec.Raw])
    if len(items) != len(kinds):
        raise msgspec.ValidationError(f"Expected {len(kinds)} items, got {len(items)}")
    pairs = enumerate(zip(items, kinds, strict=True))
    return tuple(_item(item, kind, f"{path}[{index}]") for index, (item, kind) in pairs)


def _item(value: msgspec.Raw, kind: Any, path: str) -> Any:
    """The value, or the InvalidValue in its place."""
    try:
        return decode_leniently(value, kind, path)
    except UNREADABLE as error:
        return invalid_value(path, error)


def _struct(value: msgspec.Raw, kind: type[Any], path: str) -> Any:
    wire = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    members: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if (raw := wire.get(field.encode_name)) is not None:
            member = _item(raw, field.type, f"{path}.{field.encode_name}")
            if not isinstance(member, InvalidValue) or (raw != NULL and not field.required):
                members[field.name] = member
    is_partial = any(isinstance(member, InvalidValue) for member in members.values())
    try:
        return (_partial_class(kind) if is_partial else kind)(**members)  # type: ignore[arg-type]  # classes are hashable
    except TypeError as error:
        raise msgspec.ValidationError(str(error)) from None


@lru_cache(MAX_PARTIAL_CLASSES)
def _partial_class(kind: Any) -> type[Any]:
    """The struct with members that raise the InvalidValue which they hold."""

    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807  # the method of this name
        member = kind.__getattribute__(self, name)
        if isinstance(member, InvalidValue):
            raise member
        return member

    return msgspec.defstruct(kind.__name__, (), bases=(kind,), namespace={"__getattribute__": __getattribute__})


def _text(value: msgspec.Raw) -> str:
    """The text of a number, as it is written in the JSON."""
    if not isinstance(msgspec.json.decode(value, type=int | float), bool):
        return bytes(value).decode()
    raise msgspec.ValidationError("Expected a string")


PARTWISE: Mapping[Any, Callable[[msgspec.Raw, tuple[Any, ...], str], Any]] = MappingProxyType(
    {Union: _first_fitting, UnionType: _first_fitting, list: _list, dict: _dict, tuple: _tuple}
)
"""Origin of a generic type → the function that decodes its parts, given the type arguments and the path."""
