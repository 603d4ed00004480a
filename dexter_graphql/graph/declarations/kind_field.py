"""Strawberry fields that carry a declaration, and the `@sentry` directive."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from dexter_graphql.sentry.endpoint import Endpoint

KIND = "dexter-kind"
"""Key of a field's declaration in its Strawberry metadata."""


ROW = "row"
"""Value of `@sentry(per:)` for fields that call Sentry for each row."""
LIST = "list"
"""Value for fields that call it for many rows together."""


COST_IN_LISTS = "In lists, one call per row for all such fields."
"""End of the description of a field that only the detail of an object has."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="sentry",
    description=(
        "Endpoints of Sentry's API that resolving this field may call, and whether it calls them once `per` `list`"
        " (for up to 100 objects together) or once `per` `row`; each time it makes `atMost` that many calls. A field"
        " that only the detail of an object has calls them for the objects of lists. A field without it causes no call."
    ),
)
class SentryCalls:
    """Derived from the declarations of fields."""

    calls: list[str] = strawberry.directive_field(name="calls")
    per: str = strawberry.directive_field(name="per")
    at_most: int = strawberry.directive_field(name="atMost")


class DeclaredCalls(NamedTuple):
    """The endpoints that a field may call, whether for each row, and at most how many calls that makes each time."""

    uses: tuple[Endpoint, ...]
    is_per_row: bool
    at_most: int

    def directives(self) -> list[object]:
        """The directives of a field that makes these calls."""
        titles = sorted({endpoint.title for endpoint in self.uses})
        return [SentryCalls(calls=titles, per=ROW if self.is_per_row else LIST, at_most=self.at_most)] if titles else []


NO_CALLS = DeclaredCalls((), is_per_row=False, at_most=0)


class KindField(StrawberryField):
    """A Strawberry field that carries its declaration; a function that it decorates gives arguments and description."""

    def __call__(self, resolver: Any) -> "KindField":
        """Take the declaring function: its keyword-only parameters are the arguments, its docstring the description."""
        declaration = self.metadata[KIND]
        self.metadata = MappingProxyType({**self.metadata, KIND: replace(declaration, function=resolver)})
        self.description = self.description or description_of(resolver)
        self.base_resolver = ArgumentsOnly(resolver)
        return self

    def add_calls(self, added: DeclaredCalls) -> None:
        """Add calls that the field may make for rows that lack what it reads."""
        own = [directive for directive in self.directives if isinstance(directive, SentryCalls)]
        calls = sorted({endpoint.title for endpoint in added.uses}.union(*(directive.calls for directive in own)))
        per = ROW if added.is_per_row or any(directive.per == ROW for directive in own) else LIST
        at_most = added.at_most + sum(directive.at_most for directive in own)
        others = [directive for directive in self.directives if not isinstance(directive, SentryCalls)]
        self.directives = [*others, SentryCalls(calls=calls, per=per, at_most=at_most)]
        if added.is_per_row and " call" not in (self.description or ""):
            self.description = f"{self.description} {COST_IN_LISTS}"

    def name_cost(self) -> None:
        """Say in the description that the field calls Sentry for each row, unless it says something of calls."""
        is_per_row = any(isinstance(directive, SentryCalls) and directive.per == ROW for directive in self.directives)
        if is_per_row and " call" not in (self.description or ""):
            self.description = f"{self.description} One call per row."


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
    calls: DeclaredCalls = NO_CALLS,
    deprecation_reason: str | None = None,
) -> KindField:
    """A field with that declaration, which may make these calls."""
    return KindField(
        graphql_name=name,
        description=description,
        metadata={KIND: declaration},
        directives=calls.directives(),
        deprecation_reason=deprecation_reason,
    )


def description_of(function: Callable[..., Any]) -> str | None:
    """The docstring of a function or class as a description for API users."""
    return inspect.getdoc(function)
