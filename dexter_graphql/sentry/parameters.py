"""Query parameters and bodies of requests to Sentry, and what may not be sent in them."""

from collections.abc import Sequence

import msgspec

from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import InvalidParameter

MAX_SEARCH_BYTES = 4096
"""Bytes of a search text that a client wrote."""


class BatchSearch(str):
    """A search text that we composed of many keys; it may be longer than what a client may write."""

    __slots__ = ()


def check_query(endpoint: Endpoint, query: Sequence[tuple[str, str]]) -> None:
    """Raise InvalidParameter for an unpaired surrogate or a search text that is too long."""
    for name, value in query:
        try:
            size_bytes = len(value) if value.isascii() else len(value.encode())
        except UnicodeEncodeError:
            raise InvalidParameter(f"`{name}` contains an unpaired surrogate", title=endpoint.title) from None
        if name == "query" and size_bytes > MAX_SEARCH_BYTES and not isinstance(value, BatchSearch):
            message = f"The search text has {size_bytes} bytes; at most {MAX_SEARCH_BYTES} are allowed"
            raise InvalidParameter(message, title=endpoint.title)


def encode_body(endpoint: Endpoint, body: object) -> bytes:
    """The JSON of a request body; raises InvalidParameter for an unpaired surrogate."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        raise InvalidParameter("The input contains an unpaired surrogate", title=endpoint.title) from None
