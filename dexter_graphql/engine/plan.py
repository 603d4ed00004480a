"""Plan of an operation: what it selects, level by level, and how each field is resolved and completed.

A plan belongs to one operation of one document and to one outcome of its @skip and @include. Fields are collected by
graphql-core's own functions, so that fragments, merging and directives mean what they mean there. Levels are planned
when the first row of a class reaches them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from dexter_graphql.engine.arguments import ArgumentValues
from dexter_graphql.engine.completion import (
    Completion,
    LeafCompletion,
    ListCompletion,
    NonNullCompletion,
    ObjectCompletion,
)
from dexter_graphql.engine.failures import FallBack, Reason
from dexter_graphql.engine.outputs import Output, OutputClasses
from dexter_graphql.engine.resolution import RESOLUTION, Batched, Delegated, Immediate, Resolution, Typename
from dexter_graphql.engine.selection import Selection, SelectionIndex
from dexter_graphql.engine.variables import VariableFinder
from dexter_graphql.errors import as_value

TYPENAME = "__typename"
MAX_LEVELS = 2000
"""Levels of one plan; a larger operation is executed by graphql-core."""
UNPREPARED = object()
TypenameOf = Callable[[type], str | None]
"""Class of a row → name of its object type; None for a class that stands for no type."""


class PlannedField:
    """One response key of one object type: its merged nodes, its strategy, and how its value is completed."""

    __slots__ = (
        "_argument_values",
        "_constant",
        "completion",
        "definition",
        "details",
        "has_variables_below",
        "name",
        "nodes",
        "parent",
        "resolution",
        "response_name",
        "selection",
        "strategy",
    )

    def __init__(self, plan: "Plan", parent: GraphQLObjectType, response_name: str, details: FieldDetailsList) -> None:
        self.response_name = response_name
        self.details = details
        self.nodes: list[FieldNode] = [detail.node for detail in details]
        self.name = self.nodes[0].name.value
        self.parent = parent
        definition = plan.schema.get_field(parent, self.name)
        if definition is None:
            raise KeyError(self.name)
        self.definition: GraphQLField = definition
        self.resolution: Resolution | None = definition.extensions.get(RESOLUTION)
        self.selection: Selection = plan.selection_index.selection(definition.type, self.nodes)
        self._argument_values = ArgumentValues(definition, self.nodes[0])
        self._constant: Any = UNPREPARED
        self.has_variables_below = plan.has_variables_below(self.nodes)
        self.completion: Completion | None = None
        self.strategy: Immediate | Batched | Typename | Delegated = self._strategy(plan)

    @property
    def is_nullable(self) -> bool:
        """True when the field may be null."""
        return not isinstance(self.definition.type, GraphQLNonNull)

    @property
    def has_variables(self) -> bool:
        """True when an argument of the field depends on a variable."""
        return self._argument_values.has_variables

    @property
    def is_fixed(self) -> bool:
        """True when no argument of the field or below it depends on a variable: equal rows have equal values."""
        return not (self.has_variables or self.has_variables_below)

    @property
    def is_constant(self) -> bool:
        """True when the arguments are the same for every execution of the plan."""
        return not self.has_variables and self.resolution is not None and self.resolution.is_repeatable

    def arguments(self, variables: VariableValues) -> Any:
        """Prepared arguments, or the exception that preparing raised. Raises GraphQLError when they are not valid."""
        if self._constant is not UNPREPARED:
            return self._constant
        values = self._argument_values.coerce(variables)
        try:
            prepared = self.resolution.prepare_arguments(values) if self.resolution is not None else values
        except Exception as error:  # noqa: BLE001  # every row fails with what a declared function raises
            return as_value(error)
        if self.is_constant:
            self._constant = prepared
        return prepared

    def _strategy(self, plan: "Plan") -> Immediate | Batched | Typename | Delegated:
        if self.name == TYPENAME:
            return Typename(self.parent.name)
        if self.resolution is None:
            return Delegated()
        self.completion = plan.completion(self, self.definition.type)
        return self.resolution.strategy(self.selection) if self.completion is not None else Delegated()


class Level:
    """All objects on which one selection is completed. Each object type of an abstract type has its own fields."""

    def __init__(self, plan: "Plan", named: Any, collect: Callable[[GraphQLObjectType], GroupedFieldSet]) -> None:
        self.plan = plan
        self.named = named
        self._collect = collect
        self._fields: dict[str, tuple[PlannedField, ...]] = {}

    def typename(self, row_class: type) -> str | None:
        """Name of the object type that rows of that class stand for here; None when they cannot stand here."""
        if isinstance(self.named, GraphQLObjectType):
            return self.named.name
        name = self.plan.typename_of(row_class) if self.plan.typename_of is not None else None
        object_type = self.plan.schema.get_type(name) if name is not None else None
        is_possible = isinstance(object_type, GraphQLObjectType) and self.plan.schema.is_sub_type(
            self.named, object_type
        )
        return name if is_possible else None

    def fields(self, typename: str) -> tuple[PlannedField, ...]:
        """The fields that are selected on an object type, in the order of the response."""
        fields = self._fields.get(typename)
        if fields is None:
            parent = self.plan.schema.get_type(typename)
            assert isinstance(parent, GraphQLObjectType)  # noqa: S101  # typename() has checked it
            fields = tuple(PlannedField(self.plan, parent, *item) for item in self._collect(parent).items())
            self._fields[typename] = fields
            self.plan.field_count += len(fields)
        return fields

    def output(self, typename: str) -> type[Output]:
        """The class of completed objects of that type."""
        return self.plan.outputs.of(tuple(field.response_name for field in self.fields(typename)))


class Plan:
    """How one operation is executed, for one outcome of its conditions."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        *,
        typename_of: TypenameOf | None,
        outputs: OutputClasses,
    ) -> None:
        self.schema = schema
        self.typename_of = typename_of
        self.outputs = outputs
        self.operation = operation
        self.is_serial = operation.operation is OperationType.MUTATION
        self.selection_index = SelectionIndex(schema, operation, fragments, variables)
        self.is_too_large = False
        self.field_count = 0
        """Fields that were planned so far."""
        self._fragments = {name: FragmentDetails(node) for name, node in fragments.items()}
        self._variables = variables
        self._variable_finder = VariableFinder(fragments)
        self._levels: dict[tuple[str, tuple[int, ...]], Level] = {}
        root = schema.get_root_type(operation.operation)
        self.root = Level(self, root, self._root_fields)

    @cached_property
    def is_worthwhile(self) -> bool:
        """False when graphql-core would execute every root field anyway, or one that must not be executed twice."""
        are_planned = [not isinstance(field.strategy, Delegated) for field in self.root.fields(self.root.named.name)]
        return all(are_planned) if self.is_serial else any(are_planned)

    def completion(self, planned: PlannedField, kind: GraphQLOutputType) -> Completion | None:
        """How values of that type are completed; None for types that are left to graphql-core."""
        if isinstance(kind, GraphQLNonNull):
            inner = self.completion(planned, kind.of_type)
            return inner and NonNullCompletion(inner, f"{planned.parent}.{planned.name}")
        if isinstance(kind, GraphQLList):
            inner = self.completion(planned, kind.of_type)
            return inner and ListCompletion(inner, planned.nodes)
        if isinstance(kind, (GraphQLScalarType, GraphQLEnumType)):
            return LeafCompletion(kind)
        is_known = kind.is_type_of is None if isinstance(kind, GraphQLObjectType) else self.typename_of is not None
        if not is_known:
            return None
        return ObjectCompletion(self._below(planned, get_named_type(kind)), planned.nodes)

    def has_variables_below(self, nodes: Sequence[FieldNode]) -> bool:
        """True when an argument of a field below these nodes depends on a variable."""
        return any(self._variable_finder.is_in_arguments_below(node) for node in nodes)

    def _below(self, planned: PlannedField, named: Any) -> Level:
        """The level below a field; equal nodes lead to the same level for every object type that leads to them."""
        key = named.name, tuple(map(id, planned.nodes))
        level = self._levels.get(key)
        if level is None:
            if len(self._levels) >= MAX_LEVELS:
                self.is_too_large = True
                raise FallBack(Reason.PLAN_SIZE)
            level = self._levels[key] = self._make_level(planned, named)
        return level

    def _make_level(self, planned: PlannedField, named: Any) -> Level:
        def collect(parent: GraphQLObjectType) -> GroupedFieldSet:
            return collect_subfields(
                self.schema, self._fragments, self._variables, self.operation, parent, planned.details
            ).grouped_field_set

        return Level(self, named, collect)

    def _root_fields(self, root: GraphQLObjectType) -> GroupedFieldSet:
        return collect_fields(self.schema, self._fragments, self._variables, root, self.operation).grouped_field_set
