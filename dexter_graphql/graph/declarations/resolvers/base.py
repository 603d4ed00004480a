"""What all kinds of declared fields have in common, for both engines."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from graphql import GraphQLField, GraphQLResolveInfo

from dexter_graphql.engine.resolution import Batched, Immediate, Strategy
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.arguments import Arguments
from dexter_graphql.graph.declarations.fields import Entity
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.kind_field import KindField
from dexter_graphql.graph.declarations.resolvers.rows import each_value
from dexter_graphql.graph.declarations.source_reads import attributes_read
from dexter_graphql.graph.declarations.wire_types import RECORD_ATTRS, DeclarationError, attr_of, without_null
from dexter_graphql.loaders.base import CHUNK_SIZE, Loader
from dexter_graphql.sentry.call_context import Spender
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.projection import Field, Projection, Record, member_paths

Info = GraphQLResolveInfo[Any]


class BoundSchema(Protocol):
    """What a bound field asks of the schema that it belongs to."""

    def entity(self, typename: str) -> "BoundEntity":
        """The bound type of that name; raises DeclarationError when there is none."""
        ...

    def projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        """The members of a type that a selection reads."""
        ...

    def member(self, typename: str, attr: str) -> Field:
        """The member that some field of the type reads as `attr`; raises DeclarationError when there is none."""
        ...

    def own_key(self, typename: str, coordinate: str) -> EntityKey:
        """The key of an entity; raises DeclarationError, which names the field, when it has none."""
        ...

    def node_endpoints(self) -> list[Endpoint]:
        """The endpoints that finding any object by its global id may call."""
        ...

    def arguments(self, field: KindField) -> Arguments | None:
        """How argument values are converted; None for a field without arguments."""
        ...

    async def hydrate(self, rows: Sequence[Record], field: str, context: Context) -> list[Any]:
        """The same objects with the members that their representation lacks."""
        ...


class BoundField:
    """One declared field of one type. `coordinate` is `Type.field`."""

    is_repeatable = True
    makes_calls = False
    """True for fields that a loader or an async function resolves."""
    needs_members = False
    """True when the field has no value without the members whose declared types do not admit null."""

    def __init__(
        self, schema: BoundSchema, coordinate: str, declaration: Any, graphql_field: GraphQLField, field: KindField
    ) -> None:
        self.schema = schema
        self.coordinate = coordinate
        self.declaration = declaration
        self.typename, _, self.name = coordinate.partition(".")
        self.graphql_field = graphql_field
        self.field = field
        self._converted = schema.arguments(field)

    def is_in(self, representation: str) -> bool:
        """True when records of that representation have what this field reads."""
        representations = getattr(self.declaration, "representations", None)
        return representations is None or representation in representations

    def shares_representation(self, other: "BoundField") -> bool:
        """True when records of some representation may be decoded for both fields."""
        mine, others = (getattr(field.declaration, "representations", None) for field in (self, other))
        return mine is None or others is None or not mine.isdisjoint(others)

    def own_members(self) -> tuple[Field, ...]:
        """The members that this field reads, independent of the selection on nested objects."""
        return tuple(self._member(wire, kind) for wire, kind in self.declaration.reads.items())

    def members(self, _selection: Selection) -> tuple[Field, ...]:
        """The members that this field reads for that selection."""
        return self.own_members()

    def wire_kinds(self) -> Mapping[str, Hashable]:
        """Attribute → how the field decodes it: fields of one type that read the same member must agree."""
        return {
            member.attr: (member.wire, getattr(member.type, "typename", member.type), member.container)
            for member in self.own_members()
        }

    def check(self) -> None:
        """Raise DeclarationError when the declaration does not hold."""

    def is_per_row(self, _selection: Selection) -> bool:
        """True when the field makes a call for each row of a list, when that is selected below it."""
        return False

    @cached_property
    def spender(self) -> Spender:
        """The field as errors about the budget of calls name it."""
        return Spender(self.coordinate, getattr(self.declaration, "cheaper", ""))

    def prepare_arguments(self, values: dict[str, Any]) -> Any:
        """Argument values as the declaring function takes them."""
        return self._converted(values) if self._converted is not None else values

    def strategy(self, selection: Selection) -> Strategy:
        """How the value is resolved for that selection."""
        return selection.memoized(self, lambda: self._strategy(selection))

    def strategy_by_row(self, selection: Selection) -> Strategy:
        """The same for graphql-core, which asks for one row after the other."""
        return self.strategy(selection)

    def needs_hydration(self, row_class: type) -> bool:
        """True when rows of that class lack a member that the field reads, or have it with another meaning."""
        if not issubclass(row_class, Record):
            return False
        declared = self.schema.entity(self.typename).entity.representations
        if row_class.representation in declared and not self.is_in(row_class.representation):
            return True
        return not all(hasattr(row_class, member.attr) for member in self.own_members())

    def with_hydration(self, strategy: Strategy) -> Batched:
        """The same strategy for rows that lack a member: they are hydrated first."""

        async def resolve_all(rows: Sequence[Any], arguments: Any, context: Any) -> list[Any]:
            if isinstance(arguments, Exception):
                return [arguments] * len(rows)
            hydrated = await self.schema.hydrate(rows, self.name, context)
            return await _resolve_hydrated(hydrated, strategy, arguments, context)

        return Batched(resolve_all)

    def resolve(self, row: Any, info: Info, **values: Any) -> Any:
        """The field's value for graphql-core, or a coroutine that returns it."""
        context: Context = info.context
        strategy = self.strategy_by_row(context.selection_index(info).selection(info.return_type, info.field_nodes))
        if self.needs_hydration(type(row)):
            strategy = self.with_hydration(strategy)
        arguments = self.prepare_arguments(values)
        if isinstance(strategy, Immediate):
            return strategy.bind(arguments, context)(row)
        return _resolve_one(strategy, row, arguments, context)

    def function(self) -> Callable[..., Any]:
        """The declaring function."""
        function: Callable[..., Any] | None = self.declaration.function
        if function is None:
            raise DeclarationError(f"{self.coordinate} decorates no function")
        return function

    def _member(self, wire: str, kind: Any) -> Field:
        """The member that the field reads: of a wire type, or declared as it is read where it holds objects."""
        if isinstance(kind, Field):
            return kind
        bare, admits_null = without_null(kind)
        return Field(attr_of(wire), wire, bare, is_required=self.needs_members and not admits_null)

    def _check_reads(self, function: Callable[..., Any]) -> None:
        undeclared = attributes_read(function) - RECORD_ATTRS - {member.attr for member in self.own_members()}
        if undeclared:
            raise DeclarationError(f"{self.coordinate} reads {', '.join(sorted(undeclared))} without declaring it")

    def _strategy(self, selection: Selection) -> Strategy:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class BoundEntity:
    """A type of the schema with its declaration and its bound fields."""

    name: str
    entity: Entity
    fields: Mapping[str, BoundField]
    key_members: tuple[Field, ...]
    """Members that the entity's key is read from."""
    always_reads: tuple[Field, ...]
    """Members that every projection of the entity has: those of the key, and what its loaders need."""


def calls_for_each_key(loader: Loader, selection: Selection, schema: BoundSchema) -> bool:
    """True when the loader makes a call for each key, given what is selected on its target."""

    def reads(representation: str) -> frozenset[str]:
        return member_paths(schema.projection(loader.target, representation, selection))

    return loader.cost(CHUNK_SIZE, reads) >= CHUNK_SIZE


async def _resolve_one(strategy: Batched, row: Any, arguments: Any, context: Context) -> Any:
    (value,) = await strategy.resolve_all([row], arguments, context)
    return value


async def _resolve_hydrated(rows: Sequence[Any], strategy: Strategy, arguments: Any, context: Context) -> list[Any]:
    """The values of hydrated rows; an exception in place of a row is its value."""
    hydrated = [row for row in rows if not isinstance(row, Exception)]
    if isinstance(strategy, Immediate):
        values = iter(each_value(strategy.bind(arguments, context), hydrated))
    else:
        values = iter(await strategy.resolve_all(hydrated, arguments, context) if hydrated else ())
    return [row if isinstance(row, Exception) else next(values) for row in rows]
