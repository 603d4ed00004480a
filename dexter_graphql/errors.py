"""Root of all exceptions, and the closed list of error codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from traceback import format_exception
from typing import TypeVar

E = TypeVar("E", bound=BaseException)


class ErrorCode(StrEnum):
    """Value of `extensions.code` in an error. docs/errors.md lists all."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    FEATURE_NOT_AVAILABLE = "FEATURE_NOT_AVAILABLE"
    RATE_LIMITED = "RATE_LIMITED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    DOCUMENT_NOT_ALLOWED = "DOCUMENT_NOT_ALLOWED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    UPSTREAM_TIMEOUT = "UPSTREAM_TIMEOUT"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    UPSTREAM_GONE = "UPSTREAM_GONE"
    UPSTREAM_BAD_RESPONSE = "UPSTREAM_BAD_RESPONSE"
    INTERNAL = "INTERNAL"


class DexterError(Exception):
    """Root of the exceptions of this package. Clients may see the message."""


class SettingsError(DexterError):
    """A setting is missing or invalid; the message names it and the fix."""


class BadUserInput(DexterError):
    """A value in the document or its variables is invalid; the message says which and why.

    `field` is the path of the value below the argument or input that was being read, as far as it is known.
    """

    def __init__(self, message: str, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.field = field


class UnsupportedValue(BadUserInput):
    """A value that is valid, but that this release of Sentry cannot express."""


class UnknownReference(BadUserInput):
    """A value names an object that does not exist or is not visible to the token."""


@contextmanager
def within(*path: str) -> Iterator[None]:
    """Prepend `path` to the field of a BadUserInput that is raised in the block."""
    try:
        yield
    except BadUserInput as error:
        error.field = (*path, *error.field)
        raise


class NotPermitted(DexterError):
    """Dexter does not permit this to the caller, whether or not Sentry would."""


def as_value(error: E) -> E:
    """An exception that is stored as a value, without tracebacks.

    An unexpected one keeps the text of its traceback as a note, for the log.
    """
    if error.__traceback__ is not None and not isinstance(error, DexterError) and not hasattr(error, "__notes__"):
        error.add_note("".join(format_exception(error)))
    return drop_tracebacks(error)


def drop_tracebacks(error: E) -> E:
    """The error, without its traceback and those of the errors that led to it.

    The frames of a traceback hold all that the failed functions worked with. Where one of them leads back to the
    error, this is a reference cycle, which stays in memory until the garbage collector runs.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        link = pending.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            link.__traceback__ = None
            pending += (link.__cause__, link.__context__)
    return error
