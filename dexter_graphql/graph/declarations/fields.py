r"""Declarations of the graph's types and fields.

Longer than most modules, because authors of entities find every kind of declaration here.

| kind | the field is | declared by |
| --- | --- | --- |
| plain | one member of the record, perhaps converted | `title: str = plain("…")` |
| computed | a pure function of several members (and arguments) | `@computed(metadata=dict)` on a function of the row |
| | the first of several members that is there | `event_count: BigInt \| None = first_of("lifetime.count", "count")` |
| link | another entity that the record may embed | `project: Project \| None = link("project", Embedded(…))` |
| batch | loaded for all parents of a level at once | `latest_event: Event \| None = batch(latest_events)` |
| call | anything else: root fields and mutations | `@call(uses=[…])` on an async function of row and load context |

Declarations are data; `binder.py` checks them and binds them to a schema. Records carry wire names as attributes:
`row.shortId` is what Sentry calls `shortId`.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, dataclass_transform, overload

import msgspec
import strawberry

from dexter_graphql.graph.declarations.keys import EntityKey, entity_key
from dexter_graphql.graph.declarations.kind_field import (
    KIND,
    DeclaredCalls,
    KindField,
    declared_field,
    description_of,
)
from dexter_graphql.graph.declarations.wire_types import DeclarationError, attr_of
from dexter_graphql.loaders.base import CHUNK_SIZE, Loader, Style
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Record

ID = int | str
"""Wire type of an identifier: Sentry writes some as numbers, most as text."""

LIST, DETAIL, EMBEDDED, BASE = "list", "detail", "embedded", "base"
"""Common representations of entities; an entity may declare others. Writes and webhooks answer in the base one."""


@dataclass(frozen=True, slots=True)
class PlainDeclaration:
    """Reads one member. `wire` is the field's name when None, `type` follows from the GraphQL type when None."""

    wire: str | None
    type: Any
    convert: Callable[[Any], Any] | None
    representations: frozenset[str] | None
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class ComputedDeclaration:
    """A pure function of the row; `reads` maps wire names to msgspec types.

    The function is not called for a row that lacks a member whose type does not admit null.
    """

    reads: Mapping[str, Any]
    representations: frozenset[str] | None
    function: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class FirstOfDeclaration:
    """The first of several members that is there. A path has one name, or two: those of an object and a member in it.

    A member of an object is there when the object is. `type` and `convert` are those of all of the members, as in
    PlainDeclaration.
    """

    paths: tuple[tuple[str, ...], ...]
    type: Any
    convert: Callable[[Any], Any] | None
    representations: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Embedded:
    """An entity as the record of another one embeds it.

    `members` are the wire names that are embedded (or attribute → wire name where the two differ). `load` takes the
    entity's own key unless `key` makes another one of the embedded record, for which it reads `key_reads`. `tag` is
    the value of the link's tag member that identifies this entity.
    """

    typename: str
    members: Sequence[str] | Mapping[str, str]
    load: Loader
    key: Callable[[Any], Hashable | None] | None = None
    key_reads: tuple[str, ...] = ("id",)
    tag: str | None = None

    @property
    def wires(self) -> dict[str, str]:
        """Attribute → wire name of the embedded members."""
        if isinstance(self.members, Mapping):
            return dict(self.members)
        return {attr_of(wire): wire for wire in self.members}


@dataclass(frozen=True, slots=True)
class LinkDeclaration:
    """Another entity: the embedded record where it has all that is selected, otherwise loaded.

    With `function` the field is a connection: it makes a page of the embedded records. `edge_reads` are members of
    these records (wire name → type) that the edges of the connection read.
    """

    wire: str
    embedded: tuple[Embedded, ...]
    tag_member: str | None
    representations: frozenset[str] | None
    edge_reads: Mapping[str, Any] = field(default_factory=dict)
    function: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class BatchDeclaration:
    """Loaded once for all parents of a level, by `key(row)` or by the entity's own key when that is None.

    `function` turns the field's arguments into the loader's options. `cheaper` says what needs fewer calls, for errors.
    """

    load: Loader
    key: Callable[[Any], Hashable | None] | None
    reads: Mapping[str, Any]
    representations: frozenset[str] | None
    function: Callable[..., Any] | None = None
    cheaper: str = ""


@dataclass(frozen=True, slots=True)
class GlobalIDDeclaration:
    """The global ID of an entity: `encode(typename, organization ID, *parts of the key)`.

    `encode_many` takes a column of each instead, and returns the ids of all rows.
    """

    encode: Callable[..., str]
    encode_many: Callable[..., list[str]]


@dataclass(frozen=True, slots=True)
class CallDeclaration:
    """Calls Sentry itself. `function(row, load_context, …)`; `reads` as in ComputedDeclaration.

    With `finds_nodes` it may use the loader of any entity, too.
    """

    uses: tuple[Endpoint, ...]
    reads: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    function: Callable[..., Any] | None = None
    is_personal: bool = False
    finds_nodes: bool = False

    @property
    def most_calls(self) -> int:
        """Calls for one row: one finds the organization, and one of each method does the rest."""
        return min(len(self.uses), 1 + len({endpoint.method for endpoint in self.uses}))


Decorator = Callable[[Callable[..., Any]], Any]
"""Replaces a function in the class of a type by a field."""


NULL_FOR_SHARED = " Null when several callers share the token."
"""End of the description of a personal field."""


def plain(  # the return type is the annotation's business
    wire: str | None = None,
    *,
    type: Any = None,
    convert: Callable[[Any], Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str,
    deprecation_reason: str | None = None,
    is_personal: bool = False,
) -> Any:
    """A field that reads one member; `representations` are those that have it, all of the entity's when None.

    `is_personal` marks values that depend on the caller: answers with them are never shared between callers, and they
    are null where several callers share a token.
    """
    if is_personal:
        description += NULL_FOR_SHARED
    declaration = PlainDeclaration(wire, type, convert, _frozenset_or_none(representations), is_personal)
    return declared_field(declaration, name, description, deprecation_reason=deprecation_reason)


def computed(
    reads: Mapping[str, Any] | None = None,
    *,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    **more: Any,
) -> Decorator:
    """Decorate a pure function of the row; keyword arguments name the members that it reads and their wire types."""
    return declared_field(
        ComputedDeclaration({**(reads or {}), **more}, _frozenset_or_none(representations)), name, None
    )


def first_of(
    *paths: str,
    type: Any = None,
    convert: Callable[[Any], Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str,
) -> Any:
    """A field that reads the first of these members that is there; `lifetime.count` is one of the object `lifetime`.

    With a single path it reads a member of a nested object.
    """
    declaration = FirstOfDeclaration(
        tuple(tuple(path.split(".")) for path in paths), type, convert, _frozenset_or_none(representations)
    )
    return declared_field(declaration, name, description)


@overload
def link(
    wire: str,
    *embedded: Embedded,
    tag_member: str | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str,
) -> Any: ...


@overload
def link(
    wire: str,
    *embedded: Embedded,
    tag_member: str | None = None,
    representations: Sequence[str] | None = None,
    edge_reads: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> Decorator: ...


def link(
    wire: str,
    *embedded: Embedded,
    tag_member: str | None = None,
    representations: Sequence[str] | None = None,
    edge_reads: Mapping[str, Any] | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Any:
    """A field for another entity that the member `wire` embeds; of several types, `tag_member` identifies one.

    Decorate a function of (embedded records, page) with it when the field is a connection.
    """
    declaration = LinkDeclaration(wire, embedded, tag_member, _frozenset_or_none(representations), edge_reads or {})
    calls = _calls_of(*(target.load for target in embedded))
    return declared_field(declaration, name, description, calls=calls)


@overload
def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None] | None = None,
    description: str,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    cheaper: str = "",
) -> Any: ...


@overload
def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None] | None = None,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    cheaper: str = "",
) -> Decorator: ...


def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None] | None = None,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str | None = None,
    cheaper: str = "",
) -> Any:
    """A field that `load` answers; decorate a function with it when the field takes arguments.

    Without `key` the loader is given the key of the entity that has the field; otherwise `key(row)`, a function of the
    members in `reads`.
    """
    if reads is None:
        reads = {} if key is None else {"id": ID}
    declaration = BatchDeclaration(load, key, reads, _frozenset_or_none(representations), cheaper=cheaper)
    return declared_field(declaration, name, description, calls=_calls_of(load))


def global_id(encode: Callable[..., str], encode_many: Callable[..., list[str]], *, description: str) -> Any:
    """The `id` field of all entities, made of their keys."""
    return declared_field(GlobalIDDeclaration(encode, encode_many), None, description)


def call(
    *,
    uses: Sequence[Endpoint] = (),
    reads: Mapping[str, Any] | None = None,
    target: str | None = None,
    name: str | None = None,
    is_personal: bool = False,
    finds_nodes: bool = False,
) -> Decorator:
    """Decorate an async function of (row, load_context, *, arguments); `target` names the entity that it loads.

    `is_personal` as in `plain`. `finds_nodes` says that the function may use the loader of any entity.
    """
    declaration = CallDeclaration(
        tuple(uses), dict(reads or {}), target, is_personal=is_personal, finds_nodes=finds_nodes
    )
    calls = DeclaredCalls(declaration.uses, is_per_row=True, at_most=declaration.most_calls)
    return declared_field(declaration, name, None, calls=calls)


@dataclass(frozen=True, slots=True)
class Entity:
    """Declaration of a type whose objects are records; all but `representations` only for types with identity.

    `load` finds objects by their keys, `hydrate` fetches the members that a representation lacks. `typename` stands
    in global ids: it is the name of the type that declares the key, which types that inherit from it share.
    """

    representations: frozenset[str]
    key: EntityKey | None = None
    load: Loader | None = None
    hydrate: Loader | None = None
    always_reads: Mapping[str, Any] = field(default_factory=dict)
    typename: str = ""


ENTITY = "__dexter_entity__"
T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True, field_specifiers=(plain, first_of, link))
def entity(
    *,
    key: type[Any] | EntityKey | None = None,
    load: Loader | None = None,
    hydrate: Loader | None = None,
    representations: Sequence[str] = (LIST, DETAIL),
    always_reads: Mapping[str, Any] | None = None,
    name: str | None = None,
    is_interface: bool = False,
) -> Callable[[T], T]:
    """Make a class of field declarations a type of the graph; its docstring is the type's description.

    `key` and `load` give its objects an identity: the key's class (or an EntityKey) and the loader that finds objects
    by it. Global ID, node lookup and hydration follow from them. `hydrate` names another loader for the last.
    `always_reads` are wire members that loaders need of every record, with their types.
    """
    if (key is None) != (load is None):
        raise DeclarationError("An entity needs both 'key' and 'load', or neither")

    def declare(cls: T) -> T:
        declared: Entity = getattr(cls, ENTITY, Entity(frozenset()))
        if key is not None:
            declared = Entity(frozenset(), entity_key(key), load, hydrate or load, typename=name or cls.__name__)
        reads = {**declared.always_reads, **(always_reads or {})}
        setattr(cls, ENTITY, replace(declared, representations=frozenset(representations), always_reads=reads))
        _declare_hydration(cls, declared.hydrate)
        maker = strawberry.interface if is_interface else strawberry.type
        return maker(cls, name=name, description=description_of(cls))

    return declare


def _declare_hydration(cls: type, hydrate: Loader | None) -> None:
    """Name the calls that fetch what lists lack, at each field that reads it."""
    if hydrate is None:
        return
    # With members that lists lack, the cost is that of a detail for each of the keys, or that of one call for all.
    is_per_row = hydrate.cost(CHUNK_SIZE, lambda representation: frozenset({representation})) > 1
    for declared in vars(cls).values():
        if not isinstance(declared, KindField):
            continue
        representations = getattr(declared.metadata[KIND], "representations", None)
        if representations is not None and LIST not in representations:
            declared.add_calls(DeclaredCalls(hydrate.uses, is_per_row, at_most=1))


def value_type(cls: T) -> T:
    """Make a class of field declarations a type for objects without identity."""
    return entity(representations=())(cls)


class TaggedJSON(msgspec.Struct, frozen=True, gc=False):
    """A member of an open union: its kind, and the rest undecoded."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class LazyJSON:
    """JSON of a known type, as a computed field returns it; decoded with the members that are selected on it.

    `parents` are those of its records, by default those of the row.
    """

    typename: str
    raw: msgspec.Raw
    is_list: bool = False
    parents: Parents | None = None


def _calls_of(*loaders: Loader) -> DeclaredCalls:
    """The calls of a field that these loaders answer: for each row when one of them looks up its keys one by one."""
    uses = tuple(endpoint for loader in loaders for endpoint in loader.uses)
    is_per_row = any(loader.style is Style.FAN_OUT for loader in loaders)
    keys = 1 if is_per_row else CHUNK_SIZE
    at_most = sum(loader.cost(keys, lambda _representation: frozenset()) for loader in loaders)
    return DeclaredCalls(uses, is_per_row, at_most)


def _frozenset_or_none(representations: Sequence[str] | None) -> frozenset[str] | None:
    return None if representations is None else frozenset(representations)


def record_typename(row_class: type) -> str | None:
    """Typename of the records of a class, for abstract types; None for other classes."""
    return row_class.typename if issubclass(row_class, Record) else None
