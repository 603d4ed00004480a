r"""Declarations of the graph's types and fields.

| kind | the field is | declared by |
| --- | --- | --- |
| plain | one member of the record, perhaps converted | `title: str = plain("…")` |
| computed | a pure function of several members (and arguments) | `@computed(metadata=dict)` on a function of the row |
| link | another entity that the record may embed | `project: Project \| None = link("project", Embedded(…))` |
| batch | loaded for all parents of a level at once | `latest_event: Event \| None = batch(latest_events)` |
| call | anything else: root fields and mutations | `@call(uses=[…])` on an async function of row and load context |

Declarations are data; `binder.py` checks them and binds them to a schema. Records carry wire names as attributes:
`row.shortId` is what Sentry calls `shortId`.
"""

import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform, overload

import msgspec
import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from dexter_graphql.graph.declarations.keys import EntityKey, entity_key
from dexter_graphql.graph.declarations.wire_types import attr_of
from dexter_graphql.loaders.base import Loader
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.projection import Record

KIND = "dexter-kind"
"""Key of a field's declaration in its Strawberry metadata."""

ID = int | str
"""Wire type of an identifier: Sentry writes some as numbers, most as text."""

LIST, DETAIL, EMBEDDED, BASE = "list", "detail", "embedded", "base"
"""Common representations of entities; an entity may declare others. Writes and webhooks answer in the base one."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="sentry",
    description="Operations of Sentry's API that this field may call. A field without it costs no call of its own.",
)
class SentryCalls:
    """Written on fields of the schema; derived from their declarations."""

    calls: list[str] = strawberry.directive_field(name="calls")


@dataclass(frozen=True, slots=True)
class PlainDeclaration:
    """Reads one member. `wire` None means the field's own name; `type` None means what the GraphQL type says."""

    wire: str | None
    type: Any
    convert: Callable[[Any], Any] | None
    representations: frozenset[str] | None
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class ComputedDeclaration:
    """A pure function of the row; `reads` maps wire names to msgspec types.

    A row is not asked for a value when it lacks a member whose type does not admit null.
    """

    reads: Mapping[str, Any]
    representations: frozenset[str] | None
    function: Callable[..., Any] | None = None


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
    """Another noun: answered from what is embedded while the selection below fits, otherwise looked up."""

    wire: str
    embedded: tuple[Embedded, ...]
    tag_member: str | None
    representations: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class BatchDeclaration:
    """Loaded once for all parents of a level, by `key(row)` or by the entity's own key when that is None.

    `function` turns the field's arguments into the loader's options.
    """

    load: Loader
    key: Callable[[Any], Hashable | None] | None
    reads: Mapping[str, Any]
    representations: frozenset[str] | None
    function: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class GlobalIDDeclaration:
    """The global id of an entity: `encode(typename, organization id, *parts of the key)`."""

    encode: Callable[..., str]


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


Decorator = Callable[[Callable[..., Any]], Any]
"""Takes a function in a noun's class and puts a field in its place."""

Declaration = (
    PlainDeclaration | ComputedDeclaration | GlobalIDDeclaration | LinkDeclaration | BatchDeclaration | CallDeclaration
)


class KindField(StrawberryField):
    """A Strawberry field that carries its declaration; functions put on it give arguments, type and description."""

    def __call__(self, resolver: Any) -> "KindField":
        """Take a function: its keyword-only parameters are the arguments, its docstring describes the field."""
        declaration = self.metadata[KIND]
        self.metadata = MappingProxyType({**self.metadata, KIND: replace(declaration, function=resolver)})
        self.description = self.description or description_of(resolver)
        self.base_resolver = ArgumentsOnly(resolver)
        return self


class ArgumentsOnly(StrawberryResolver[Any]):
    """Shows Strawberry the keyword-only parameters of a function, which are the field's arguments."""

    @cached_property
    def signature(self) -> inspect.Signature:
        """The function's signature without row, lookup and the like."""
        whole = super().signature
        return whole.replace(
            parameters=[p for p in whole.parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY]
        )


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
    """A field that reads one member; `forms` names the forms that have it, all of the noun's when left out.

    `is_personal` says that the value belongs to who asks, so that no answer with it is given to anybody else.
    """
    declaration = PlainDeclaration(wire, type, convert, _frozenset_or_none(representations), is_personal)
    return _field(declaration, name, description, deprecation_reason=deprecation_reason)


def computed(
    reads: Mapping[str, Any] | None = None,
    *,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    **more: Any,
) -> Decorator:
    """Decorate a pure function of the row; keyword arguments name the members it reads and their wire types."""
    return _field(ComputedDeclaration({**(reads or {}), **more}, _frozenset_or_none(representations)), name, None)


def link(
    wire: str,
    *embedded: Embedded,
    tag_member: str | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str,
) -> Any:
    """A field for another noun that the member `wire` embeds; several `embedded` need the `tag_member` that tells."""
    uses = tuple(endpoint for one in embedded for endpoint in one.load.uses)
    return _field(
        LinkDeclaration(wire, embedded, tag_member, _frozenset_or_none(representations)), name, description, uses=uses
    )


@overload
def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None] | None = None,
    description: str,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
) -> Any: ...


@overload
def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None] | None = None,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
) -> Decorator: ...


def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None] | None = None,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Any:
    """A field that `load` answers; decorate a function with it when the field takes arguments.

    Without `key` the loader is given the key of the entity that has the field; otherwise `key(row)`, a function of the
    members in `reads`.
    """
    if reads is None:
        reads = {} if key is None else {"id": ID}
    return _field(
        BatchDeclaration(load, key, reads, _frozenset_or_none(representations)), name, description, uses=load.uses
    )


def global_id(encode: Callable[..., str], *, description: str) -> Any:
    """The `id` field of all entities, made of their keys."""
    return _field(GlobalIDDeclaration(encode), None, description)


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
    return _field(declaration, name, None, uses=tuple(uses))


def description_of(function: Callable[..., Any]) -> str | None:
    """The docstring of a function as a description for API users."""
    return inspect.getdoc(function)


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


@dataclass_transform(kw_only_default=True, field_specifiers=(plain, link))
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
    by it. Global id, node lookup and hydration follow from them. `hydrate` names another loader for the last.
    `always_reads` are wire members that loaders need of every record, with their types.
    """

    def declare(cls: T) -> T:
        declared: Entity = getattr(cls, ENTITY, Entity(frozenset()))
        if key is not None:
            declared = Entity(frozenset(), entity_key(key), load, hydrate or load, typename=name or cls.__name__)
        reads = {**declared.always_reads, **(always_reads or {})}
        setattr(cls, ENTITY, replace(declared, representations=frozenset(representations), always_reads=reads))
        maker = strawberry.interface if is_interface else strawberry.type
        return maker(cls, name=name, description=description_of(cls))

    return declare


def value_type(cls: T) -> T:
    """Make a class of field declarations a type for objects that live inside of others and have no identity."""
    return entity(representations=())(cls)


class TaggedJSON(msgspec.Struct, frozen=True, gc=False):
    """A member of an open union: its kind, and the rest undecoded until somebody knows the kind."""

    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class LazyJSON:
    """What a computed field returns for JSON whose type it knows: decoded when it is known what is selected on it."""

    typename: str
    raw: msgspec.Raw
    is_list: bool = False


def _frozenset_or_none(representations: Sequence[str] | None) -> frozenset[str] | None:
    return None if representations is None else frozenset(representations)


def _field(
    declaration: Declaration,
    name: str | None,
    description: str | None,
    *,
    uses: tuple[Endpoint, ...] = (),
    deprecation_reason: str | None = None,
) -> KindField:
    return KindField(
        graphql_name=name,
        description=description,
        metadata={KIND: declaration},
        directives=sentry_calls(uses),
        deprecation_reason=deprecation_reason,
    )


def sentry_calls(uses: Iterable[Endpoint]) -> list[object]:
    """The directives of a field that may call these endpoints."""
    calls = sorted({endpoint.title for endpoint in uses})
    return [SentryCalls(calls=calls)] if calls else []


def record_typename(row_class: type) -> str | None:
    """Typename of records of a class, for abstract types; None when rows of that class are no records."""
    return row_class.typename if issubclass(row_class, Record) else None
