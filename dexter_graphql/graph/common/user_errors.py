"""User errors: refusals that mutations return as data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, ErrorCode, UnknownReference, UnsupportedValue
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.errors import code_of
from dexter_graphql.sentry.errors import BadRequest, Conflict, NotFound, SentryError

UNKNOWN_OUTCOME = "The change may have been applied."


@strawberry.enum(name="UserErrorCode", description="Reason of a user error, with the values of `extensions.code`.")
class UserErrorCode(Enum):
    """The error codes that a refused write may have."""

    BAD_USER_INPUT = wire_value(ErrorCode.BAD_USER_INPUT, "A value is invalid; the message names it.")
    UNAUTHENTICATED = wire_value(ErrorCode.UNAUTHENTICATED, "Sentry does not accept the token.")
    FORBIDDEN = wire_value(ErrorCode.FORBIDDEN, "The token lacks the required permission.")
    NOT_FOUND = wire_value(ErrorCode.NOT_FOUND, "The object does not exist or is not visible to the token.")
    CONFLICT = wire_value(ErrorCode.CONFLICT, "The object was changed in the meantime, or the name is taken.")
    FEATURE_NOT_AVAILABLE = wire_value(ErrorCode.FEATURE_NOT_AVAILABLE, "The organization does not have this feature.")
    RATE_LIMITED = wire_value(ErrorCode.RATE_LIMITED, "Sentry's rate limit is exceeded; try again later.")
    BUDGET_EXHAUSTED = wire_value(
        ErrorCode.BUDGET_EXHAUSTED, "The operation has no calls left; send the rest in another operation."
    )
    DEADLINE_EXCEEDED = wire_value(ErrorCode.DEADLINE_EXCEEDED, f"The operation's deadline passed. {UNKNOWN_OUTCOME}")
    UPSTREAM_TIMEOUT = wire_value(ErrorCode.UPSTREAM_TIMEOUT, f"Sentry did not answer in time. {UNKNOWN_OUTCOME}")
    UPSTREAM_UNAVAILABLE = wire_value(ErrorCode.UPSTREAM_UNAVAILABLE, f"Sentry is unavailable. {UNKNOWN_OUTCOME}")
    UPSTREAM_GONE = wire_value(ErrorCode.UPSTREAM_GONE, "Sentry is retiring this endpoint and refuses calls at times.")
    UPSTREAM_BAD_RESPONSE = wire_value(ErrorCode.UPSTREAM_BAD_RESPONSE, "Sentry's answer cannot be decoded.")


@dataclass(frozen=True, slots=True)
class MutationError:
    """One reason why a change was not applied."""

    message: str
    code: UserErrorCode
    field: tuple[str, ...] = ()


@value_type
class UserError:
    """Reason why a change was not applied, to be shown to the user."""

    @computed()
    def field(refusal: MutationError) -> list[str] | None:
        """Path of the invalid field below `input`. Null when the error is not about one field."""
        return list(refusal.field) or None

    @computed()
    def message(refusal: MutationError) -> str:
        """Explanation of the error in English."""
        return refusal.message

    @computed()
    def code(refusal: MutationError) -> UserErrorCode:
        """Machine-readable reason of the error."""
        return refusal.code


def user_errors_for(error: SentryError, fields: Mapping[str, tuple[str, ...]]) -> list[MutationError]:
    """User errors for an error of Sentry.

    `fields` maps members of Sentry's body (nested ones with dots, as `BadRequest.fields` has them) to paths of the
    input. A member that is not in it has the path of the member that contains it.
    """
    code = UserErrorCode(code_of(error))
    if isinstance(error, BadRequest) and error.fields:
        return [
            MutationError(message, code, _input_path(name, fields))
            for name, messages in error.fields.items()
            for message in messages
        ]
    return [MutationError(str(error), code)]


MISTAKE_CODES = MappingProxyType(
    {UnknownReference: UserErrorCode.NOT_FOUND, UnsupportedValue: UserErrorCode.FEATURE_NOT_AVAILABLE}
)
"""Code of a mistake in a value, where it is not BAD_USER_INPUT."""
Mutate = Callable[..., Awaitable[Any]]
Refuse = Callable[[Any, list[MutationError]], Any]
"""Makes a payload of the input and the reasons why nothing was changed."""


def mistakes_as_data(
    refuse: Refuse,
    fields: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    *,
    absent: tuple[str, ...] | None = None,
) -> Callable[[Mutate], Mutate]:
    """Decorate a mutation: what is wrong with a value of its input becomes a user error of its payload.

    `fields` are as in `user_errors_for`. `absent` is the path of the input that names the object which Sentry does not
    find; without it that is an error of the mutation.
    """

    def decorate(mutate: Mutate) -> Mutate:
        @wraps(mutate)
        async def attempt(root: Any, load_context: Any, *, input: Any) -> Any:
            try:
                return await mutate(root, load_context, input=input)
            except BadUserInput as mistake:
                return refuse(input, [mistake_of(mistake)])
            except (BadRequest, Conflict) as refusal:
                return refuse(input, user_errors_for(refusal, fields))
            except NotFound:
                if absent is None:
                    raise
                return refuse(input, [not_found_error(*absent)])

        return attempt

    return decorate


def not_found_error(*field: str) -> MutationError:
    """The user error for an ID that does not exist."""
    message = "No object with this ID exists, or the token has no access to it"
    return MutationError(message, UserErrorCode.NOT_FOUND, field)


def mistake_of(error: BadUserInput) -> MutationError:
    """The user error for a mistake in a value."""
    code = next((code for kind, code in MISTAKE_CODES.items() if isinstance(error, kind)), UserErrorCode.BAD_USER_INPUT)
    return MutationError(str(error), code, error.field)


def _input_path(name: str, fields: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    while name not in fields and "." in name:
        name = name.rpartition(".")[0]
    return fields.get(name, ())
