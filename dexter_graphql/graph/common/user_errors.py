"""What every mutation answers besides its object: refusals as data. Knows no noun."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import strawberry

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.errors import code_of
from dexter_graphql.sentry.errors import BadRequest, SentryError


@strawberry.enum(name="UserErrorCode", description="Why something was not done; the words of `extensions.code`.")
class UserErrorCode(Enum):
    """The codes that a refusal of a write may have."""

    BAD_USER_INPUT = wire_value(ErrorCode.BAD_USER_INPUT, "A value does not fit; the message says which.")
    UNAUTHENTICATED = wire_value(ErrorCode.UNAUTHENTICATED, "Sentry does not know the token.")
    FORBIDDEN = wire_value(ErrorCode.FORBIDDEN, "The token may not do this.")
    NOT_FOUND = wire_value(ErrorCode.NOT_FOUND, "There is no such object, or none that the token may see.")
    CONFLICT = wire_value(ErrorCode.CONFLICT, "It changed meanwhile, or something of that name exists.")
    FEATURE_NOT_AVAILABLE = wire_value(ErrorCode.FEATURE_NOT_AVAILABLE, "The organization does not have this feature.")
    RATE_LIMITED = wire_value(ErrorCode.RATE_LIMITED, "Sentry asks to wait; try again later.")
    BUDGET_EXHAUSTED = wire_value(
        ErrorCode.BUDGET_EXHAUSTED, "The operation used up its calls; send the rest in another."
    )
    DEADLINE_EXCEEDED = wire_value(ErrorCode.DEADLINE_EXCEEDED, "Its time was up; whether it was done is unknown.")
    UPSTREAM_TIMEOUT = wire_value(ErrorCode.UPSTREAM_TIMEOUT, "Sentry did not answer; whether it was done is unknown.")
    UPSTREAM_UNAVAILABLE = wire_value(ErrorCode.UPSTREAM_UNAVAILABLE, "Sentry is ill; whether it was done is unknown.")
    UPSTREAM_GONE = wire_value(ErrorCode.UPSTREAM_GONE, "Sentry retires this operation and refuses it at times.")
    UPSTREAM_BAD_RESPONSE = wire_value(ErrorCode.UPSTREAM_BAD_RESPONSE, "Sentry's answer cannot be read.")


@dataclass(frozen=True, slots=True)
class MutationError:
    """One reason why something was not done."""

    message: str
    code: UserErrorCode
    field: tuple[str, ...] = ()


@value_type
class UserError:
    """Why something was not done, for the person who asked for it."""

    @computed()
    def field(refusal: MutationError) -> list[str] | None:
        """Path of the input field at fault, below `input`; null when no single one is."""
        return list(refusal.field) or None

    @computed()
    def message(refusal: MutationError) -> str:
        """What is wrong, in words."""
        return refusal.message

    @computed()
    def code(refusal: MutationError) -> UserErrorCode:
        """What is wrong, for programs."""
        return refusal.code


def user_errors_for(error: SentryError, fields: Mapping[str, tuple[str, ...]]) -> list[MutationError]:
    """What Sentry refused, in the words of the input.

    `fields` maps members of Sentry's body (nested ones with dots, as `BadRequest.fields` has them) to paths of the
    input; a member that it does not name stands where the member around it does.
    """
    code = UserErrorCode(code_of(error))
    if isinstance(error, BadRequest) and error.fields:
        return [
            MutationError(message, code, _input_path(name, fields))
            for name, messages in error.fields.items()
            for message in messages
        ]
    return [MutationError(str(error), code)]


def _input_path(name: str, fields: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    while name not in fields and "." in name:
        name = name.rpartition(".")[0]
    return fields.get(name, ())
