"""Failures of REST routes as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.responses import PROTECTIVE_HEADERS, RequestRejected, request_id_of, retry_after
from dexter_graphql.server.statuses import STATUSES

PROBLEM = "application/problem+json"
HIDDEN = frozenset({"code", "retryable", "requestId"})
"""Extensions of an error that are members of a problem."""


class ParameterInvalid(Exception):
    """A parameter or a member of the body is missing, unknown or has a value of another type."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"'{name}' {message}")
        self.name = name


def invalid(error: ParameterInvalid, scope: Scope) -> Response:
    """A request with a parameter that cannot be used."""
    problem = _problem(HTTPStatus.BAD_REQUEST, ErrorCode.BAD_USER_INPUT, str(error), scope)
    return _respond({**problem, "retryable": False, "parameter": error.name}, {})


def rejected(rejection: RequestRejected, scope: Scope) -> Response:
    """A request that was rejected before its operation was executed."""
    problem = _problem(rejection.status, rejection.code, rejection.message, scope)
    return _respond({**problem, "retryable": rejection.is_retryable}, dict(rejection.headers))


def failed(errors: Sequence[Mapping[str, Any]], scope: Scope) -> Response:
    """An operation whose result is missing; the first of its errors says why, and all are listed."""
    first = errors[0]
    extensions = first.get("extensions", {})
    code = ErrorCode(extensions.get("code", ErrorCode.INTERNAL))
    problem = {
        **_problem(STATUSES[code], code, first["message"], scope),
        "retryable": bool(extensions.get("retryable")),
        **{name: value for name, value in extensions.items() if name not in HIDDEN},
    }
    if len(errors) > 1:
        problem["errors"] = list(errors)
    wait = extensions.get("retryAfterSeconds")
    return _respond(problem, {} if wait is None else {"Retry-After": retry_after(wait)})


def refused(user_errors: Sequence[Mapping[str, Any]], scope: Scope) -> Response:
    """A write that was not made, for reasons that the user can correct."""
    first = user_errors[0]
    code = ErrorCode(first.get("code", ErrorCode.BAD_USER_INPUT))
    problem = _problem(STATUSES[code], code, first["message"], scope)
    return _respond({**problem, "retryable": False, "userErrors": list(user_errors)}, {})


def not_found(message: str, scope: Scope) -> Response:
    """A route or an object that does not exist."""
    return rejected(RequestRejected(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, message), scope)


def _problem(status: int, code: ErrorCode, detail: str, scope: Scope) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": scope["path"],
        "code": code,
        "requestId": request_id_of(scope),
    }


def _respond(problem: dict[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(msgspec.json.encode(problem), problem["status"], {**PROTECTIVE_HEADERS, **headers}, PROBLEM)
