"""Knows what the declarations of `fields.py` mean on graphql-core: which members a field reads, and how it resolves.

Binding a schema checks every declaration; one that does not hold raises DeclarationError and the schema does not build.
Knows no noun.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
)

from dexter_graphql.engine.resolution import RESOLUTION
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.arguments import Arguments, arguments_of
from dexter_graphql.graph.declarations.fields import (
    ENTITY,
    ID,
    KIND,
    BatchDeclaration,
    CallDeclaration,
    ComputedDeclaration,
    Entity,
    GlobalIDDeclaration,
    KindField,
    LinkDeclaration,
    PlainDeclaration,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.projections import merge_into, merge_projections
from dexter_graphql.graph.declarations.resolvers import (
    BoundBatch,
    BoundCall,
    BoundComputed,
    BoundField,
    BoundGlobalID,
    BoundLink,
    BoundPlain,
    BoundWrite,
    EventField,
    guarded_key,
)
from dexter_graphql.graph.declarations.strawberry_internals import ArgumentConverter, definition_of, graphql_schema
from dexter_graphql.graph.declarations.wire_types import DeclarationError, attr_of
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.projection import MAX_RECORD_CLASSES, Field, Projection, Record

BOUND = "dexter-bound"
"""Key of a bound field in the extensions of its GraphQLField."""


@dataclass(frozen=True, slots=True)
class BoundEntity:
    """A type of the graph with its declaration and its bound fields."""

    name: str
    entity: Entity
    fields: Mapping[str, BoundField]
    key_members: tuple[Field, ...]
    """Members that the entity's key is read from."""
    always_reads: tuple[Field, ...]
    """Members that every projection of the entity has: those of the key, and what its loaders need."""


class SchemaBinder:
    """All nouns of one schema; tells shapes, and hydrates records whose form lacks a member."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._converter = ArgumentConverter(schema)
        self._entities: dict[str, BoundEntity] = {}
        # Plans of equal documents read equal shapes; the same one is found without a look at all its members.
        self._same: Callable[[Projection], Projection] = lru_cache(MAX_RECORD_CLASSES)(_identity)
        converted = graphql_schema(schema)
        for graphql_type in converted.type_map.values():
            if isinstance(graphql_type, GraphQLObjectType):
                self._bind_type(graphql_type, converted)
        declared = [bound.entity for bound in self._entities.values()]
        self._nodes = {entity.typename: entity for entity in declared if entity.key is not None}
        for bound in self._entities.values():
            for field in bound.fields.values():
                field.check(self)
            _check_wire_kinds(bound)

    def projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        """The members of `typename` in `form` that the selection, or the connection it is on, reads."""
        if selection is None:
            return self._projection(typename, representation, None)
        return selection.memoized(
            (typename, representation), lambda: self._projection(typename, representation, selection)
        )

    def _projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        bound = self.entity(typename)
        members: dict[str, Field] = {member.attr: member for member in bound.always_reads}
        below = _selection_on(typename, selection)
        for name, selected in below.fields(typename).items() if below is not None else ():
            field = bound.fields.get(name)
            if field is not None and field.is_in(representation):
                merge_into(members, field.members(selected.selection))
        return self._same(Projection(typename, representation, tuple(members[attr] for attr in sorted(members))))

    def merge_projections(self, one: Projection, other: Projection) -> Projection:
        """A shape with the members of both, under the first one's name and form."""
        return self._same(merge_projections(one, other))

    def entity(self, typename: str) -> BoundEntity:
        """The bound noun of that name."""
        try:
            return self._entities[typename]
        except KeyError:
            raise DeclarationError(f"{typename} is not declared with @entity or @value_type") from None

    def member(self, typename: str, attr: str) -> Field:
        """The member under which some field of the noun reads `attr`."""
        bound = self.entity(typename)
        for field in bound.fields.values():
            for member in field.own_members():
                if member.attr == attr:
                    return member
        for member in bound.always_reads:
            if member.attr == attr:
                return member
        raise DeclarationError(f"No field of {typename} reads a member '{attr}'")

    def own_key(self, typename: str, coordinate: str) -> EntityKey:
        """The key of an entity, which the field at `coordinate` uses."""
        key = self.entity(typename).entity.key
        if key is None:
            raise DeclarationError(f"{coordinate} needs a key: {typename} has none of its own")
        return key

    def node(self, typename: str) -> Entity | None:
        """The entity whose global ids have that type name; None when there is none."""
        return self._nodes.get(typename)

    def node_endpoints(self) -> list[Endpoint]:
        """The endpoints that finding any object by its global id may call."""
        return [endpoint for entity in self._nodes.values() if entity.load for endpoint in entity.load.uses]

    def needs_scope(self, typename: str, selection: Selection) -> bool:
        """True when one of the fields selected on `typename` looks at the scope of its record."""
        fields = self.entity(typename).fields
        chosen = selection.fields(typename).items()
        return any(fields[name].needs_scope(selected.selection) for name, selected in chosen if name in fields)

    async def hydrate(self, rows: Sequence[Record], field: str, context: Context) -> list[Any]:
        """The same objects with the members that their form lacks, or the exceptions that stand for them.

        All rows are of one type. They are fetched through the noun's own loader.
        """
        typename, representation = rows[0].typename, rows[0].representation
        entity = self.entity(typename).entity
        if entity.hydrate is None or entity.key is None:
            raise DeclarationError(f"{typename} in form '{representation}' lacks '{field}' and cannot hydrate")
        own = [member.attr for member in self.entity(typename).key_members]
        key_of = guarded_key(entity.key, own, needed=own)
        found = await context.loaders.load_all(entity.hydrate, [key_of(row) for row in rows])
        return [NotFound(f"Sentry no longer has this {typename}") if one is None else one for one in found]

    def arguments(self, field: KindField, graphql_field: GraphQLField) -> Arguments | None:
        """How argument values are converted to those that the field's function takes; None without arguments."""
        return arguments_of(field, graphql_field, self._converter)

    def _bind_type(self, graphql_type: GraphQLObjectType, schema: GraphQLSchema) -> None:
        origin = getattr(definition_of(graphql_type), "origin", None)
        entity = getattr(origin, ENTITY, Entity(frozenset()))
        fields = {}
        for name, graphql_field in graphql_type.fields.items():
            bound = self._bind_field(graphql_type, name, graphql_field, is_write=graphql_type is schema.mutation_type)
            if bound is None:
                continue
            fields[name] = graphql_field.extensions[BOUND] = bound
            graphql_field.extensions[RESOLUTION] = bound
            if graphql_type is schema.subscription_type:
                graphql_field.subscribe, graphql_field.resolve = bound.resolve, _resolve_event
                graphql_field.extensions[RESOLUTION] = EventField()
            else:
                graphql_field.resolve = bound.resolve
        if fields:
            key = _key_members(entity, fields.values())
            more = tuple(Field(attr_of(wire), wire, kind) for wire, kind in entity.always_reads.items())
            self._entities[graphql_type.name] = BoundEntity(graphql_type.name, entity, fields, key, (*key, *more))

    def _bind_field(
        self, parent: GraphQLObjectType, name: str, graphql_field: GraphQLField, *, is_write: bool
    ) -> BoundField | None:
        field = definition_of(graphql_field)
        if not isinstance(field, KindField):
            return None
        declaration = field.metadata[KIND]
        kinds: dict[type, type[BoundField]] = {
            PlainDeclaration: BoundPlain,
            ComputedDeclaration: BoundComputed,
            GlobalIDDeclaration: BoundGlobalID,
            LinkDeclaration: BoundLink,
            BatchDeclaration: BoundBatch,
            CallDeclaration: BoundWrite if is_write else BoundCall,
        }
        return kinds[type(declaration)](self, f"{parent.name}.{name}", declaration, graphql_field, field)


def _check_wire_kinds(bound: BoundEntity) -> None:
    """Raise DeclarationError when two fields, for which one record may be decoded, read a member differently."""
    readers: dict[str, list[tuple[BoundField, Hashable]]] = defaultdict(list)
    for field in bound.fields.values():
        for attr, kind in field.wire_kinds().items():
            for other, other_kind in readers[attr]:
                if kind != other_kind and field.shares_representation(other):
                    raise DeclarationError(
                        f"{other.coordinate} and {field.coordinate} read '{attr}' differently: {other_kind} and {kind}"
                    )
            readers[attr].append((field, kind))


def _key_members(entity: Entity, fields: Iterable[BoundField]) -> tuple[Field, ...]:
    """The members of an entity's key: of the wire type of a plain field that reads them too, else of an id's."""
    plain = {field.member.wire: field.member.type for field in fields if isinstance(field, BoundPlain)}
    wires = () if entity.key is None else entity.key.wires
    return tuple(Field(attr_of(wire), wire, plain.get(wire, ID)) for wire in wires)


def _selection_on(typename: str, selection: Selection | None) -> Selection | None:
    """The selection on `typename` itself, when the given one is on the connection around it."""
    if selection is None or typename in selection.typenames:
        return selection
    nodes, edges = selection.child("nodes"), selection.child("edges")
    inside = edges.child("node") if edges is not None else None
    return inside.merged_with(nodes) if inside is not None else nodes


def _identity(projection: Projection) -> Projection:
    return projection


def _resolve_event(event: Any, _info: Any, **_values: Any) -> Any:
    return event
