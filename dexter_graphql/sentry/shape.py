"""Knows which members of an answer will be read, and generates a record class that decodes just those.

Does not know what a member means: names and types come from whoever asks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, TypeVar, Union

import msgspec
from typing_extensions import override

from dexter_graphql.sentry.errors import Misfit
from dexter_graphql.sentry.kept import Kept
from dexter_graphql.sentry.scope import Scope

T = TypeVar("T")
MAX_RECORD_CLASSES = 4096
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises: other types and numbers out of range, broken JSON, broken text, more nesting than fits."""
NULL = msgspec.Raw(b"null")
"""An undecoded member that is null or not there; msgspec has no optional Raw."""
_set = msgspec.structs.force_setattr


class Record(msgspec.Struct, frozen=True, eq=False, gc=False, kw_only=True):
    """Base of every generated record: typed members of one JSON object, read by attribute.

    A member that did not fit its type holds a `Misfit`, which is an exception: whoever completes it reports it at its
    place and leaves the rest of the answer alone.
    """

    typename: ClassVar[str] = ""
    """Name of the noun in the graph."""
    form: ClassVar[str] = ""
    """Which of the noun's forms this is, for example `list` or `detail`."""
    members: ClassVar[frozenset[str]] = frozenset()
    """Names of the attributes that the answer was asked for."""
    is_sound: ClassVar[bool] = False
    """True for a class of which every record was decoded: its members, and theirs, have the types that it declares."""

    # Sentry sends no such key, and the client overwrites whatever one would decode to.
    scope: Any = msgspec.field(default=None, name="(scope)")


@dataclass(frozen=True, slots=True)
class Member:
    """One JSON member: attribute, wire name, and a msgspec type, a nested shape, or variants of one.

    An undecoded member (`msgspec.Raw`) is `NULL` where others are None. `container` says how a nested shape is held:
    `one`, `list`, or `map` (an object of such objects).
    """

    attr: str
    wire: str
    type: Any
    is_required: bool = False
    container: str = "one"


@dataclass(frozen=True, slots=True)
class Shape:
    """The members of one kind of JSON object that will be read. Equal shapes share one record class."""

    typename: str
    form: str
    members: tuple[Member, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Shapes are deep, and looked up for every answer.
        object.__setattr__(self, "_hash", hash((self.typename, self.form, self.members)))

    @override
    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Variants:
    """Objects of several shapes, told apart by the member `tag`; `fallback` takes the tags that nobody lists."""

    tag: str
    shapes: tuple[tuple[str, Shape], ...]
    fallback: Shape | None = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.tag, self.shapes, self.fallback)))

    @override
    def __hash__(self) -> int:
        return self._hash

    @property
    def typename(self) -> str:
        """Names of the nouns that may stand here, for messages."""
        return " or ".join(shape.typename for _, shape in self.shapes)

    def of(self, tag: str | None) -> Shape | None:
        """The shape of an object with this tag, None when the tag is unknown and there is no fallback."""
        return next((shape for value, shape in self.shapes if value == tag), self.fallback)


Form = Shape | Variants
"""What an answer can be decoded as."""


class Projection(msgspec.Struct, frozen=True, gc=False):
    """What an answer is decoded as."""

    shape: Form
    envelope: tuple[str, ...]
    scope: Scope
    is_list: bool


class Records:
    """Generates record classes and decodes answers with them; bounded, the class not used for longest goes first."""

    def __init__(self, limit: int = MAX_RECORD_CLASSES) -> None:
        self._sound = lru_cache(limit)(self._define)
        self._salvaged = lru_cache(limit)(self._define_salvaged)
        self._of_one = lru_cache(limit)(lambda form: msgspec.json.Decoder(self._type(form)))
        self._of_list = lru_cache(limit)(lambda form: msgspec.json.Decoder(list[self._type(form)]))  # type: ignore[misc]  # made at run time

    def __len__(self) -> int:
        """How many classes are kept."""
        return self._sound.cache_info().currsize + self._salvaged.cache_info().currsize

    def record_class(self, shape: Shape, tag: tuple[str, str] | None = None) -> type[Record]:
        """The struct that decodes this shape, made at first sight; `tag` is a member and the value it must have.

        Records with misfits are of a subclass of it, which is not sound.
        """
        return self._sound(shape, tag)

    def decode_one(
        self, body: bytes, shape: Form, envelope: tuple[str, ...], scope: Scope, *, kept: Kept | None = None
    ) -> Any:
        """The record in `body`, or the Misfit that stands for it. Raises BadResponse when it is not JSON at all.

        With `kept`, which must be of this body, a record without misfits is decoded once and given again.
        """
        place = Projection(shape, envelope, scope, is_list=False)
        found = None if kept is None else kept.records(place)
        if found is not None:
            return found
        row = self._decode(body, shape, envelope, is_list=False)
        if isinstance(row, Record):
            _set(row, "scope", scope)
            if kept is not None and row.is_sound:
                kept.keep_records(place, row)
        return row

    def decode_list(
        self, body: bytes, shape: Form, envelope: tuple[str, ...], scope: Scope, *, kept: Kept | None = None
    ) -> list[Any]:
        """The records of a JSON array, each a record or the Misfit that stands for it.

        With `kept`, which must be of this body, a list without misfits is decoded once: later calls get the same list
        with the same records, and must leave both as they are.
        """
        place = Projection(shape, envelope, scope, is_list=True)
        found: list[Any] | None = None if kept is None else kept.records(place)
        if found is not None:
            return found
        rows = self._decode(body, shape, envelope, is_list=True)
        if isinstance(rows, Misfit):
            raise rows
        is_sound = all(issubclass(kind, Record) and kind.is_sound for kind in set(map(type, rows)))
        for row in rows if is_sound else records(rows):
            _set(row, "scope", scope)
        # A misfit is an exception, and grows with everybody who raises it.
        if kept is not None and is_sound:
            kept.keep_records(place, rows)
        return rows  # type: ignore[no-any-return]  # msgspec checked that it is a list

    def _define(self, shape: Shape, tag: tuple[str, str] | None) -> type[Record]:
        fields = [self._field(member) for member in shape.members]
        namespace = {
            "typename": shape.typename,
            "form": shape.form,
            "members": frozenset(member.attr for member in shape.members),
            "is_sound": True,
        }
        return msgspec.defstruct(  # type: ignore[return-value]  # defstruct cannot say that bases decide the type
            f"{shape.typename}_{shape.form}",
            fields,
            bases=(Record,),
            namespace=namespace,
            frozen=True,
            eq=False,
            gc=False,
            kw_only=True,
            tag_field=tag and tag[0],
            tag=tag and tag[1],
        )

    def _define_salvaged(self, shape: Shape) -> type[Record]:
        sound = self._sound(shape, None)
        return msgspec.defstruct(sound.__name__, (), bases=(sound,), namespace={"is_sound": False})  # type: ignore[return-value]  # as above

    def _type(self, shape: Form) -> Any:
        if isinstance(shape, Shape):
            return self._sound(shape, None)
        return Union[tuple(self._sound(one, (shape.tag, value)) for value, one in shape.shapes)]  # noqa: UP007  # made at run time

    def _field(self, member: Member) -> tuple[str, Any, Any]:
        kind = self.member_type(member)
        if kind is msgspec.Raw:
            return (member.attr, kind, msgspec.field(default=NULL, name=member.wire))
        if member.is_required:
            return (member.attr, kind, msgspec.field(name=member.wire))
        return (member.attr, kind | None, msgspec.field(default=None, name=member.wire))

    def member_type(self, member: Member) -> Any:
        """The msgspec type of a member, nested shapes replaced by their record classes."""
        if not isinstance(member.type, (Shape, Variants)):
            return member.type
        cls = self._type(member.type)
        if member.container == "list":
            return list[cls]  # type: ignore[valid-type]  # made at run time
        return dict[str, cls] if member.container == "map" else cls  # type: ignore[valid-type]  # made at run time

    def _decode(self, body: bytes, shape: Form, envelope: tuple[str, ...], *, is_list: bool) -> Any:
        payload = _unwrap(body, envelope)
        try:
            return (self._of_list(shape) if is_list else self._of_one(shape)).decode(payload)
        except UNREADABLE:
            pass
        try:
            return self._salvage(msgspec.json.decode(payload, type=msgspec.Raw), shape, is_list=is_list)
        except UNREADABLE as error:
            raise Misfit("The answer is not JSON") from error

    def _salvage(self, value: msgspec.Raw, shape: Form, *, is_list: bool) -> Any:
        """Decode row by row, and what does not fit member by member: one bad value costs itself and nothing else."""
        if not is_list:
            return self._salvage_row(value, shape)
        if (rows := _opened(value, list[msgspec.Raw])) is None:
            return Misfit(f"Expected a list of {shape.typename}, got {_json_type(value)}")
        return [self._salvage_row(row, shape) for row in rows]

    def _salvage_row(self, value: msgspec.Raw, form: Form) -> Any:
        try:
            return self._of_one(form).decode(value)
        except UNREADABLE:
            pass
        row = _opened(value, dict[str, msgspec.Raw])
        if row is None:
            return Misfit(f"Expected an object for {form.typename}, got {_json_type(value)}")
        if isinstance(form, Variants):
            shape = form.of(_opened(row.get(form.tag, NULL), str))
            if shape is None:
                return Misfit(f"Expected an object for {form.typename}, got one of another kind")
            return self._salvage_row(value, shape)
        return self._salvaged(form)(**{member.attr: self._salvage_member(row, member) for member in form.members})

    def _salvage_member(self, row: dict[str, msgspec.Raw], member: Member) -> Any:
        value = row.get(member.wire, NULL)
        if member.type is msgspec.Raw:
            return value
        if value == NULL:
            return Misfit(f"Sentry's answer lacks '{member.wire}'") if member.is_required else None
        if isinstance(member.type, (Shape, Variants)):
            return self._salvage_nested(value, member.type, member.container)
        try:
            return msgspec.json.decode(value, type=member.type)
        except UNREADABLE as error:
            return Misfit(f"'{member.wire}' in Sentry's answer does not fit: {error}")

    def _salvage_nested(self, value: msgspec.Raw, shape: Form, container: str) -> Any:
        if container == "map" and (items := _opened(value, dict[str, msgspec.Raw])) is not None:
            return {key: self._salvage_row(item, shape) for key, item in items.items()}
        return self._salvage(value, shape, is_list=container == "list")


def scoped_below(value: Any, scope: Scope) -> Any:
    """`value` with the scope written on the records it is or holds; nested records get theirs when first read."""
    for row in _rows(value):
        if row.scope is None:
            _set(row, "scope", scope)
    return value


def rescoped(row: Record, scope: Scope) -> Record:
    """The same record with a scope of its own, for rows of one answer that differ in it."""
    _set(row, "scope", scope)
    return row


def misfit_in(row: Any, *attrs: str) -> Misfit | None:
    """The misfit that stands for the row, or for one of these members of it; None when all of them can be used."""
    if isinstance(row, Misfit):
        return row
    return next((value for attr in attrs if isinstance(value := getattr(row, attr), Misfit)), None)


def records(rows: Iterable[Any]) -> list[Any]:
    """The records among rows of which some may be misfits."""
    return [row for row in rows if isinstance(row, Record)]


def _rows(value: Any) -> Iterator[Record]:
    if isinstance(value, Record):
        yield value
    elif isinstance(value, (list, dict)):
        items = value.values() if isinstance(value, dict) else value
        yield from (row for row in items if isinstance(row, Record))


def _unwrap(body: bytes, envelope: tuple[str, ...]) -> bytes:
    for key in envelope:
        found = (_opened(body, dict[str, msgspec.Raw]) or {}).get(key)
        if found is None:
            raise Misfit(f"Sentry's answer lacks '{key}'")
        body = bytes(found)
    return body


def _opened(value: bytes | msgspec.Raw, kind: type[T]) -> T | None:
    """The value, None when it is of another kind or cannot be read."""
    try:
        return msgspec.json.decode(value, type=kind)
    except UNREADABLE:
        return None


def _json_type(value: msgspec.Raw) -> str:
    names = {b"{": "an object", b"[": "a list", b'"': "a string", b"t": "a boolean", b"f": "a boolean", b"n": "null"}
    return names.get(bytes(value)[:1], "a number")
