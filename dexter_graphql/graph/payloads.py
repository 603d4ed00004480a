"""What every mutation answers besides its object: refusals as data. Knows no noun."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import strawberry

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.enums import word
from dexter_graphql.graph.faults import code_of
from dexter_graphql.graph.fields import computed, part
from dexter_graphql.sentry.errors import BadRequest, SentryError


@strawberry.enum(name="UserErrorCode", description="Why something was not done; the words of `extensions.code`.")
class UserErrorCode(Enum):
    """The codes that a refusal of a write may have."""

    BAD_USER_INPUT = word(ErrorCode.BAD_USER_INPUT, "A value does not fit; the message says which.")
    UNAUTHENTICATED = word(ErrorCode.UNAUTHENTICATED, "Sentry does not know the token.")
    FORBIDDEN = word(ErrorCode.FORBIDDEN, "The token may not do this.")
    NOT_FOUND = word(ErrorCode.NOT_FOUND, "There is no such object, or none that the token may see.")
    CONFLICT = word(ErrorCode.CONFLICT, "It changed meanwhile, or something of that name exists.")
    FEATURE_NOT_AVAILABLE = word(ErrorCode.FEATURE_NOT_AVAILABLE, "The organization does not have this feature.")
    RATE_LIMITED = word(ErrorCode.RATE_LIMITED, "Sentry asks to wait; try again later.")
    BUDGET_EXHAUSTED = word(ErrorCode.BUDGET_EXHAUSTED, "The operation used up its calls; send the rest in another.")
    DEADLINE_EXCEEDED = word(ErrorCode.DEADLINE_EXCEEDED, "Its time was up; whether it was done is unknown.")
    UPSTREAM_TIMEOUT = word(ErrorCode.UPSTREAM_TIMEOUT, "Sentry did not answer; whether it was done is unknown.")
    UPSTREAM_UNAVAILABLE = word(ErrorCode.UPSTREAM_UNAVAILABLE, "Sentry is ill; whether it was done is unknown.")
    UPSTREAM_GONE = word(ErrorCode.UPSTREAM_GONE, "Sentry retires this operation and refuses it at times.")
    UPSTREAM_BAD_RESPONSE = word(ErrorCode.UPSTREAM_BAD_RESPONSE, "Sentry's answer cannot be read.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why something was not done."""

    message: str
    code: UserErrorCode
    field: tuple[str, ...] = ()


@part
class UserError:
    """Why something was not done, for the person who asked for it."""

    @computed()
    def field(refusal: Refusal) -> list[str] | None:
        """Path of the input field at fault, below `input`; null when no single one is."""
        return list(refusal.field) or None

    @computed()
    def message(refusal: Refusal) -> str:
        """What is wrong, in words."""
        return refusal.message

    @computed()
    def code(refusal: Refusal) -> UserErrorCode:
        """What is wrong, for programs."""
        return refusal.code


def refusals_of(error: SentryError, fields: Mapping[str, tuple[str, ...]]) -> list[Refusal]:
    """What Sentry refused, in the words of the input.

    `fields` maps members of Sentry's body (nested ones with dots, as `BadRequest.fields` has them) to paths of the
    input; a member that it does not name stands where the member around it does.
    """
    code = UserErrorCode(code_of(error))
    if isinstance(error, BadRequest) and error.fields:
        return [
            Refusal(message, code, _place(name, fields))
            for name, messages in error.fields.items()
            for message in messages
        ]
    return [Refusal(str(error), code)]


def _place(name: str, fields: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    while name not in fields and "." in name:
        name = name.rpartition(".")[0]
    return fields.get(name, ())
