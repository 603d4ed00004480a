"""Answers that say what an operation costs at most, without executing it."""

import msgspec
from graphql import GraphQLSchema

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.pipeline import ExecutionAnswer, FormatError, encode_errors
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.graph.cost.operation_costs import OperationCosts
from dexter_graphql.server.requests import GraphQLRequest


class Estimator:
    """Estimates operations of a schema; `call_budget` is the number of calls that each of them may make."""

    def __init__(
        self, schema: GraphQLSchema, costs: OperationCosts, call_budget: int, *, hides_suggestions: bool = False
    ) -> None:
        self._schema = schema
        self._hides_suggestions = hides_suggestions
        self._costs = costs
        self._call_budget = call_budget

    def answer(self, entry: OperationEntry, request: GraphQLRequest, format_error: FormatError) -> ExecutionAnswer:
        """Return null data with the estimate in `extensions.dexter`, or the errors of the variables."""
        hides = self._hides_suggestions
        variables = coerce_variables(self._schema, entry, request.variables or {}, hides_suggestions=hides)
        if isinstance(variables, list):
            return encode_errors(variables, format_error)
        price = self._costs.estimate(entry, variables)
        members = {
            "estimatedCalls": price.calls,
            "estimatedValues": price.values,
            "callBudget": self._call_budget,
        }
        return ExecutionAnswer(msgspec.json.encode({"data": None, "extensions": {"dexter": members}}))
