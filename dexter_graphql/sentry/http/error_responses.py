"""Mapping of Sentry's error responses to the errors of the client."""

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec

from dexter_graphql.sentry.call import Call
from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    ClientError,
    Conflict,
    FeatureUnavailable,
    Forbidden,
    Gone,
    InternalError,
    MissingRoute,
    Moved,
    NotFound,
    RateLimited,
    SentryError,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.http.json_text import repair_json

SLUG = re.compile(r"[a-z0-9_-]{1,100}")
ERROR_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
MAX_CHARACTERS = 300
MAX_ITEMS = 10
MAX_FIELDS = 50
SHORT_WAIT_S = 1.0
"""Wait after a refusal that names no time: the concurrency limit, or a window without its header."""
MIN_WAIT_S = 0.1
MAX_WAIT_S = 3600.0
MAX_DEPTH = 8
"""Levels of a body that are read; Sentry's serializers nest three or four."""
STORE_WAIT_S = 30.0
"""Wait after the analytics store refused: repeating the query soon does not help."""
ERRORS_BY_STATUS: Mapping[int, type[ClientError]] = MappingProxyType({401: Unauthorized, 404: NotFound, 409: Conflict})
FEATURE = re.compile(r"feature|upgrade|plan", re.IGNORECASE)
PROJECTS = re.compile(r"multi project|multiple projects")
"""Refusal of queries over several projects, as 400 or 403, where the plan allows one; in writes it is an argument."""
HIDDEN = b"[hidden]"
"""Replaces the call's token where an answer repeats it."""
PAGE = "A page came instead of an answer of Sentry's API"
PAGE_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")


def error_for(call: Call, status: int, headers: Mapping[str, str], body: bytes, now: float) -> SentryError:
    """The error for an answer with this status; header names in lower case."""
    data = _decode(body.replace(call.upstream.token.encode(), HIDDEN) if call.upstream.token else body)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_error(call, status, data)
    if status < HTTPStatus.BAD_REQUEST:
        return _moved(call, status, data)
    message = _message(data, status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(message, retry_after=_wait_s(headers, message, now), title=call.title, headers=headers)
    if status == HTTPStatus.NOT_FOUND and not _is_missing_object(data):
        return MissingRoute(f"This Sentry lacks the endpoint {call.title}", title=call.title, status=status)
    if is_html(body):
        return Unavailable(PAGE, title=call.title, status=status)
    return _client_error(call, status, headers, data, message)


def is_html(body: bytes) -> bool:
    """True for a page, which comes from a proxy or a sign-in form and never from the API."""
    return PAGE_START.match(body) is not None


def _server_error(call: Call, status: int, data: Any) -> SentryError:
    error_id = data.get("errorId") if isinstance(data, dict) else None
    has_id = isinstance(error_id, str) and ERROR_ID.fullmatch(error_id) is not None
    kind = InternalError if has_id and status == HTTPStatus.INTERNAL_SERVER_ERROR else Unavailable
    error = kind(f"Sentry answered {status}", title=call.title, status=status)
    error.error_id = error_id if has_id else None
    return error


def _is_missing_object(data: Any) -> bool:
    """True for Sentry's own 404; an empty, HTML or other body means that the server has no such route."""
    return isinstance(data, dict) and "detail" in data


def _client_error(call: Call, status: int, headers: Mapping[str, str], data: Any, message: str) -> SentryError:
    code = _detail_code(data)
    is_query = call.method == "GET" and status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}
    if is_query and PROJECTS.search(message):
        return FeatureUnavailable(message, title=call.title, status=status, detail_code=code)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return UpstreamTimeout(message, title=call.title, status=status)
    if status == HTTPStatus.BAD_REQUEST:
        return _bad_request(call, data, message, code)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(message, title=call.title, detail_code=code, scopes=_scopes(headers))
    if status == HTTPStatus.GONE:
        replacement = headers.get("x-sentry-replacement-endpoint")
        return Gone(message, title=call.title, replacement=replacement and replacement[:MAX_CHARACTERS])
    return ERRORS_BY_STATUS.get(status, ClientError)(message, title=call.title, status=status, detail_code=code)


def _bad_request(call: Call, data: Any, message: str, code: str | None) -> SentryError:
    detail = data.get("detail") if isinstance(data, dict) else None
    if isinstance(detail, list) and FEATURE.search(message):
        return FeatureUnavailable(message, title=call.title, status=400, detail_code=code)
    is_wrapped = isinstance(detail, dict) and detail.keys().isdisjoint({"code", "message"})
    return BadRequest(message, title=call.title, detail_code=code, fields=_fields(detail if is_wrapped else data))


def _moved(call: Call, status: int, data: Any) -> SentryError:
    detail = data.get("detail") if isinstance(data, dict) else None
    extra = detail.get("extra") if isinstance(detail, dict) else None
    slugs = [source.get("slug") for source in (data, extra) if isinstance(source, dict)]
    slug = next((value for value in slugs if isinstance(value, str) and SLUG.fullmatch(value)), None)
    if slug is None:
        return BadResponse("Sentry redirected the request; redirects are not followed", title=call.title, status=status)
    return Moved(f"It has been renamed to '{slug}'", slug=slug, title=call.title, status=status)


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(repair_json(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _message(data: Any, status: int) -> str:
    text = _text(data)
    return text[:MAX_CHARACTERS] if text else f"Sentry refused the request with status {status}"


def _text(data: Any, depth: int = 0) -> str:
    """The first sentence in any of the forms of Sentry's error bodies."""
    if isinstance(data, str):
        return data
    if depth > MAX_DEPTH:
        return ""
    if isinstance(data, list):
        return "; ".join(text for item in data[:MAX_ITEMS] if (text := _text(item, depth + 1)))
    if not isinstance(data, dict):
        return ""
    for key in ("detail", "message", "nonFieldErrors", "non_field_errors", "error"):
        if key in data and (text := _text(data[key], depth + 1)):
            return text
    members = list(data.items())[:MAX_ITEMS]
    return "; ".join(f"{name}: {text}" for name, value in members if (text := _text(value, depth + 1)))


def _detail_code(data: Any) -> str | None:
    detail = data.get("detail") if isinstance(data, dict) else None
    code = detail.get("code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) else None


def _fields(data: Any, prefix: str = "", depth: int = 0) -> dict[str, tuple[str, ...]]:
    """Messages by member, nested members with dots; empty when the refusal is general."""
    fields: dict[str, tuple[str, ...]] = {}
    if not isinstance(data, dict) or depth > MAX_DEPTH or (not prefix and isinstance(data.get("detail"), str)):
        return fields
    for name, value in list(data.items())[:MAX_FIELDS]:
        if name in {"nonFieldErrors", "non_field_errors", "detail"}:
            continue
        if isinstance(value, dict):
            fields |= _fields(value, f"{prefix}{name}.", depth + 1)
        elif texts := tuple(text[:MAX_CHARACTERS] for item in _items(value) if (text := _text(item, depth + 1))):
            fields[f"{prefix}{name}"] = texts
    return fields


def _items(value: Any) -> list[Any]:
    return value[:MAX_ITEMS] if isinstance(value, list) else [value]


def _scopes(headers: Mapping[str, str]) -> tuple[str, ...]:
    match = re.search(r'scope="([^"]{1,300})"', headers.get("www-authenticate", ""))
    return tuple(match[1].replace(",", " ").split()) if match else ()


def _wait_s(headers: Mapping[str, str], message: str, now: float) -> float:
    if "smaller date range" in message:
        return STORE_WAIT_S
    if "concurrency" in message:
        return SHORT_WAIT_S
    retry_after = headers.get("retry-after", "")
    for wait_s in (
        _number(headers.get("x-sentry-rate-limit-reset", "")) - now,
        _number(retry_after),
        _timestamp(retry_after) - now,
    ):
        if math.isfinite(wait_s):
            return min(max(wait_s, MIN_WAIT_S), MAX_WAIT_S)
    return SHORT_WAIT_S


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _timestamp(text: str) -> float:
    """An HTTP date in seconds since the epoch. Sentry sends no `Retry-After`, but a proxy in front of it may."""
    try:
        date = parsedate_to_datetime(text)
        return (date.replace(tzinfo=UTC) if date.tzinfo is None else date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return math.nan
