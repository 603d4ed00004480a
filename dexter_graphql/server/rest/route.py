"""A route: its document, compiled to parameters by the schema."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_input_type,
    parse,
    type_from_ast,
    visit,
)
from graphql.utilities import value_from_ast_untyped

from dexter_graphql.operations.library import Document
from dexter_graphql.operations.routes import RouteDocument
from dexter_graphql.server.rest.parameters import Location, Parameter

CURSOR = "cursor"
"""The parameter that continues a list; `Link` headers have it."""


@dataclass(frozen=True)
class Operation:
    """An operation of a route's document: its node and its parameters by name."""

    node: OperationDefinitionNode
    parameters: Mapping[str, Parameter]

    @property
    def name(self) -> str:
        """Name of the operation."""
        return self.node.name.value if self.node.name is not None else ""


@dataclass(frozen=True)
class RestRoute:
    """A valid document with a method and a path. It is parsed when it is first used."""

    document: RouteDocument
    schema: GraphQLSchema

    @cached_property
    def ast(self) -> DocumentNode:
        """The parsed document."""
        return parse(self.document.text)

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by the words by which clients choose them."""
        operations = {}
        for node in self.ast.definitions:
            if isinstance(node, OperationDefinitionNode):
                parameters = parameters_of(self.document, node, self.schema, self._location_of)
                operation = Operation(node, {parameter.name: parameter for parameter in parameters})
                operations[choice_of(operation.name)] = operation
        return operations

    def _location_of(self, variable: str) -> Location:
        if variable in self.document.path_variables:
            return Location.PATH
        return Location.BODY if self.takes_body else Location.QUERY

    @property
    def takes_body(self) -> bool:
        """True when the variables that are not in the path are members of a JSON body."""
        return self.document.method != "GET"


def choice_of(operation_name: str) -> str:
    """The word by which clients choose an operation: its name with a small first letter."""
    return operation_name[:1].lower() + operation_name[1:]


def parameters_of(
    document: Document, node: OperationDefinitionNode, schema: GraphQLSchema, location_of: Callable[[str], Location]
) -> Iterator[Parameter]:
    """The variables of an operation as parameters; `location_of` says where each stands in a request."""
    descriptions = _descriptions(node, schema)
    for definition in node.variable_definitions or ():
        name = definition.variable.name.value
        input_type = type_from_ast(schema, definition.type)
        assert is_input_type(input_type)  # noqa: S101  # the document is valid
        default = definition.default_value
        yield Parameter(
            name,
            input_type,
            location_of(name),
            None if default is None else value_from_ast_untyped(default),
            default is not None,
            descriptions.get(name),
            document.members.get(name),
        )


def _descriptions(node: OperationDefinitionNode, schema: GraphQLSchema) -> Mapping[str, str]:
    """Descriptions of the arguments and input fields that variables are given to."""
    uses = VariableUses(TypeInfo(schema))
    visit(node, TypeInfoVisitor(uses.type_info, uses))
    return uses.descriptions


class VariableUses(Visitor):
    """Collects the description of the first place of each variable."""

    def __init__(self, type_info: TypeInfo) -> None:
        super().__init__()
        self.type_info = type_info
        self.descriptions: dict[str, str] = {}

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        """Note the description of an argument."""
        self._note(node.value, self.type_info.get_argument())

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        """Note the description of a field of an input object."""
        parent = get_named_type(self.type_info.get_parent_input_type())
        if isinstance(parent, GraphQLInputObjectType):
            self._note(node.value, parent.fields.get(node.name.value))

    def _note(self, value: ValueNode, place: GraphQLArgument | GraphQLInputField | None) -> None:
        if isinstance(value, VariableNode) and place is not None and place.description:
            self.descriptions.setdefault(value.name.value, place.description)
