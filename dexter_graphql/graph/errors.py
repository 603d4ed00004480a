"""Errors as clients see them: code, whether to retry, and details of the failed call."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from dexter_graphql.errors import BadUserInput, DexterError, ErrorCode, NotPermitted
from dexter_graphql.realtime.brokers.base import BrokerUnavailable
from dexter_graphql.sentry import errors as sentry

CODES: tuple[tuple[type[DexterError], ErrorCode], ...] = (
    (BadUserInput, ErrorCode.BAD_USER_INPUT),
    (NotPermitted, ErrorCode.FORBIDDEN),
    (sentry.BadRequest, ErrorCode.BAD_USER_INPUT),
    (sentry.Unauthorized, ErrorCode.UNAUTHENTICATED),
    (sentry.Forbidden, ErrorCode.FORBIDDEN),
    (sentry.NotFound, ErrorCode.NOT_FOUND),
    (sentry.Moved, ErrorCode.NOT_FOUND),
    (sentry.Conflict, ErrorCode.CONFLICT),
    (sentry.FeatureUnavailable, ErrorCode.FEATURE_NOT_AVAILABLE),
    (sentry.Gone, ErrorCode.UPSTREAM_GONE),
    (sentry.RateLimited, ErrorCode.RATE_LIMITED),
    (sentry.Unavailable, ErrorCode.UPSTREAM_UNAVAILABLE),
    (sentry.UpstreamTimeout, ErrorCode.UPSTREAM_TIMEOUT),
    (sentry.DeadlineExceeded, ErrorCode.DEADLINE_EXCEEDED),
    (sentry.BudgetExhausted, ErrorCode.BUDGET_EXHAUSTED),
    (sentry.BadResponse, ErrorCode.UPSTREAM_BAD_RESPONSE),
    (sentry.HostNotAllowed, ErrorCode.UPSTREAM_UNAVAILABLE),
    (sentry.ClientError, ErrorCode.BAD_USER_INPUT),
    (BrokerUnavailable, ErrorCode.UPSTREAM_UNAVAILABLE),
)
"""The first match wins: subclasses come before their bases."""

RETRYABLE = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.UPSTREAM_UNAVAILABLE,
        ErrorCode.UPSTREAM_TIMEOUT,
        ErrorCode.UPSTREAM_GONE,
        ErrorCode.DEADLINE_EXCEEDED,
        ErrorCode.QUOTA_EXCEEDED,
    }
)

PERMANENT = (sentry.HostNotAllowed,)
"""Errors that only a change of the configuration ends, although their codes are retryable."""

INTERNAL_MESSAGE = "Internal error; report it with the requestId"


def code_of(error: BaseException) -> ErrorCode:
    """The code of an exception; INTERNAL for unexpected ones."""
    return code_of_class(type(error))


def code_of_class(error_class: type[BaseException]) -> ErrorCode:
    """The code of the exceptions of a class."""
    return next((code for base, code in CODES if issubclass(error_class, base)), ErrorCode.INTERNAL)


def format_error(
    error: GraphQLError, request_id: str, report: Callable[[BaseException], None] | None = None
) -> dict[str, Any]:
    """The error in the response. An unexpected exception is passed to `report`, and its message is not sent."""
    formatted: dict[str, Any] = dict(error.formatted)
    original = error.original_error
    extensions = dict(formatted.get("extensions") or {})
    if isinstance(original, DexterError):
        extensions |= error_extensions(original)
    elif original is not None and not isinstance(original, GraphQLError):
        formatted["message"] = INTERNAL_MESSAGE
        extensions = error_extensions(original)
        if report is not None:
            report(original)
    # Without a path nothing was executed: a variable was invalid. With a path, a value of Sentry was.
    extensions.setdefault("code", ErrorCode.UPSTREAM_BAD_RESPONSE if error.path else ErrorCode.BAD_USER_INPUT)
    extensions.setdefault("retryable", False)
    extensions["requestId"] = request_id
    return {**formatted, "extensions": extensions}


def _upstream(error: sentry.SentryError) -> dict[str, Any]:
    """The failed endpoint, and for a write without an answer whether it may have been applied."""
    extensions: dict[str, Any] = {}
    if error.title:
        extensions["upstream"] = {"endpoint": error.title, "status": error.status}
        if error.error_id is not None:
            extensions["upstream"]["errorId"] = error.error_id
    if error.outcome is not None:
        extensions["writeOutcome"] = error.outcome
    return extensions


def error_extensions(error: BaseException) -> dict[str, Any]:
    """The extensions of an error: code, whether to retry, and details by kind."""
    code = code_of(error)
    extensions: dict[str, Any] = {"code": code, "retryable": code in RETRYABLE and not isinstance(error, PERMANENT)}
    if isinstance(error, BadUserInput) and error.field:
        extensions["argument"] = list(error.field)
    if isinstance(error, sentry.SentryError):
        extensions |= _upstream(error)
        extensions["retryable"] &= error.is_repeatable
    if isinstance(error, sentry.RateLimited):
        extensions["retryAfterSeconds"] = round(error.retry_after, 3)
    if isinstance(error, sentry.Forbidden) and error.scopes:
        extensions["requiredScopes"] = list(error.scopes)
    if isinstance(error, sentry.BadRequest) and error.fields:
        extensions["fields"] = {name: list(messages) for name, messages in error.fields.items()}
    if isinstance(error, sentry.BudgetExhausted) and error.spender:
        extensions["field"] = error.spender
    if isinstance(error, sentry.Gone) and error.replacement:
        extensions["replacement"] = error.replacement
    return extensions
