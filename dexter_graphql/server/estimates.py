"""Answers that say what an operation costs at most, without executing it."""

import msgspec
from graphql import GraphQLSchema

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.pipeline import ExecutionAnswer, FormatError, encode_errors
from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.graph.call_estimate import estimate_calls
from dexter_graphql.server.requests import GraphQLRequest


def estimate_answer(
    schema: GraphQLSchema,
    entry: OperationEntry,
    request: GraphQLRequest,
    call_budget: int,
    format_error: FormatError,
) -> ExecutionAnswer:
    """Return null data with the estimate in `extensions.dexter`, or the errors of the variables."""
    variables = coerce_variables(schema, entry, request.variables or {})
    if isinstance(variables, list):
        return encode_errors(variables, format_error)
    calls = estimate_calls(SelectionIndex(schema, entry.operation, entry.fragments, variables))
    members = {"estimatedCalls": calls, "callBudget": call_budget}
    return ExecutionAnswer(msgspec.json.encode({"data": None, "extensions": {"dexter": members}}))
