"""Parameters of routes: texts of paths and query strings, and members of bodies, as values of variables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
)
from graphql.utilities import validate_input_value

from dexter_graphql.server.rest.problems import ParameterInvalid

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}")
NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class Location(StrEnum):
    """Where a parameter stands in a request, as OpenAPI names it."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of an operation as a parameter of its route. `member` is what plain text stands for in an object."""

    name: str
    type: GraphQLInputType
    location: Location
    default: Any
    has_default: bool
    description: str | None = None
    member: str | None = None

    @property
    def is_required(self) -> bool:
        """True when a request without it is refused."""
        return is_non_null_type(self.type) and not self.has_default

    @property
    def is_list(self) -> bool:
        """True when it may be repeated."""
        return isinstance(get_nullable_type(self.type), GraphQLList)

    def from_texts(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts of a path or a query string, checked."""
        if not self.is_list and len(texts) > 1:
            raise ParameterInvalid(self.name, "may be given once")
        values = [self._from_text(text) for text in texts]
        return self.checked(values if self.is_list else values[0])

    def checked(self, value: Any) -> Any:
        """Return a value if it has the type of the parameter."""

        def refuse(error: GraphQLError, path: list[str | int]) -> None:
            place = f" at {'.'.join(map(str, path))}" if path else ""
            raise ParameterInvalid(self.name, f"has an invalid value{place}: {error.message}")

        # The OpenAPI document lists the names that could be suggested.
        validate_input_value(value, self.type, refuse, hide_suggestions=True)
        return value

    def _from_text(self, text: str) -> Any:
        named = get_named_type(self.type)
        if isinstance(named, GraphQLInputObjectType):
            return self._object(text)
        if isinstance(named, GraphQLEnumType):
            return text.upper().replace("-", "_")
        convert = CONVERSIONS.get(named.name)
        return text if convert is None else convert(self.name, text)

    def _object(self, text: str) -> Any:
        if self.member is not None and not text.startswith("{"):
            return {self.member: text}
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise ParameterInvalid(self.name, "must be a JSON object") from None


def _whole_number(name: str, text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text):
        raise ParameterInvalid(name, "must be a whole number")
    return int(text)


def _number(name: str, text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise ParameterInvalid(name, "must be a number")
    return float(text)


def _boolean(name: str, text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ParameterInvalid(name, "must be true or false")
    return BOOLEANS[text.lower()]


CONVERSIONS = {"Int": _whole_number, "BigInt": _whole_number, "Float": _number, "Boolean": _boolean}
"""Scalars whose values are not texts."""


def variables_of(
    parameters: Mapping[str, Parameter], texts: Mapping[str, Sequence[str]], body: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the variables of a request; raises ParameterInvalid for a missing, unknown or invalid one."""
    for name in (*texts, *body):
        is_known = name in parameters and (parameters[name].location is Location.BODY) == (name in body)
        if not is_known:
            raise ParameterInvalid(name, "is not a parameter of this route")
    values = {name: parameters[name].from_texts(given) for name, given in texts.items()}
    values |= {name: parameters[name].checked(value) for name, value in body.items()}
    for name, parameter in parameters.items():
        if parameter.is_required and name not in values:
            raise ParameterInvalid(name, "is required")
    return values
