"""Answers that say what an operation costs at most, without executing it."""

import msgspec
from graphql import GraphQLSchema

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.pipeline import ExecutionAnswer, FormatError, encode_errors
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.graph.charge import rate_limit_members
from dexter_graphql.graph.context import Services
from dexter_graphql.graph.cost.operation_costs import OperationCosts
from dexter_graphql.server.requests import GraphQLRequest


class Estimator:
    """Estimates operations of a schema."""

    def __init__(
        self, schema: GraphQLSchema, costs: OperationCosts, services: Services, *, hides_suggestions: bool = False
    ) -> None:
        self._schema = schema
        self._hides_suggestions = hides_suggestions
        self._costs = costs
        self._services = services

    def answer(
        self, entry: OperationEntry, request: GraphQLRequest, caller: str, format_error: FormatError
    ) -> ExecutionAnswer:
        """Return null data with the estimate in `extensions.dexter`, or the errors of the variables."""
        hides = self._hides_suggestions
        variables = coerce_variables(self._schema, entry, request.variables or {}, hides_suggestions=hides)
        if isinstance(variables, list):
            return encode_errors(variables, format_error)
        services = self._services
        price = self._costs.estimate(entry, variables, has_all=services.client.has_all_endpoints)
        status = None if services.budgets is None else services.budgets.status(caller)
        members = {
            "estimatedCalls": price.calls,
            "estimatedValues": price.values,
            "callBudget": services.call_budget,
            "rateLimit": rate_limit_members(price, status),
        }
        return ExecutionAnswer(msgspec.json.encode({"data": None, "extensions": {"dexter": members}}))
