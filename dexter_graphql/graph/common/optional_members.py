"""Members of inputs that may be omitted: absent means unchanged, null clears what can be empty."""

from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput


def optional(description: str) -> Any:
    """A member that may be omitted."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def is_given(value: Any) -> bool:
    """True unless the member was omitted."""
    return value is not strawberry.UNSET


def null_mistake(*field: str) -> BadUserInput:
    """The mistake that an optional member at this path is null where Sentry has no null."""
    return BadUserInput(f"'{field[-1]}' cannot be null; it can be omitted", field)


def check_not_null(input: Any, **names: str) -> None:
    """Raise BadUserInput for the first of these members that is null; `names` are attribute → name in the schema."""
    for attribute, name in names.items():
        if getattr(input, attribute) is None:
            raise null_mistake(name)
