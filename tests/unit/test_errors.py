"""The closed list of codes, and the root of our exceptions."""

import pytest

from dexter_graphql.errors import BadUserInput, DexterError, ErrorCode, NotPermitted, SettingsError

CODES = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "CONFLICT",
    "FEATURE_NOT_AVAILABLE",
    "RATE_LIMITED",
    "QUOTA_EXCEEDED",
    "BUDGET_EXHAUSTED",
    "QUERY_TOO_COMPLEX",
    "DOCUMENT_NOT_ALLOWED",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "DEADLINE_EXCEEDED",
    "UPSTREAM_TIMEOUT",
    "UPSTREAM_UNAVAILABLE",
    "UPSTREAM_GONE",
    "UPSTREAM_BAD_RESPONSE",
    "INTERNAL",
}


def test_list_of_codes_is_closed():
    """Clients switch on these words; one more or one less is a change that they must be told of."""
    assert {code.value for code in ErrorCode} == CODES


def test_code_is_its_own_name():
    """A code prints as clients see it."""
    assert [str(code) for code in ErrorCode] == [code.name for code in ErrorCode]


@pytest.mark.parametrize("kind", [SettingsError, BadUserInput, NotPermitted])
def test_every_exception_has_the_root(kind):
    """Whoever catches the root catches all that is raised on purpose, with the message as it was given."""
    with pytest.raises(DexterError, match=r"^which and why$"):
        raise kind("which and why")
