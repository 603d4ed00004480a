"""Arithmetic of equations such as `equation|count() / count_unique(user)`."""

import ast
import operator
import re
from collections.abc import Callable
from types import MappingProxyType

from dexter_graphql.sandbox.discover.query import QueryError

_CALL = re.compile(r"[a-z_]\w*\([^()]*\)", re.IGNORECASE)
_OPERATIONS: MappingProxyType[type[ast.operator], Callable[[float, float], float]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
    }
)


def evaluate(text: str, value_of: Callable[[str], object]) -> float | None:
    """The value of the equation, None after a division by zero; raises QueryError for invalid syntax."""
    values: dict[str, float] = {}

    def name(call: re.Match[str]) -> str:
        # Functions are replaced by names, because their arguments are not Python expressions.
        value = value_of(call[0])
        values[f"f{len(values)}"] = float(value) if isinstance(value, (int, float)) else 0.0
        return f"f{len(values) - 1}"

    try:
        return _evaluate_node(ast.parse(_CALL.sub(name, text).strip(), mode="eval").body, values)
    except ZeroDivisionError:
        return None
    except (SyntaxError, KeyError):
        raise QueryError(f"{text} is not a valid equation") from None


def _evaluate_node(node: ast.expr, values: dict[str, float]) -> float:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_evaluate_node(left, values), _evaluate_node(right, values))
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return values[name]
        case _:
            raise SyntaxError
