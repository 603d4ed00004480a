"""Validation of documents: the rules of the specification, with bounded work."""

from collections.abc import Sequence
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    ValidationRule,
    get_nullable_type,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError

from dexter_graphql.errors import ErrorCode

MAX_VALIDATION_ERRORS = 10
MERGE_BUDGET = 10_000
"""Work that validation may spend on fields which share a response key."""


class OneOfVariablesRule(ValidationRule):
    """Variables in @oneOf input objects must not be nullable.

    graphql-core's own rule checks this only where the input object itself is nullable.

    See https://spec.graphql.org/draft/#sec-All-Variable-Usages-are-Allowed
    """

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: Any) -> None:
        """Report nullable variables in non-null @oneOf input objects."""
        definitions = {node.variable.name.value: node for node in operation.variable_definitions or ()}
        for node, usage_type, parent_type, *_rest in self.context.get_recursive_variable_usages(operation):
            definition = definitions.get(node.name.value)
            input_object = _wrapped_input_object(parent_type, usage_type)
            if definition is None or isinstance(definition.type, NonNullTypeNode):
                continue
            if input_object is not None and input_object.is_one_of:
                problem = f"must be non-nullable to be used for OneOf Input Object '{input_object}'."
                self.report_error(GraphQLError(f"Variable '${node.name.value}' {problem}", [definition, node]))


RULES = (*specified_rules, OneOfVariablesRule)


def bound_validation() -> None:
    """Limit the work on fields that share a response key; graphql-core's default allows seconds of CPU time."""
    overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MERGE_BUDGET


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, *, hides_suggestions: bool = False
) -> Sequence[GraphQLError]:
    """What is invalid in a document, with codes."""
    errors = validate(schema, document, RULES, MAX_VALIDATION_ERRORS, hides_suggestions)
    is_complete = len(errors) <= MAX_VALIDATION_ERRORS
    return [_with_code(error, is_complete=is_complete) for error in errors]


def _with_code(error: GraphQLError, *, is_complete: bool) -> GraphQLError:
    """The error with its code. Validation that ended early had too many errors, or gave up on the document."""
    if isinstance(error, ValidationAbortedError) and is_complete:
        return GraphQLError(
            "The document is too complex to be validated", extensions={"code": ErrorCode.QUERY_TOO_COMPLEX}
        )
    if not error.extensions:
        error.extensions = {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED}
    return error


def _wrapped_input_object(parent_type: Any, usage_type: Any) -> GraphQLInputObjectType | None:
    """The input object that a variable is a member of, where its type is non-null or stands for a list of one."""
    if isinstance(parent_type, GraphQLInputObjectType):
        return None  # graphql-core's own rule
    input_type = get_nullable_type(parent_type)
    while isinstance(input_type, GraphQLList):
        if input_type.of_type == usage_type:
            return None  # an item of the list
        input_type = get_nullable_type(input_type.of_type)
    return input_type if isinstance(input_type, GraphQLInputObjectType) else None
