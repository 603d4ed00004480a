"""Knows how a call is written in HTTP/1.1; knows no connection."""

import re
from urllib.parse import quote_plus

from dexter_graphql.sentry.call import Call
from dexter_graphql.sentry.errors import BadRequest, Unauthorized

SAFE = "!$'()*,/:?@"
"""Stands in a query as it is, besides letters, digits and `_.-~`."""
PLAIN = re.compile(rf"[\w.~{SAFE}-]*", re.ASCII)


def encode_request(call: Call, origin: str) -> bytes:
    """The request, head and body; `origin` holds the lines that all requests to a host have, with their ends.

    Raises a SentryError when a part of it would end its line and begin another one.
    """
    target = call.path
    if call.query:
        target += "?" + "&".join([f"{_quote(name)}={_quote(value)}" for name, value in call.query])
    if not _is_one_word(target):
        raise BadRequest("An address with such characters cannot be asked for", title=call.title)
    if not _is_one_word(call.upstream.token):
        raise Unauthorized("The token has characters that no token has", title=call.title)
    head = f"{call.method} {target} HTTP/1.1\r\n{origin}Authorization: Bearer {call.upstream.token}\r\n"
    if call.body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(call.body)}\r\n\r\n"
        return head.encode() + call.body
    return (head + ("\r\n" if call.method == "GET" else "Content-Length: 0\r\n\r\n")).encode()


def _quote(text: str) -> str:
    return text if PLAIN.fullmatch(text) else quote_plus(text, safe=SAFE, errors="ignore")


def _is_one_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
