"""Attributes that a function reads of one of its arguments, found in its source."""

import ast
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import getclosurevars, unwrap
from types import FunctionType
from typing import Any, NamedTuple

from dexter_graphql.graph.declarations.keys import EntityKey

MAX_FILES = 256
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class PassedOn(NamedTuple):
    """A call that is given the argument: the callee's dotted name, and the position or the keyword."""

    callee: str
    position: int | str


@dataclass(slots=True)
class ParameterUse:
    """What a function does with one of its parameters."""

    attrs: set[str] = field(default_factory=set)
    passed: set[PassedOn] = field(default_factory=set)


Parameters = tuple[list[str], Mapping[str, ParameterUse]]
"""Names of a function's positional parameters, and the use of every parameter."""


def attributes_read(function: Callable[..., Any], parameter: int | str = 0) -> frozenset[str]:
    """Attributes that the function, and functions that it passes the argument to, read of the argument.

    Empty for functions without source. Reads through another name of the argument are not found.
    """
    return frozenset(_attributes_read(function, parameter, set()))


def _attributes_read(function: Any, parameter: int | str, seen: set[Any]) -> Iterator[str]:
    if isinstance(function, EntityKey):
        yield from function.attrs
        return
    function = unwrap(function) if callable(function) else function
    if not isinstance(function, FunctionType) or (function, parameter) in seen:
        return
    seen.add((function, parameter))
    use = _parameter_use(function, parameter)
    if use is None:
        return
    yield from use.attrs
    names = _names_in(function) if use.passed else {}
    for callee, position in use.passed:
        yield from _attributes_read(_resolve(callee, names), position, seen)


def _names_in(function: FunctionType) -> Mapping[str, Any]:
    """Global and enclosing names that a function uses, with their values."""
    names = getclosurevars(function)
    return {**names.globals, **names.nonlocals}


def _resolve(dotted: str, names: Mapping[str, Any]) -> Any:
    first, *rest = dotted.split(".")
    value = names.get(first)
    for name in rest:
        value = getattr(value, name, None)
    return value


def _parameter_use(function: FunctionType, parameter: int | str) -> ParameterUse | None:
    """How a function uses a parameter; None without source, and for one of several lambdas on a line."""
    code = function.__code__
    candidates = _functions_in(code.co_filename).get((code.co_firstlineno, code.co_name), [])
    if len(candidates) != 1:
        return None
    names, uses = candidates[0]
    if isinstance(parameter, int):
        parameter = names[parameter] if parameter < len(names) else ""
    return uses.get(parameter)


@lru_cache(MAX_FILES)
def _functions_in(filename: str) -> Mapping[tuple[int, str], list[Parameters]]:
    """First line and name → the functions of that name which begin there."""
    try:
        with tokenize.open(filename) as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError):
        return {}
    functions = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            functions[_start_of(node)].append(_uses_in(node))
    return functions


def _start_of(function: FunctionNode) -> tuple[int, str]:
    """First line, that of a decorator included, and name of a function, as its code object has them."""
    if isinstance(function, ast.Lambda):
        return function.lineno, "<lambda>"
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)]), function.name


def _uses_in(function: FunctionNode) -> Parameters:
    arguments = function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    uses = {name: ParameterUse() for name in (*positional, *(argument.arg for argument in arguments.kwonlyargs))}
    body = function.body if isinstance(function.body, list) else [function.body]
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in uses:
            uses[node.value.id].attrs.add(node.attr)
        elif isinstance(node, ast.Call):
            _add_call(node, uses)
    return positional, uses


def _add_call(call: ast.Call, uses: Mapping[str, ParameterUse]) -> None:
    callee = _dotted(call.func)
    given: list[tuple[int | str | None, ast.expr]] = list(enumerate(call.args))
    given += [(keyword.arg, keyword.value) for keyword in call.keywords]
    for position, value in given:
        if not isinstance(value, ast.Name) or value.id not in uses or position is None:
            continue
        match callee, call.args:
            case "getattr", [_, ast.Constant(str(name)), *_]:
                uses[value.id].attrs.add(name)
            case str(), _:
                uses[value.id].passed.add(PassedOn(callee, position))


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        prefix = _dotted(node.value)
        return prefix and f"{prefix}.{node.attr}"
    return None
