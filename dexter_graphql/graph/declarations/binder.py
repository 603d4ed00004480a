"""Binding of declarations to a schema, checked while the schema is built."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

from dexter_graphql.engine.resolution import RESOLUTION
from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.context import Context, NodeLookup
from dexter_graphql.graph.declarations.arguments import Arguments, arguments_of
from dexter_graphql.graph.declarations.fields import (
    ENTITY,
    ID,
    BatchDeclaration,
    CallDeclaration,
    ComputedDeclaration,
    Entity,
    FirstOfDeclaration,
    GlobalIDDeclaration,
    LinkDeclaration,
    PlainDeclaration,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.kind_field import KIND, KindField
from dexter_graphql.graph.declarations.projections import merge_into, merge_projections, node_selection
from dexter_graphql.graph.declarations.resolvers.base import BoundEntity, BoundField
from dexter_graphql.graph.declarations.resolvers.batch import BoundBatch
from dexter_graphql.graph.declarations.resolvers.call import BoundCall, BoundWrite, EventField
from dexter_graphql.graph.declarations.resolvers.computed import BoundComputed, BoundGlobalID
from dexter_graphql.graph.declarations.resolvers.first_of import BoundFirstOf
from dexter_graphql.graph.declarations.resolvers.link import BoundLink
from dexter_graphql.graph.declarations.resolvers.plain import BoundPlain
from dexter_graphql.graph.declarations.resolvers.rows import each_value, guarded_key
from dexter_graphql.graph.declarations.strawberry_internals import ArgumentConverter, definition_of, graphql_schema
from dexter_graphql.graph.declarations.wire_types import DeclarationError, attr_of
from dexter_graphql.sentry.call_context import Spender
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.projection import MAX_RECORD_CLASSES, Field, Projection, Record

BOUND = "dexter-bound"
"""Key of a bound field in the extensions of its GraphQLField."""

KINDS: dict[type, type[BoundField]] = {
    PlainDeclaration: BoundPlain,
    ComputedDeclaration: BoundComputed,
    FirstOfDeclaration: BoundFirstOf,
    GlobalIDDeclaration: BoundGlobalID,
    LinkDeclaration: BoundLink,
    BatchDeclaration: BoundBatch,
    CallDeclaration: BoundCall,
}
"""Class of a declaration → class of the fields that are bound to it."""


class SchemaBinder:
    """The bound types of one schema: makes projections, finds entities and hydrates records.

    Raises DeclarationError for a declaration that does not hold.
    """

    def __init__(self, schema: strawberry.Schema) -> None:
        self._converter = ArgumentConverter(schema)
        self._entities: dict[str, BoundEntity] = {}
        # Plans of equal documents make equal projections; one object for all of them is found by identity.
        self._interned: Callable[[Projection], Projection] = lru_cache(MAX_RECORD_CLASSES)(_same)
        converted = graphql_schema(schema)
        for graphql_type in converted.type_map.values():
            if isinstance(graphql_type, GraphQLObjectType):
                self._bind_type(graphql_type, converted)
        self._node_lookups = {
            bound.entity.typename: NodeLookup(bound.entity.load, bound.entity.key.from_parts)
            for bound in self._entities.values()
            if bound.entity.key is not None and bound.entity.load is not None
        }
        for bound in self._entities.values():
            for field in bound.fields.values():
                field.check()
            _check_wire_kinds(bound)

    def projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        """The members of a type that a selection on it, or on the connection around it, reads."""
        if selection is None:
            return self._projection(typename, representation, None)
        return selection.memoized(
            (typename, representation), lambda: self._projection(typename, representation, selection)
        )

    def merge_projections(self, first: Projection, second: Projection) -> Projection:
        """The members of both, under the type and the representation of the first."""
        return self._interned(merge_projections(first, second))

    def entity(self, typename: str) -> BoundEntity:
        """The bound type of that name; raises DeclarationError when there is none."""
        try:
            return self._entities[typename]
        except KeyError:
            raise DeclarationError(f"{typename} is not declared with @entity or @value_type") from None

    def member(self, typename: str, attr: str) -> Field:
        """The member that some field of the type reads as `attr`; raises DeclarationError when there is none."""
        bound = self.entity(typename)
        members = [member for field in bound.fields.values() for member in field.own_members()]
        for member in (*members, *bound.always_reads):
            if member.attr == attr:
                return member
        raise DeclarationError(f"No field of {typename} reads a member '{attr}'")

    def own_key(self, typename: str, coordinate: str) -> EntityKey:
        """The key of an entity; raises DeclarationError, which names the field at `coordinate`, when it has none."""
        key = self.entity(typename).entity.key
        if key is None:
            raise DeclarationError(f"{coordinate} needs a key, which {typename} does not declare")
        return key

    def node_lookup(self, typename: str) -> NodeLookup | None:
        """The lookup of objects whose global ids have that type name; None when there are none."""
        return self._node_lookups.get(typename)

    def node_endpoints(self) -> list[Endpoint]:
        """The endpoints that finding any object by its global id may call."""
        return [endpoint for lookup in self._node_lookups.values() for endpoint in lookup.load.uses]

    async def hydrate(self, rows: Sequence[Record], field: str, context: Context) -> list[Any]:
        """The objects of these rows with the members that their representation lacks, or exceptions.

        All rows are of one type. They are fetched through the entity's own loader.
        """
        typename, representation = rows[0].typename, rows[0].representation
        bound = self.entity(typename)
        key, loader = bound.entity.key, bound.entity.hydrate
        if key is None or loader is None:
            raise DeclarationError(f"{typename} as '{representation}' lacks '{field}' and cannot hydrate")
        reads = [member.attr for member in bound.key_members]
        keys = each_value(guarded_key(key, reads, needed=reads), rows)
        answers = await context.loaders.load_all(loader, keys, spender=Spender(f"{typename}.{field}"))
        return [NotFound(f"Sentry no longer has this {typename}") if answer is None else answer for answer in answers]

    def arguments(self, field: KindField) -> Arguments | None:
        """How argument values are converted to those that the field's function takes; None without arguments."""
        return arguments_of(field, self._converter)

    def _projection(self, typename: str, representation: str, selection: Selection | None) -> Projection:
        bound = self.entity(typename)
        members: dict[str, Field] = {member.attr: member for member in bound.always_reads}
        own_selection = node_selection(typename, selection)
        for name, selected in own_selection.fields(typename).items() if own_selection is not None else ():
            field = bound.fields.get(name)
            if field is not None and field.is_in(representation):
                merge_into(members, field.members(selected.selection))
        return self._interned(Projection(typename, representation, tuple(members[attr] for attr in sorted(members))))

    def _bind_type(self, graphql_type: GraphQLObjectType, schema: GraphQLSchema) -> None:
        fields = {}
        for name, graphql_field in graphql_type.fields.items():
            bound = self._bind_field(f"{graphql_type.name}.{name}", graphql_field, schema)
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
            origin = getattr(definition_of(graphql_type), "origin", None)
            entity: Entity = getattr(origin, ENTITY, Entity(frozenset()))
            key = _key_members(entity, fields.values())
            more = tuple(Field(attr_of(wire), wire, kind) for wire, kind in entity.always_reads.items())
            self._entities[graphql_type.name] = BoundEntity(graphql_type.name, entity, fields, key, (*key, *more))

    def _bind_field(self, coordinate: str, graphql_field: GraphQLField, schema: GraphQLSchema) -> BoundField | None:
        field = definition_of(graphql_field)
        if not isinstance(field, KindField):
            return None
        declaration = field.metadata[KIND]
        kind = KINDS[type(declaration)]
        if kind is BoundCall and schema.mutation_type and coordinate.startswith(f"{schema.mutation_type.name}."):
            kind = BoundWrite
        if coordinate.partition(".")[0] not in _root_names(schema):
            field.name_cost()
            graphql_field.description = field.description
        return kind(self, coordinate, declaration, graphql_field, field)


def _root_names(schema: GraphQLSchema) -> set[str]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {root.name for root in roots if root is not None}


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
    if entity.key is None:
        return ()
    plain = {field.member.wire: field.member.type for field in fields if isinstance(field, BoundPlain)}
    types = {**dict.fromkeys(entity.key.wires, ID), **plain, **entity.key.embedded}
    return tuple(Field(attr_of(wire), wire, types[wire]) for wire in entity.key.wires)


def _same(projection: Projection) -> Projection:
    return projection


def _resolve_event(event: Any, _info: Any, **_values: Any) -> Any:
    return event
