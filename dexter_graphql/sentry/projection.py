"""Projections: the members of an answer that an operation needs, and the record classes that decode just those.

Longer than most modules, because projections, record classes and decoders refer to each other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, Union

import msgspec
from typing_extensions import override

from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import (
    NULL,
    UNREADABLE,
    complete_list,
    decode_leniently,
    invalid_value,
    omitted_from,
)
from dexter_graphql.sentry.parents import Parents

T = TypeVar("T")
MAX_RECORD_CLASSES = 4096
PART = "part"
"""Representation of an object without a type in the graph, whose members are read as those of the record around it."""
LIST_CONTAINERS = frozenset({"list", "nullable_list"})
_set = msgspec.structs.force_setattr
"""Completes a record that was just decoded and is not shared yet. Records are immutable afterwards."""


class Record(msgspec.Struct, frozen=True, eq=False, gc=False, kw_only=True):
    """Base of every generated record: typed members of one JSON object, read by attribute. Immutable.

    A member that does not fit its type holds an `InvalidValue`, which is an exception: completing it reports an error
    at its path and leaves the rest of the answer intact.
    """

    typename: ClassVar[str] = ""
    """Name of the type in the graph."""
    representation: ClassVar[str] = ""
    """Which representation of the entity this is, for example `list` or `detail`."""
    members: ClassVar[frozenset[str]] = frozenset()
    """Names of the attributes that the projection has."""
    nested: ClassVar[tuple[str, ...]] = ()
    """Those of them that hold records with parents."""
    is_validated: ClassVar[bool] = False
    """True when the members of all records of the class, nested ones included, have the declared types."""

    # Sentry sends no such key, and decoding always replaces the value.
    parents: Any = msgspec.field(default=None, name="(parents)")


@dataclass(frozen=True, slots=True)
class Field:
    """One JSON member: attribute, wire name, and a msgspec type, a nested projection or a tagged union.

    An undecoded member (`msgspec.Raw`) is `NULL` where others are None. `container` is how a nested projection is held:
    `one`, `list`, `nullable_list` (items that do not fit stay as InvalidValue), or `map` (an object of such objects).
    """

    attr: str
    wire: str
    type: Any
    is_required: bool = False
    container: str = "one"
    is_strict: bool = False
    """True when the value is invalid as a whole when a part of it does not fit, as for figures that are summed up."""

    @property
    def is_nested(self) -> bool:
        """True when the value is a record, or a container of records."""
        return isinstance(self.type, (Projection, TaggedUnion))

    @property
    def is_part(self) -> bool:
        """True when the value is a part of the record, which needs no parents."""
        return isinstance(self.type, Projection) and self.type.representation == PART


@dataclass(frozen=True, slots=True)
class Projection:
    """The members of one kind of JSON object that will be read. Equal projections share one record class."""

    typename: str
    representation: str
    members: tuple[Field, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Computed once, as projections are deep and looked up for every answer.
        object.__setattr__(self, "_hash", hash((self.typename, self.representation, self.members)))

    @override
    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """Objects with several projections, chosen by the member `tag`; `fallback` is for all other tags."""

    tag: str
    projections: tuple[tuple[str, Projection], ...]
    fallback: Projection | None = None
    default_tag: str | None = None
    """The tag of objects without one."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.tag, self.projections, self.fallback, self.default_tag)))

    @override
    def __hash__(self) -> int:
        return self._hash

    @property
    def typename(self) -> str:
        """Names of the possible types, for messages."""
        return " or ".join(projection.typename for _, projection in self.projections)

    def of(self, tag: str | None) -> Projection | None:
        """The projection of an object with this tag; None when the tag is unknown and there is no fallback."""
        tag = self.default_tag if tag is None else tag
        return next((projection for value, projection in self.projections if value == tag), self.fallback)


class OtherKind(InvalidValue):
    """Replaces an object of a kind that a union does not have. Lists leave it out, as no error."""


@dataclass(frozen=True, slots=True)
class ParentRows:
    """A projection of rows that are the parents of what they embed, for example releases.

    `parents_of` returns the parents of a row, given those of the answer.
    """

    projection: Projection
    parents_of: Callable[[Any, Parents], Parents]

    @property
    def typename(self) -> str:
        """Name of the rows' type, for messages."""
        return self.projection.typename


AnyProjection = Projection | TaggedUnion
"""What an object can be decoded with."""
RowsProjection = AnyProjection | ParentRows
"""What the rows of a list can be decoded with."""


class DecodingKey(msgspec.Struct, frozen=True, gc=False):
    """How an answer is decoded; the key of the records that are kept with its cache entry."""

    projection: RowsProjection
    envelope: tuple[str, ...]
    parents: Parents
    is_list: bool


class RecordDecoder:
    """Generates record classes and decodes answers with them. Bounded; the least recently used class goes first."""

    def __init__(self, limit: int = MAX_RECORD_CLASSES) -> None:
        self._strict = lru_cache(limit)(self._define)
        self._lenient = lru_cache(limit)(self._define_lenient)
        self._of_one = lru_cache(limit)(lambda representation: msgspec.json.Decoder(self._type(representation)))
        self._of_list = lru_cache(limit)(lambda representation: msgspec.json.Decoder(list[self._type(representation)]))  # type: ignore[misc]  # made at run time

    def __len__(self) -> int:
        """Number of classes."""
        return self._strict.cache_info().currsize + self._lenient.cache_info().currsize

    def record_class(self, projection: Projection, tag: tuple[str, str] | None = None) -> type[Record]:
        """The class that decodes this projection; `tag` is a member and the value that it must have.

        Records with invalid values are of a subclass, whose `is_validated` is False.
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
        """The record in `body`, or the InvalidValue that replaces it. Raises BadResponse when it is not JSON at all.

        With the body's cache entry, a record without invalid values is decoded once and returned again.
        """
        key = DecodingKey(projection, envelope, parents, is_list=False)
        cached = None if cache_entry is None else cache_entry.get_records(key)
        if cached is not None:
            return cached
        row = self._decode(body, projection, envelope, is_list=False)
        if isinstance(row, Record):
            _set_parents([row], parents)
            if cache_entry is not None and row.is_validated:
                cache_entry.put_records(key, row)
        return row

    def decode_list(
        self,
        body: bytes,
        projection: RowsProjection,
        envelope: tuple[str, ...],
        parents: Parents,
        *,
        cache_entry: CacheEntry | None = None,
    ) -> list[Any]:
        """The records of a JSON array, each a record or the InvalidValue that replaces it.

        With the body's cache entry, a list without invalid values is decoded once: later calls return the same list.
        """
        key = DecodingKey(projection, envelope, parents, is_list=True)
        cached: list[Any] | None = None if cache_entry is None else cache_entry.get_records(key)
        if cached is not None:
            return cached
        parents_of = projection.parents_of if isinstance(projection, ParentRows) else None
        row_projection = projection.projection if isinstance(projection, ParentRows) else projection
        rows: list[Any] | InvalidValue = self._decode(body, row_projection, envelope, is_list=True)
        if isinstance(rows, InvalidValue):
            raise rows
        is_validated = all(issubclass(kind, Record) and kind.is_validated for kind in set(map(type, rows)))
        records = rows if is_validated else only_records(rows)
        if parents_of is None:
            _set_parents(records, parents)
        else:
            for row in records:
                _set_parents([row], parents_of(row, parents))
        # An InvalidValue is an exception, which grows each time that it is raised, and so is not shared.
        if cache_entry is not None and is_validated:
            cache_entry.put_records(key, rows)
        return rows

    def _define(self, projection: Projection, tag: tuple[str, str] | None) -> type[Record]:
        fields = [self._field(member) for member in projection.members]
        namespace = {
            "typename": projection.typename,
            "representation": projection.representation,
            "members": frozenset(member.attr for member in projection.members),
            "nested": tuple(member.attr for member in projection.members if member.is_nested and not member.is_part),
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
        strict = self._strict(projection, None)
        return msgspec.defstruct(strict.__name__, (), bases=(strict,), namespace={"is_validated": False})  # type: ignore[return-value]  # as above

    def _type(self, projection: AnyProjection) -> Any:
        if isinstance(projection, Projection):
            return self._strict(projection, None)
        tagged = projection.projections
        return Union[tuple(self._strict(variant, (projection.tag, value)) for value, variant in tagged)]  # noqa: UP007  # made at run time

    def _field(self, member: Field) -> tuple[str, Any, Any]:
        kind = self.member_type(member)
        if kind is msgspec.Raw:
            return (member.attr, kind, msgspec.field(default=NULL, name=member.wire))
        if member.is_required:
            return (member.attr, kind, msgspec.field(name=member.wire))
        return (member.attr, kind | None, msgspec.field(default=None, name=member.wire))

    def widened_record(self, record: Record, projection: Projection) -> Record:
        """The record with the members of a projection; those it lacks are null, or invalid where they are required."""
        members = {
            member.attr: getattr(record, member.attr) if member.attr in record.members else _absent_value(member)
            for member in projection.members
        }
        return self._lenient(projection)(**members, parents=record.parents)

    def member_type(self, member: Field) -> Any:
        """The msgspec type of a member, nested projections replaced by their record classes."""
        if not member.is_nested:
            return member.type
        cls = self._type(member.type)
        if member.container in LIST_CONTAINERS:
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
        """Decode row by row, and invalid rows member by member: an invalid value replaces itself and nothing else."""
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
            projection = _projection_of(row, representation)
            return projection if isinstance(projection, InvalidValue) else self._decode_row_leniently(value, projection)
        return self._lenient(representation)(
            **{member.attr: self._decode_field_leniently(row, member) for member in representation.members}
        )

    def _decode_field_leniently(self, row: dict[str, msgspec.Raw], member: Field) -> Any:
        value = row.get(member.wire, NULL)
        if member.type is msgspec.Raw:
            return value
        if value == NULL:
            return _absent_value(member)
        if member.is_nested:
            return self._decode_nested_leniently(value, member.type, member.container)
        try:
            if member.is_strict:
                return msgspec.json.decode(value, type=member.type)
            return decode_leniently(value, member.type, member.wire)
        except UNREADABLE as error:
            return invalid_value(member.wire, error)

    def _decode_nested_leniently(self, value: msgspec.Raw, projection: AnyProjection, container: str) -> Any:
        if container == "map" and (items := _decode_as(value, dict[str, msgspec.Raw])) is not None:
            return {key: self._decode_row_leniently(item, projection) for key, item in items.items()}
        rows = self._decode_leniently(value, projection, is_list=container in LIST_CONTAINERS)
        return rows if container == "one" or isinstance(rows, InvalidValue) else fitting_rows(value, rows, container)


def _projection_of(row: dict[str, msgspec.Raw], union: TaggedUnion) -> Projection | InvalidValue:
    """The projection that the tag of an object selects, or what replaces the object."""
    tag = row.get(union.tag, NULL)
    kind = None if tag == NULL else _decode_as(tag, str)
    if kind is None and tag != NULL:
        message = f"Expected a string for '{union.tag}' of {union.typename}, got {_json_type(tag)}"
        return union.fallback or InvalidValue(message)
    return union.of(kind) or OtherKind(f"Expected an object for {union.typename}, got one of another kind")


def _absent_value(member: Field) -> Any:
    """The value of a member that is missing in the answer."""
    if member.type is msgspec.Raw:
        return NULL
    return InvalidValue(f"Sentry's answer lacks '{member.wire}'") if member.is_required else None


def fitting_rows(value: msgspec.Raw, rows: Sequence[Any], container: str) -> list[Any]:
    """The rows of a list inside a record, without nulls and, unless the list admits null, without invalid ones."""
    items = msgspec.json.decode(value, type=list[msgspec.Raw])
    present = [row for item, row in zip(items, rows, strict=True) if item != NULL]
    return without_invalid_rows(present) if container == "list" else present


def without_invalid_rows(rows: Sequence[Any]) -> list[Any]:
    """The rows that are there, as a list that has the errors of those that are not."""
    failed = [row for row in rows if isinstance(row, Exception) and not isinstance(row, OtherKind)]
    present = [row for row in rows if row is not None and not isinstance(row, Exception)]
    return complete_list(present, [*omitted_from(rows), *failed])


def member_paths(projection: AnyProjection) -> frozenset[str]:
    """Attributes of a projection, and dotted those of the objects in it."""
    if isinstance(projection, TaggedUnion):
        return frozenset().union(*(member_paths(variant) for _, variant in projection.projections))
    nested = (
        {f"{member.attr}.{path}" for path in member_paths(member.type)}
        for member in projection.members
        if isinstance(member.type, Projection | TaggedUnion)
    )
    return frozenset(member.attr for member in projection.members).union(*nested)


def first_invalid(row: Any, *attrs: str) -> InvalidValue | None:
    """The InvalidValue that replaces the row or one of these members of it; None when all of them are valid."""
    if isinstance(row, InvalidValue):
        return row
    return next((value for attr in attrs if isinstance(value := getattr(row, attr), InvalidValue)), None)


def only_records(rows: Iterable[Any]) -> list[Any]:
    """The rows that are records and not InvalidValues."""
    return [row for row in rows if isinstance(row, Record)]


def _set_parents(rows: Sequence[Record], parents: Parents) -> None:
    """Write the parents on records that were just decoded, and on the records in them."""
    for row in rows:
        _set(row, "parents", parents)
    kinds: set[type[Record]] = set(map(type, rows))
    for kind in kinds:
        own_rows = rows if len(kinds) == 1 else [row for row in rows if type(row) is kind]
        for attr in kind.nested:
            nested = _records_in(map(attrgetter(attr), own_rows))
            if nested:
                _set_parents(nested, parents)


def _records_in(values: Iterable[Any]) -> list[Record]:
    """The records among values that are records, containers of records, null or invalid."""
    present = [value for value in values if value is not None]
    if all(issubclass(kind, Record) for kind in set(map(type, present))):
        return present
    records: list[Record] = []
    for value in present:
        if isinstance(value, Record):
            records.append(value)
        elif isinstance(value, list):
            records += only_records(value)
        elif isinstance(value, dict):
            records += only_records(value.values())
    return records


def _unwrap(body: bytes, envelope: tuple[str, ...]) -> bytes:
    for key in envelope:
        payload = (_decode_as(body, dict[str, msgspec.Raw]) or {}).get(key)
        if payload is None:
            raise InvalidValue(f"Sentry's answer lacks '{key}'")
        body = bytes(payload)
    return body


def _decode_as(value: bytes | msgspec.Raw, kind: type[T]) -> T | None:
    """The value; None when it has another type or cannot be read."""
    try:
        return msgspec.json.decode(value, type=kind)
    except UNREADABLE:
        return None


def _json_type(value: msgspec.Raw) -> str:
    names = {b"{": "an object", b"[": "a list", b'"': "a string", b"t": "a boolean", b"f": "a boolean", b"n": "null"}
    return names.get(bytes(value)[:1], "a number")
