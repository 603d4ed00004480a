"""Knows how Sentry's refusals look on the wire, and which error of the tree each one is."""

import math
import re
from collections.abc import Mapping
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
    Moved,
    NotFound,
    RateLimited,
    SentryError,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)

SLUG = re.compile(r"[a-z0-9_-]{1,100}")
MAX_TEXT = 300
SHORT_WAIT_S = 1.0
"""Wait after a refusal that names no time: the concurrency limit, or a window without its header."""
MIN_WAIT_S = 0.1
MAX_WAIT_S = 3600.0
MAX_DEPTH = 8
"""Levels of a refusal that are read; a serializer's own nesting is three or four."""
STORE_WAIT_S = 30.0
"""Wait after the analytics store refused: the same question soon after does not help."""
KINDS: Mapping[int, type[ClientError]] = MappingProxyType({401: Unauthorized, 404: NotFound, 409: Conflict})
FEATURE = re.compile(r"feature|upgrade|plan", re.IGNORECASE)
PROJECTS = re.compile(r"multi project|multiple projects")
"""Refusal of queries over several projects, as 400 or 403, where the plan allows one; writes mean it."""
HIDDEN = b"[hidden]"
"""Stands for the credential of the call where an answer repeats it."""
PAGE = "A page came instead of an answer of Sentry's API"


def error_for(call: Call, status: int, headers: Mapping[str, str], body: bytes, now: float) -> SentryError:
    """The error that an answer with this status means; header names in lower case."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"Sentry answered {status}", title=call.title, status=status)
    data = _json(body.replace(call.upstream.token.encode(), HIDDEN) if call.upstream.token else body)
    if status < HTTPStatus.BAD_REQUEST:
        return _moved(call, status, data)
    if is_html(body) and status != HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable(PAGE, title=call.title, status=status)
    message = _message(data, status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(message, retry_after=_wait(headers, message, now), title=call.title, headers=headers)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return UpstreamTimeout(message, title=call.title, status=status)
    return _client_error(call, status, headers, data, message)


def _client_error(call: Call, status: int, headers: Mapping[str, str], data: Any, message: str) -> SentryError:
    code = _detail_code(data)
    is_query = call.method == "GET" and status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}
    if is_query and PROJECTS.search(message):
        return FeatureUnavailable(message, title=call.title, status=status, detail_code=code)
    if status == HTTPStatus.BAD_REQUEST:
        return _bad_request(call, data, message, code)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(message, title=call.title, detail_code=code, scopes=_scopes(headers))
    if status == HTTPStatus.GONE:
        replacement = headers.get("x-sentry-replacement-endpoint")
        return Gone(message, title=call.title, replacement=replacement and replacement[:MAX_TEXT])
    return KINDS.get(status, ClientError)(message, title=call.title, status=status, detail_code=code)


def is_html(body: bytes) -> bool:
    """True for a page, which comes from a proxy or a login form and never from the API."""
    return body[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


def _bad_request(call: Call, data: Any, message: str, code: str | None) -> SentryError:
    detail = data.get("detail") if isinstance(data, dict) else None
    if isinstance(detail, list) and FEATURE.search(message):
        return FeatureUnavailable(message, title=call.title, status=400, detail_code=code)
    is_wrapped = isinstance(detail, dict) and detail.keys().isdisjoint({"code", "message"})
    return BadRequest(message, title=call.title, detail_code=code, fields=_fields(detail if is_wrapped else data))


def _moved(call: Call, status: int, data: Any) -> SentryError:
    detail = data.get("detail") if isinstance(data, dict) else None
    extra = detail.get("extra") if isinstance(detail, dict) else None
    found = [source.get("slug") for source in (data, extra) if isinstance(source, dict)]
    slug = next((value for value in found if isinstance(value, str) and SLUG.fullmatch(value)), None)
    if slug is None:
        return BadResponse("Sentry redirected the request; redirects are not followed", title=call.title, status=status)
    return Moved(f"It has been renamed to '{slug}'", slug=slug, title=call.title, status=status)


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _message(data: Any, status: int) -> str:
    text = _text(data)
    return text[:MAX_TEXT] if text else f"Sentry refused the request with status {status}"


def _text(data: Any, depth: int = 0) -> str:
    """The first sentence in any of the forms that Sentry's refusals have."""
    if isinstance(data, str):
        return data
    if depth > MAX_DEPTH:
        return ""
    if isinstance(data, list):
        return "; ".join(found for item in data[:10] if (found := _text(item, depth + 1)))
    if not isinstance(data, dict):
        return ""
    for key in ("detail", "message", "nonFieldErrors", "non_field_errors", "error"):
        if key in data and (found := _text(data[key], depth + 1)):
            return found
    return "; ".join(
        f"{name}: {found}" for name, value in list(data.items())[:10] if (found := _text(value, depth + 1))
    )


def _detail_code(data: Any) -> str | None:
    detail = data.get("detail") if isinstance(data, dict) else None
    code = detail.get("code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) else None


def _fields(data: Any, prefix: str = "", depth: int = 0) -> dict[str, tuple[str, ...]]:
    """Messages by member, nested members with dots; empty when the refusal is general."""
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(data, dict) or depth > MAX_DEPTH or (not prefix and isinstance(data.get("detail"), str)):
        return found
    for name, value in list(data.items())[:50]:
        if name in {"nonFieldErrors", "non_field_errors", "detail"}:
            continue
        if isinstance(value, dict):
            found |= _fields(value, f"{prefix}{name}.", depth + 1)
        elif texts := tuple(text[:MAX_TEXT] for item in _listed(value) if (text := _text(item, depth + 1))):
            found[f"{prefix}{name}"] = texts
    return found


def _listed(value: Any) -> list[Any]:
    return value[:10] if isinstance(value, list) else [value]


def _scopes(headers: Mapping[str, str]) -> tuple[str, ...]:
    match = re.search(r'scope="([^"]{1,300})"', headers.get("www-authenticate", ""))
    return tuple(match[1].replace(",", " ").split()) if match else ()


def _wait(headers: Mapping[str, str], message: str, now: float) -> float:
    if "smaller date range" in message:
        return STORE_WAIT_S
    if "concurrency" in message:
        return SHORT_WAIT_S
    for seconds in (_number(headers, "x-sentry-rate-limit-reset") - now, _number(headers, "retry-after")):
        if math.isfinite(seconds):
            return min(max(seconds, MIN_WAIT_S), MAX_WAIT_S)
    return SHORT_WAIT_S


def _number(headers: Mapping[str, str], name: str) -> float:
    """The header as a number; Sentry sends no `Retry-After`, but a proxy before it does, at times as a date."""
    try:
        return float(headers[name])
    except (KeyError, ValueError):
        return math.nan
