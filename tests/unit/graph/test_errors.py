"""Codes and extensions of errors."""

from importlib import import_module
from pkgutil import walk_packages

import pytest
from graphql import GraphQLError

import dexter_graphql
from dexter_graphql.errors import BadUserInput, DexterError, ErrorCode, NotPermitted, SettingsError
from dexter_graphql.graph.errors import CODES, INTERNAL_MESSAGE, RETRYABLE, code_of, error_extensions, format_error
from dexter_graphql.sentry import errors as sentry

UPSTREAM = {"title": "GET /organizations/{org}/", "status": 418}


def made(kind):
    """An exception of a kind, with what its kind needs."""
    if kind is sentry.BudgetExhausted:
        return kind(100)
    needs = {sentry.RateLimited: {"retry_after": 1.5}, sentry.Moved: {"slug": "new"}}
    return kind("which and why", **needs.get(kind, {}), **UPSTREAM)


def below(kind):
    """A class and all its subclasses."""
    return [kind, *(descendant for child in kind.__subclasses__() for descendant in below(child))]


EXPECTED = {
    sentry.ClientError: ErrorCode.BAD_USER_INPUT,
    sentry.BadRequest: ErrorCode.BAD_USER_INPUT,
    sentry.Unauthorized: ErrorCode.UNAUTHENTICATED,
    sentry.Forbidden: ErrorCode.FORBIDDEN,
    sentry.NotFound: ErrorCode.NOT_FOUND,
    sentry.Moved: ErrorCode.NOT_FOUND,
    sentry.Conflict: ErrorCode.CONFLICT,
    sentry.FeatureUnavailable: ErrorCode.FEATURE_NOT_AVAILABLE,
    sentry.Gone: ErrorCode.UPSTREAM_GONE,
    sentry.RateLimited: ErrorCode.RATE_LIMITED,
    sentry.Unavailable: ErrorCode.UPSTREAM_UNAVAILABLE,
    sentry.CircuitOpen: ErrorCode.UPSTREAM_UNAVAILABLE,
    sentry.UpstreamTimeout: ErrorCode.UPSTREAM_TIMEOUT,
    sentry.DeadlineExceeded: ErrorCode.DEADLINE_EXCEEDED,
    sentry.BudgetExhausted: ErrorCode.BUDGET_EXHAUSTED,
    sentry.BadResponse: ErrorCode.UPSTREAM_BAD_RESPONSE,
    sentry.InvalidValue: ErrorCode.UPSTREAM_BAD_RESPONSE,
    sentry.HostNotAllowed: ErrorCode.UPSTREAM_UNAVAILABLE,
}
"""Every class of the tree but its root."""


def test_table_names_the_whole_tree():
    """A new exception needs a code."""
    kinds = set(below(sentry.SentryError)) - {sentry.SentryError}

    assert kinds >= EXPECTED.keys()
    assert {kind for kind in kinds if not any(issubclass(kind, known) for known, _ in CODES)} == set()


@pytest.mark.parametrize("kind", EXPECTED)
def test_kind_has_its_code(kind):
    """Subclasses may have other codes than their bases."""
    assert code_of(made(kind)) is EXPECTED[kind]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadUserInput("x"), ErrorCode.BAD_USER_INPUT),
        (NotPermitted("x"), ErrorCode.FORBIDDEN),
        (SettingsError("x"), ErrorCode.INTERNAL),
        (sentry.SentryError("x"), ErrorCode.INTERNAL),
        (ValueError("x"), ErrorCode.INTERNAL),
        (KeyboardInterrupt(), ErrorCode.INTERNAL),
    ],
)
def test_other_exceptions_have_a_code_too(error, code):
    """An unexpected exception is INTERNAL."""
    assert code_of(error) is code


def test_subclasses_stand_before_their_bases():
    """The first match wins, so that no entry may come after its base."""
    kinds = [kind for kind, _ in CODES]

    assert [kind for n, kind in enumerate(kinds) if any(issubclass(kind, earlier) for earlier in kinds[:n])] == []


@pytest.mark.parametrize("code", ErrorCode)
def test_retryable_is_what_passes_by_itself(code):
    """Waiting helps with limits, outages and deadlines and with nothing else."""
    words = ("RATE_LIMITED", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT", "UPSTREAM_GONE", "DEADLINE", "QUOTA")

    assert (code in RETRYABLE) is code.startswith(words)


@pytest.mark.parametrize("kind", EXPECTED)
def test_extensions_have_code_and_retryable(kind):
    """Clients switch on these two."""
    error = made(kind)

    extensions = error_extensions(error)

    is_retryable = EXPECTED[kind] in RETRYABLE and kind is not sentry.HostNotAllowed
    assert (extensions["code"], extensions["retryable"]) == (EXPECTED[kind], is_retryable)
    assert extensions.get("upstream") == (
        None if kind is sentry.BudgetExhausted else {"endpoint": UPSTREAM["title"], "status": 418}
    )


@pytest.mark.parametrize(
    ("error", "more"),
    [
        (sentry.RateLimited("x", retry_after=1.23456), {"retryAfterSeconds": 1.235}),
        (sentry.Forbidden("x", scopes=("org:read", "org:write")), {"requiredScopes": ["org:read", "org:write"]}),
        (sentry.Forbidden("x"), {}),
        (sentry.BadRequest("x", fields={"status": ("bad", "worse")}), {"fields": {"status": ["bad", "worse"]}}),
        (sentry.BadRequest("x"), {}),
        (sentry.Gone("x", replacement="/detectors/"), {"replacement": "/detectors/"}),
        (sentry.Gone("x"), {}),
        (sentry.Unavailable("x"), {}),
    ],
)
def test_kind_adds_what_helps(error, more):
    """When to come back, which scope, which member, what instead."""
    extensions = error_extensions(error)

    assert {name: value for name, value in extensions.items() if name not in {"code", "retryable"}} == more


@pytest.mark.parametrize(
    ("outcome", "is_repeatable", "retryable"),
    [
        (sentry.WriteOutcome.UNKNOWN, True, True),
        (sentry.WriteOutcome.UNKNOWN, False, False),
        (sentry.WriteOutcome.NOT_SENT, True, True),
    ],
)
def test_writes_without_an_answer(outcome, is_repeatable, retryable):
    """An error of a write names its outcome, and advises against a repeat that would be applied twice."""
    error = sentry.Unavailable("x")
    error.set_outcome(outcome, is_repeatable=is_repeatable)

    extensions = error_extensions(error)

    assert (extensions["writeOutcome"], extensions["retryable"]) == (outcome, retryable)


def formatted(original=None, *, path=None, extensions=None, message="shown"):
    """An error as clients see it, and what was reported."""
    reported = []
    error = GraphQLError(message, path=path, original_error=original, extensions=extensions)
    return format_error(error, "request-1", reported.append), reported


def test_failure_on_purpose_is_shown():
    """Message, path and extensions; nothing is reported."""
    error, reported = formatted(BadUserInput("shown"), path=["a", 0])

    assert error == {
        "message": "shown",
        "path": ["a", 0],
        "extensions": {"code": "BAD_USER_INPUT", "retryable": False, "requestId": "request-1"},
    }
    assert reported == []


@pytest.mark.parametrize("original", [ValueError("token sntryu_0 in /etc"), KeyError("x"), RuntimeError()])
def test_unforeseen_failure_is_reported_and_not_shown(original):
    """The message is in the server's log, not in the response."""
    error, reported = formatted(original, message=str(original), path=["a"], extensions={"secret": "x"})

    assert error["message"] == INTERNAL_MESSAGE
    assert error["extensions"] == {"code": "INTERNAL", "retryable": False, "requestId": "request-1"}
    assert reported == [original]


def test_report_is_optional():
    """Formatting works without a log."""
    error = GraphQLError("x", original_error=ValueError("y"))

    assert format_error(error, "r")["message"] == INTERNAL_MESSAGE


@pytest.mark.parametrize(
    ("path", "extensions", "code"),
    [
        (None, None, "BAD_USER_INPUT"),
        (["a"], None, "UPSTREAM_BAD_RESPONSE"),
        (None, {"code": "QUERY_TOO_COMPLEX"}, "QUERY_TOO_COMPLEX"),
        (["a"], {"code": "NOT_FOUND", "retryable": True}, "NOT_FOUND"),
    ],
)
def test_error_of_the_engine_has_a_code(path, extensions, code):
    """Without a path the request is invalid, with one Sentry's value is; an existing code stays."""
    error, reported = formatted(path=path, extensions=extensions)

    assert error["extensions"]["code"] == code
    assert error["extensions"]["retryable"] is bool(extensions and extensions.get("retryable"))
    assert reported == []


def test_graphql_error_of_a_resolver_is_shown():
    """It was raised for clients."""
    error, reported = formatted(GraphQLError("inner"), path=["a"])

    assert (error["message"], reported) == ("shown", [])


def test_every_exception_of_ours_that_reaches_a_client_is_in_the_table():
    """All others are of the start, commands, files, webhooks, or credentials that are refused before an operation."""
    of_commands = {"UnreadableDocument", "UnreadableResults", "KeyStoreError", "UnknownKey", "DocumentsError"}
    of_the_start = {"SettingsError", "LibraryError", "DeclarationError", "SentryError"}
    of_files = {"AddressInvalid", "AddressUsed"}
    of_credentials = {"IssuerError", "IssuerUnavailable"}
    of_webhooks = {"JournalFull", "NotPublished"}
    for module in walk_packages(dexter_graphql.__path__, "dexter_graphql."):
        import_module(module.name)
    kinds = [kind for kind in below(DexterError) if kind.__module__.startswith("dexter_graphql")]

    unknown = {kind.__name__ for kind in kinds if not any(issubclass(kind, known) for known, _ in CODES)}

    assert unknown == {"DexterError"} | of_commands | of_the_start | of_files | of_credentials | of_webhooks
