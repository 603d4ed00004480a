"""Strawberry fields that carry a declaration, and the `@sentry` directive."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from dexter_graphql.sentry.endpoint import Endpoint

KIND = "dexter-kind"
"""Key of a field's declaration in its Strawberry metadata."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="sentry",
    description="Endpoints of Sentry's API that resolving this field may call. A field without it causes no call.",
)
class SentryCalls:
    """Derived from the declarations of fields."""

    calls: list[str] = strawberry.directive_field(name="calls")


class KindField(StrawberryField):
    """A Strawberry field that carries its declaration; a function that it decorates gives arguments and description."""

    def __call__(self, resolver: Any) -> "KindField":
        """Take the declaring function: its keyword-only parameters are the arguments, its docstring the description."""
        declaration = self.metadata[KIND]
        self.metadata = MappingProxyType({**self.metadata, KIND: replace(declaration, function=resolver)})
        self.description = self.description or description_of(resolver)
        self.base_resolver = ArgumentsOnly(resolver)
        return self


class ArgumentsOnly(StrawberryResolver[Any]):
    """Shows Strawberry the keyword-only parameters of a function, which are the field's arguments."""

    @cached_property
    def signature(self) -> inspect.Signature:
        """The function's signature without row and load context."""
        signature = super().signature
        parameters = [p for p in signature.parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY]
        return signature.replace(parameters=parameters)


def declared_field(
    declaration: Any,
    name: str | None,
    description: str | None,
    *,
    uses: Iterable[Endpoint] = (),
    deprecation_reason: str | None = None,
) -> KindField:
    """A field with that declaration, which may call these endpoints."""
    return KindField(
        graphql_name=name,
        description=description,
        metadata={KIND: declaration},
        directives=sentry_calls(uses),
        deprecation_reason=deprecation_reason,
    )


def sentry_calls(uses: Iterable[Endpoint]) -> list[object]:
    """The directives of a field that may call these endpoints."""
    calls = sorted({endpoint.title for endpoint in uses})
    return [SentryCalls(calls=calls)] if calls else []


def description_of(function: Callable[..., Any]) -> str | None:
    """The docstring of a function or class as a description for API users."""
    return inspect.getdoc(function)
