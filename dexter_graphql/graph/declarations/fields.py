r"""The vocabulary in which every field of the graph is declared, once.

| kind | the field is | declared by |
| --- | --- | --- |
| plain | one member of the record, perhaps converted | `title: str = plain("…")` |
| computed | a pure function of several members (and arguments) | `@computed(metadata=dict)` on a function of the row |
| link | another noun that the record may embed | `project: Project \| None = link("project", Embedded(…))` |
| batch | looked up for all parents of a level at once | `latest_event: Event \| None = batch(LATEST, key=issue_key)` |
| call | anything else: roots and mutations | `@call(uses=[…])` on an async function of row and lookup |

Declarations are data. What they mean on graphql-core stands in `binder.py`; the schema does not build when one of them
does not hold. Records carry wire names as attributes, so that `row.shortId` is what Sentry calls `shortId`.
"""

import inspect
import keyword
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform, overload

import msgspec
import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from dexter_graphql.loaders.base import Loader
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.projection import Record

KIND = "dexter-kind"
"""Key of a field's declaration in its Strawberry metadata."""

ID = int | str
"""Wire type of an identifier: Sentry writes some as numbers, most as text."""

LIST, DETAIL, EMBEDDED, BASE = "list", "detail", "embedded", "base"
"""Forms in which a noun arrives; a noun may declare others. Writes and webhooks answer in the base form."""


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
    """A noun as another noun's record holds it.

    `members` are the wire names that are embedded (or attribute → wire name where the two differ), `key` turns the
    embedded record into a key of `load`, reading `key_reads`; `tag` is the value of the link's tag member that says
    it is this noun.
    """

    typename: str
    members: Sequence[str] | Mapping[str, str]
    key: Callable[[Any], Hashable | None]
    load: Loader
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
    """Looked up once for all parents of a level. `function` turns the field's arguments into the loader's options."""

    load: Loader
    key: Callable[[Any], Hashable | None]
    reads: Mapping[str, Any]
    representations: frozenset[str] | None
    function: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class CallDeclaration:
    """Asks Sentry itself. `function(row, lookup, …)`; `reads` as in Computed."""

    uses: tuple[Endpoint, ...]
    reads: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    function: Callable[..., Any] | None = None
    is_personal: bool = False


Decorator = Callable[[Callable[..., Any]], Any]
"""Takes a function in a noun's class and puts a field in its place."""

Declaration = PlainDeclaration | ComputedDeclaration | LinkDeclaration | BatchDeclaration | CallDeclaration


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
    key: Callable[[Any], Hashable | None],
    description: str,
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
) -> Any: ...


@overload
def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None],
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
) -> Decorator: ...


def batch(
    load: Loader,
    *,
    key: Callable[[Any], Hashable | None],
    reads: Mapping[str, Any] | None = None,
    representations: Sequence[str] | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Any:
    """A field that `load` answers by `key(row)`; decorate a function with it when the field takes arguments."""
    return _field(
        BatchDeclaration(load, key, {"id": ID} if reads is None else reads, _frozenset_or_none(representations)),
        name,
        description,
        uses=load.uses,
    )


def call(
    *,
    uses: Sequence[Endpoint] = (),
    reads: Mapping[str, Any] | None = None,
    target: str | None = None,
    name: str | None = None,
    is_personal: bool = False,
) -> Decorator:
    """Decorate an async function of (row, lookup, *, arguments); `target` names the noun that the lookup shapes.

    `is_personal` as in `plain`.
    """
    declaration = CallDeclaration(tuple(uses), dict(reads or {}), target, is_personal=is_personal)
    return _field(declaration, name, None, uses=tuple(uses))


def description_of(function: Callable[..., Any]) -> str | None:
    """The docstring of a function as a description for API users."""
    return inspect.getdoc(function)


def attr_of(wire: str) -> str:
    """Attribute under which a record holds a wire member: `event.type` → `event_type`, `from` → `from_`."""
    attr = re.sub(r"\W", "_", wire)
    return (
        f"{attr}_" if keyword.iskeyword(attr) or attr in {"parents", "typename", "representation", "members"} else attr
    )


@dataclass(frozen=True, slots=True)
class Entity:
    """A type of the graph whose objects are records.

    `forms` are those in which Sentry gives it. With `hydrate`, a member that a form lacks is fetched through that
    loader by `key(row)`, which reads `key_reads`.
    """

    representations: frozenset[str]
    hydrate: Loader | None = None
    key: Callable[[Any], Hashable] | None = None
    key_reads: Mapping[str, Any] = field(default_factory=dict)


ENTITY = "__dexter_noun__"
T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True, field_specifiers=(plain, link))
def entity(
    *,
    representations: Sequence[str] = (LIST, DETAIL),
    hydrate: Loader | None = None,
    key: Callable[[Any], Hashable] | None = None,
    key_reads: Mapping[str, Any] | None = None,
    name: str | None = None,
    is_interface: bool = False,
) -> Callable[[T], T]:
    """Make a class of field declarations a type of the graph; its docstring is the type's description."""

    def declare(cls: T) -> T:
        setattr(cls, ENTITY, Entity(frozenset(representations), hydrate, key, key_reads or ({"id": ID} if key else {})))
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
    calls = sorted({endpoint.title for endpoint in uses})
    return KindField(
        graphql_name=name,
        description=description,
        metadata={KIND: declaration},
        directives=[SentryCalls(calls=calls)] if calls else [],
        deprecation_reason=deprecation_reason,
    )


def record_typename(row_class: type) -> str | None:
    """Typename of records of a class, for abstract types; None when rows of that class are no records."""
    return row_class.typename if issubclass(row_class, Record) else None
