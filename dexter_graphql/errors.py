"""Knows the root of our exceptions and the closed list of codes that clients may see."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Value of `extensions.code` in an error; the list is closed and documented."""

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
    """Root of every exception that this package raises on purpose. Its message may be shown to a client."""


class SettingsError(DexterError):
    """A setting is missing or wrong; the message names it and says how to mend it."""


class BadUserInput(DexterError):
    """A value in the document or its variables is not usable; the message says which and why."""


class NotPermitted(DexterError):
    """Dexter itself does not let this caller do that, whatever Sentry would say."""
