"""Knows how Sentry's refusals look on the wire, and which error of the tree each one is."""

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
    Conflict,
    FeatureUnavailable,
    Forbidden,
    Gone,
    Moved,
    NotFound,
    RateLimited,
    Refused,
    SentryError,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)

SLUG = re.compile(r"[a-z0-9_-]{1,100}")
MAX_TEXT = 300
SHORT_WAIT_S = 1.0
"""Wait after a refusal that names no time: the concurrency limit, or a window without its header."""
MAX_WAIT_S = 3600.0
STORE_WAIT_S = 30.0
"""Wait after the analytics store refused: the same question soon after does not help."""
KINDS: Mapping[int, type[Refused]] = MappingProxyType({401: Unauthorized, 404: NotFound, 409: Conflict})
FEATURE = re.compile(r"feature|upgrade|plan", re.IGNORECASE)


def refusal(call: Call, status: int, headers: Mapping[str, str], body: bytes, now: float) -> SentryError:
    """The error that an answer with this status means; header names in lower case."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"Sentry answered {status}", title=call.title, status=status)
    data = _json(body)
    if status < HTTPStatus.BAD_REQUEST:
        return _moved(call, status, data)
    message = _message(data, status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(message, retry_after=_wait(headers, message, now), title=call.title)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return UpstreamTimeout(message, title=call.title, status=status)
    return _refused(call, status, headers, data, message)


def _refused(call: Call, status: int, headers: Mapping[str, str], data: Any, message: str) -> SentryError:
    code = _detail_code(data)
    if status == HTTPStatus.BAD_REQUEST:
        return _bad_request(call, data, message, code)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(message, title=call.title, detail_code=code, scopes=_scopes(headers))
    if status == HTTPStatus.GONE:
        replacement = headers.get("x-sentry-replacement-endpoint")
        return Gone(message, title=call.title, replacement=replacement and replacement[:MAX_TEXT])
    return KINDS.get(status, Refused)(message, title=call.title, status=status, detail_code=code)


def is_html(body: bytes) -> bool:
    """True for a page, which comes from a proxy or a login form and never from the API."""
    return body[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


def _bad_request(call: Call, data: Any, message: str, code: str | None) -> SentryError:
    detail = data.get("detail") if isinstance(data, dict) else None
    if isinstance(detail, list) and FEATURE.search(message):
        return FeatureUnavailable(message, title=call.title, status=400, detail_code=code)
    if "multi project" in message or "multiple projects" in message:
        return FeatureUnavailable(message, title=call.title, status=400, detail_code=code)
    return BadRequest(message, title=call.title, detail_code=code, fields=_fields(data))


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
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _message(data: Any, status: int) -> str:
    text = _text(data)
    return text[:MAX_TEXT] if text else f"Sentry refused the request with status {status}"


def _text(data: Any) -> str:
    """The first sentence in any of the forms that Sentry's refusals have."""
    if isinstance(data, str):
        return data
    if isinstance(data, list):
        return "; ".join(item for item in data if isinstance(item, str))
    if not isinstance(data, dict):
        return ""
    for key in ("detail", "message", "nonFieldErrors", "non_field_errors", "error"):
        if key in data and (found := _text(data[key])):
            return found
    return "; ".join(f"{name}: {found}" for name, value in list(data.items())[:10] if (found := _text(value)))


def _detail_code(data: Any) -> str | None:
    detail = data.get("detail") if isinstance(data, dict) else None
    code = detail.get("code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) else None


def _fields(data: Any, prefix: str = "") -> dict[str, tuple[str, ...]]:
    """Messages by member, nested members with dots; empty when the refusal is general."""
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(data, dict) or (not prefix and isinstance(data.get("detail"), str)):
        return found
    for name, value in list(data.items())[:50]:
        if name in {"nonFieldErrors", "non_field_errors", "detail"}:
            continue
        if isinstance(value, dict):
            found |= _fields(value, f"{prefix}{name}.")
        elif text := _text(value):
            found[f"{prefix}{name}"] = (text[:MAX_TEXT],)
    return found


def _scopes(headers: Mapping[str, str]) -> tuple[str, ...]:
    match = re.search(r'scope="([^"]{1,300})"', headers.get("www-authenticate", ""))
    return tuple(match[1].replace(",", " ").split()) if match else ()


def _wait(headers: Mapping[str, str], message: str, now: float) -> float:
    if "smaller date range" in message:
        return STORE_WAIT_S
    if "concurrency" in message:
        return SHORT_WAIT_S
    try:
        return min(max(float(headers["x-sentry-rate-limit-reset"]) - now, 0.1), MAX_WAIT_S)
    except (KeyError, ValueError):
        return SHORT_WAIT_S
