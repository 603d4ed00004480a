"""Address, headers and body of a call in HTTP."""

import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus

from yarl import URL

from dexter_graphql.sentry.call import Call
from dexter_graphql.sentry.errors import BadRequest, Unauthorized

SAFE = "!$'()*,/:?@"
"""Characters that a query holds unencoded, besides letters, digits and `_.-~`."""
UNRESERVED = re.compile(rf"[\w.~{SAFE}-]*", re.ASCII)


MAX_ORIGINS = 256
"""Parsed origins that are remembered."""


class EncodedRequest(NamedTuple):
    """What differs from call to call in a request."""

    url: URL
    headers: dict[str, str]
    body: bytes | AsyncIterator[bytes] | None = None


def encode_request(call: Call) -> EncodedRequest:
    """The encoded address of the call, its own headers and its body.

    Raises a SentryError for characters that would end a line of the request and begin another one.
    """
    query = "&".join([f"{_quote(name)}={_quote(value)}" for name, value in call.query])
    if not _is_printable_ascii(call.path):
        raise BadRequest("The address contains invalid characters", title=call.title)
    if not _is_printable_ascii(call.upstream.token):
        raise Unauthorized("The token contains invalid characters", title=call.title)
    headers = {"Authorization": f"Bearer {call.upstream.token}"} if call.upstream.token else {}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    origin = _origin(call.host)
    url = URL.build(
        scheme=origin.scheme,
        authority=origin.raw_authority,
        path=call.path,
        query_string=query,
        encoded=True,
    )
    return EncodedRequest(url, headers, call.body)


@lru_cache(MAX_ORIGINS)
def _origin(host: str) -> URL:
    return URL(host)


def _quote(text: str) -> str:
    return text if UNRESERVED.fullmatch(text) else quote_plus(text, safe=SAFE, errors="ignore")


def _is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
