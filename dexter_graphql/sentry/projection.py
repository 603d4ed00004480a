"""Knows which members of an answer will be read, and generates a record class that decodes just those.

Does not know what a member means: names and types come from whoever asks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, TypeVar, Union

import msgspec
from typing_extensions import override

from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parents import Parents

T = TypeVar("T")
MAX_RECORD_CLASSES = 4096
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises: other types and numbers out of range, broken JSON, broken text, more nesting than fits."""
NULL = msgspec.Raw(b"null")
"""An undecoded member that is null or not there; msgspec has no optional Raw."""
_set = msgspec.structs.force_setattr


class Record(msgspec.Struct, frozen=True, eq=False, gc=False, kw_only=True):
    """Base of every generated record: typed members of one JSON object, read by attribute.

    A member that did not fit its type holds an `InvalidValue`, which is an exception: completing it reports an error at
    its path and leaves the rest of the answer intact.
    """

    typename: ClassVar[str] = ""
    """Name of the noun in the graph."""
    representation: ClassVar[str] = ""
    """Which of the noun's forms this is, for example `list` or `detail`."""
    members: ClassVar[frozenset[str]] = frozenset()
    """Names of the attributes that the answer was asked for."""
    is_validated: ClassVar[bool] = False
    """True for a class of which every record was decoded: its members, and theirs, have the types that it declares."""

    # Sentry sends no such key, and the client overwrites whatever one would decode to.
    parents: Any = msgspec.field(default=None, name="(parents)")


@dataclass(frozen=True, slots=True)
class Field:
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
class Projection:
    """The members of one kind of JSON object that will be read. Equal shapes share one record class."""

    typename: str
    representation: str
    members: tuple[Field, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Shapes are deep, and looked up for every answer.
        object.__setattr__(self, "_hash", hash((self.typename, self.representation, self.members)))

    @override
    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """Objects of several shapes, told apart by the member `tag`; `fallback` takes the tags that nobody lists."""

    tag: str
    projections: tuple[tuple[str, Projection], ...]
    fallback: Projection | None = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.tag, self.projections, self.fallback)))

    @override
    def __hash__(self) -> int:
        return self._hash

    @property
    def typename(self) -> str:
        """Names of the nouns that may stand here, for messages."""
        return " or ".join(projection.typename for _, projection in self.projections)

    def of(self, tag: str | None) -> Projection | None:
        """The shape of an object with this tag, None when the tag is unknown and there is no fallback."""
        return next((projection for value, projection in self.projections if value == tag), self.fallback)


AnyProjection = Projection | TaggedUnion
"""What an answer can be decoded as."""


class DecodingKey(msgspec.Struct, frozen=True, gc=False):
    """What an answer is decoded as."""

    projection: AnyProjection
    envelope: tuple[str, ...]
    parents: Parents
    is_list: bool


class RecordDecoder:
    """Generates record classes and decodes answers with them; bounded, the class not used for longest goes first."""

    def __init__(self, limit: int = MAX_RECORD_CLASSES) -> None:
        self._strict = lru_cache(limit)(self._define)
        self._lenient = lru_cache(limit)(self._define_lenient)
        self._of_one = lru_cache(limit)(lambda representation: msgspec.json.Decoder(self._type(representation)))
        self._of_list = lru_cache(limit)(lambda representation: msgspec.json.Decoder(list[self._type(representation)]))  # type: ignore[misc]  # made at run time

    def __len__(self) -> int:
        """How many classes are kept."""
        return self._strict.cache_info().currsize + self._lenient.cache_info().currsize

    def record_class(self, projection: Projection, tag: tuple[str, str] | None = None) -> type[Record]:
        """The struct that decodes this shape, made at first sight; `tag` is a member and the value it must have.

        Records with misfits are of a subclass of it, which is not sound.
        """
        return self._strict(projection, tag)

    def decode_one(
        self,
        body: bytes,
        projection: AnyProjection,
        envelope: tuple[str, ...],
        parents: Parents,
        *,
        cache_entry: CacheEntry | None = None,
    ) -> Any:
        """The record in `body`, or the InvalidValue that stands for it. Raises BadResponse when it is not JSON at all.

        With `kept`, which must be of this body, a record without misfits is decoded once and given again.
        """
        place = DecodingKey(projection, envelope, parents, is_list=False)
        found = None if cache_entry is None else cache_entry.get_records(place)
        if found is not None:
            return found
        row = self._decode(body, projection, envelope, is_list=False)
        if isinstance(row, Record):
            _set(row, "parents", parents)
            if cache_entry is not None and row.is_validated:
                cache_entry.put_records(place, row)
        return row

    def decode_list(
        self,
        body: bytes,
        projection: AnyProjection,
        envelope: tuple[str, ...],
        parents: Parents,
        *,
        cache_entry: CacheEntry | None = None,
    ) -> list[Any]:
        """The records of a JSON array, each a record or the InvalidValue that stands for it.

        With `kept`, which must be of this body, a list without misfits is decoded once: later calls get the same list
        with the same records, and must leave both as they are.
        """
        place = DecodingKey(projection, envelope, parents, is_list=True)
        found: list[Any] | None = None if cache_entry is None else cache_entry.get_records(place)
        if found is not None:
            return found
        rows = self._decode(body, projection, envelope, is_list=True)
        if isinstance(rows, InvalidValue):
            raise rows
        is_validated = all(issubclass(kind, Record) and kind.is_validated for kind in set(map(type, rows)))
        for row in rows if is_validated else only_records(rows):
            _set(row, "parents", parents)
        # A misfit is an exception, and grows with everybody who raises it.
        if cache_entry is not None and is_validated:
            cache_entry.put_records(place, rows)
        return rows  # type: ignore[no-any-return]  # msgspec checked that it is a list

    def _define(self, projection: Projection, tag: tuple[str, str] | None) -> type[Record]:
        fields = [self._field(member) for member in projection.members]
        namespace = {
            "typename": projection.typename,
            "representation": projection.representation,
            "members": frozenset(member.attr for member in projection.members),
            "is_validated": True,
        }
        return msgspec.defstruct(  # type: ignore[return-value]  # defstruct cannot say that bases decide the type
            f"{projection.typename}_{projection.representation}",
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

    def _define_lenient(self, projection: Projection) -> type[Record]:
        sound = self._strict(projection, None)
        return msgspec.defstruct(sound.__name__, (), bases=(sound,), namespace={"is_validated": False})  # type: ignore[return-value]  # as above

    def _type(self, projection: AnyProjection) -> Any:
        if isinstance(projection, Projection):
            return self._strict(projection, None)
        return Union[tuple(self._strict(one, (projection.tag, value)) for value, one in projection.projections)]  # noqa: UP007  # made at run time

    def _field(self, member: Field) -> tuple[str, Any, Any]:
        kind = self.member_type(member)
        if kind is msgspec.Raw:
            return (member.attr, kind, msgspec.field(default=NULL, name=member.wire))
        if member.is_required:
            return (member.attr, kind, msgspec.field(name=member.wire))
        return (member.attr, kind | None, msgspec.field(default=None, name=member.wire))

    def member_type(self, member: Field) -> Any:
        """The msgspec type of a member, nested shapes replaced by their record classes."""
        if not isinstance(member.type, (Projection, TaggedUnion)):
            return member.type
        cls = self._type(member.type)
        if member.container == "list":
            return list[cls]  # type: ignore[valid-type]  # made at run time
        return dict[str, cls] if member.container == "map" else cls  # type: ignore[valid-type]  # made at run time

    def _decode(self, body: bytes, projection: AnyProjection, envelope: tuple[str, ...], *, is_list: bool) -> Any:
        payload = _unwrap(body, envelope)
        try:
            return (self._of_list(projection) if is_list else self._of_one(projection)).decode(payload)
        except UNREADABLE:
            pass
        try:
            return self._decode_leniently(msgspec.json.decode(payload, type=msgspec.Raw), projection, is_list=is_list)
        except UNREADABLE as error:
            raise InvalidValue("The answer is not JSON") from error

    def _decode_leniently(self, value: msgspec.Raw, projection: AnyProjection, *, is_list: bool) -> Any:
        """Decode row by row, and what does not fit member by member: one bad value costs itself and nothing else."""
        if not is_list:
            return self._decode_row_leniently(value, projection)
        if (rows := _decode_as(value, list[msgspec.Raw])) is None:
            return InvalidValue(f"Expected a list of {projection.typename}, got {_json_type(value)}")
        return [self._decode_row_leniently(row, projection) for row in rows]

    def _decode_row_leniently(self, value: msgspec.Raw, representation: AnyProjection) -> Any:
        try:
            return self._of_one(representation).decode(value)
        except UNREADABLE:
            pass
        row = _decode_as(value, dict[str, msgspec.Raw])
        if row is None:
            return InvalidValue(f"Expected an object for {representation.typename}, got {_json_type(value)}")
        if isinstance(representation, TaggedUnion):
            projection = representation.of(_decode_as(row.get(representation.tag, NULL), str))
            if projection is None:
                return InvalidValue(f"Expected an object for {representation.typename}, got one of another kind")
            return self._decode_row_leniently(value, projection)
        return self._lenient(representation)(
            **{member.attr: self._decode_field_leniently(row, member) for member in representation.members}
        )

    def _decode_field_leniently(self, row: dict[str, msgspec.Raw], member: Field) -> Any:
        value = row.get(member.wire, NULL)
        if member.type is msgspec.Raw:
            return value
        if value == NULL:
            return InvalidValue(f"Sentry's answer lacks '{member.wire}'") if member.is_required else None
        if isinstance(member.type, (Projection, TaggedUnion)):
            return self._decode_nested_leniently(value, member.type, member.container)
        try:
            return msgspec.json.decode(value, type=member.type)
        except UNREADABLE as error:
            return InvalidValue(f"'{member.wire}' in Sentry's answer does not fit: {error}")

    def _decode_nested_leniently(self, value: msgspec.Raw, projection: AnyProjection, container: str) -> Any:
        if container == "map" and (items := _decode_as(value, dict[str, msgspec.Raw])) is not None:
            return {key: self._decode_row_leniently(item, projection) for key, item in items.items()}
        return self._decode_leniently(value, projection, is_list=container == "list")


def with_parents(value: Any, parents: Parents) -> Any:
    """`value` with the scope written on the records it is or holds; nested records get theirs when first read."""
    for row in _rows(value):
        if row.parents is None:
            _set(row, "parents", parents)
    return value


def replace_parents(row: Record, parents: Parents) -> Record:
    """The same record with a scope of its own, for rows of one answer that differ in it."""
    _set(row, "parents", parents)
    return row


def first_invalid(row: Any, *attrs: str) -> InvalidValue | None:
    """The misfit that stands for the row, or for one of these members of it; None when all of them can be used."""
    if isinstance(row, InvalidValue):
        return row
    return next((value for attr in attrs if isinstance(value := getattr(row, attr), InvalidValue)), None)


def only_records(rows: Iterable[Any]) -> list[Any]:
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
        found = (_decode_as(body, dict[str, msgspec.Raw]) or {}).get(key)
        if found is None:
            raise InvalidValue(f"Sentry's answer lacks '{key}'")
        body = bytes(found)
    return body


def _decode_as(value: bytes | msgspec.Raw, kind: type[T]) -> T | None:
    """The value, None when it is of another kind or cannot be read."""
    try:
        return msgspec.json.decode(value, type=kind)
    except UNREADABLE:
        return None


def _json_type(value: msgspec.Raw) -> str:
    names = {b"{": "an object", b"[": "a list", b'"': "a string", b"t": "a boolean", b"f": "a boolean", b"n": "null"}
    return names.get(bytes(value)[:1], "a number")
