"""Errors of operations that cost too much: what is expensive, and what the client may do instead."""

from graphql import GraphQLError
from graphql.execution.values import VariableValues

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.cost.estimate import ASSUMED, AnswerSize, MostCalls
from dexter_graphql.graph.cost.steps import ListSizes, StepTree


def refuse_values(tree: StepTree, variables: VariableValues, values: int, limit: int) -> GraphQLError:
    """The error of an operation whose answer may have too many values."""
    largest = AnswerSize(ListSizes(variables, ASSUMED)).largest(tree.root)
    name = largest.spender.name
    message = (
        f"The answer of this operation may have {values} objects and values, and {limit} are allowed:"
        f" most of them are below `{name}`. Nothing was executed. Request fewer items of it, or fewer fields below it"
    )
    return GraphQLError(message, largest.node, extensions={"code": ErrorCode.QUERY_TOO_COMPLEX, "field": name})


def refuse_charge(tree: StepTree, variables: VariableValues, calls: int, context: Context) -> GraphQLError:
    """The error of an operation that costs more than what is left of its caller's budget."""
    budgets, clock = context.services.budgets, context.services.clock
    assert budgets is not None  # noqa: S101  # one of them has refused the charge
    status = budgets.status(context.caller)
    wait_s = max(0.0, status.reset_at - clock.time())
    extensions = {"code": ErrorCode.QUOTA_EXCEEDED, "retryable": True, "retryAfterSeconds": round(wait_s, 3)}
    message = (
        f"This operation may need {calls} calls to Sentry, and of the {status.limit} that you have in"
        f" {status.window_s} s, {status.remaining} are left. Nothing was executed. Retry in {wait_s:.0f} s"
    )
    has_all = context.services.client.has_all_endpoints
    costliest = MostCalls(ListSizes(variables, ASSUMED), has_all=has_all).costliest(tree.root)
    if costliest is None:
        return GraphQLError(message, extensions=extensions)
    step, own_calls = costliest
    cheaper = step.spender.cheaper or "request fewer rows of the lists above it"
    message += f", or make it cheaper: `{step.spender.name}` needs {own_calls} of the calls; {cheaper}"
    return GraphQLError(message, step.node, extensions={**extensions, "field": step.spender.name})
