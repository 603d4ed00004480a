"""Middleware before all others that answers requests with a known head and a cached answer.

Dashboards send the same bytes again and again, and the way through the other layers costs more than a cached answer.
What is remembered of a head is one fact: the media type of the answer, which was chosen after the head had passed every
check. A check whose result may be remembered depends on the head and on settings only, and says so where it stands.

A request is answered here if

1. its head is, byte for byte, one that passed all checks. Only heads of the harmless headers in `HEADERS` are
   remembered; a head with any other one, such as `Origin`, takes the long way each time;
2. its caller has a credential that is known to be valid. That is looked up for each request: `Authorization` is no
   part of what is remembered, and other credentials pass the limits of the long way;
3. the response cache has a valid answer to the body's bytes for this credential and reach.

Query strings, which may hold the token of an event stream, are no part of what is remembered: requests with one take
the long way. All other requests are passed on unchanged. Nothing is rejected here.
"""

import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.server.middleware.access_log import RECEIVED_AT, AccessLog
from dexter_graphql.server.response_cache import CachedAnswer
from dexter_graphql.server.responses import ANSWER_HEADERS, CHECKED_TYPE, OPERATION, answer_headers

AUTHORIZATION = b"authorization"
OK = HTTPStatus.OK.value
HEADERS = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"cache-control",
        b"connection",
        b"content-length",
        b"content-type",
        b"host",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-proto",
    }
)
"""Headers of a head that is remembered. No credential, origin, priority or request id, nothing unknown."""
MAX_HEADS = 1024
MAX_HEAD_BYTES = 1024
"""Longest head that is remembered."""

Head = tuple[tuple[bytes, bytes], ...]
"""All headers but `Authorization`, in their order."""
FindAnswer = Callable[[bytes | None, bytes], CachedAnswer | None]
"""Identifies the caller by `Authorization` and returns the cached answer to the body, if there is one."""


class KnownRequests:
    """Answers POSTs to `path`. What it answers is logged and counted like any other request, by `access_log`."""

    def __init__(self, app: ASGIApp, path: str, find_answer: FindAnswer, access_log: AccessLog) -> None:
        self._app = app
        self._path = path
        self._find_answer = find_answer
        self._access_log = access_log
        self._media_types: BoundedMap[Head, str] = BoundedMap(MAX_HEADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or pass it on."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self._path or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        scope[RECEIVED_AT] = time.perf_counter()
        head = tuple([header for header in scope["headers"] if header[0] != AUTHORIZATION])
        # Not counted as a use, which costs as much again: a head that was evicted is remembered at its next request.
        media_type = self._media_types.peek(head)
        if media_type is None:
            await self._app(scope, receive, send)
            self._remember(head, scope.get(CHECKED_TYPE))
            return
        message = await receive()
        cached = self._find(scope, head, message)
        if cached is None:
            await self._app(scope, _replay(message, receive), send)
            return
        body = cached.answer.body
        scope[OPERATION] = cached.operation
        headers = (*answer_headers(media_type, len(body)), self._access_log.begin(scope))
        try:
            await send({"type": "http.response.start", "status": OK, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            self._access_log.end(scope, OK)

    def _find(self, scope: Scope, head: Head, message: Message) -> CachedAnswer | None:
        body = message.get("body", b"")
        if message["type"] != "http.request" or message.get("more_body"):
            return None
        headers = scope["headers"]
        credentials = () if len(head) == len(headers) else [value for name, value in headers if name == AUTHORIZATION]
        return self._find_answer(credentials[0] if credentials else None, body)

    def _remember(self, head: Head, media_type: str | None) -> None:
        """Remember a head that passed all checks, for answers that are sent as a whole."""
        if media_type not in ANSWER_HEADERS or any(name not in HEADERS for name, _ in head):
            return
        if sum(len(name) + len(value) for name, value in head) <= MAX_HEAD_BYTES:
            self._media_types.put(head, media_type)


def _replay(message: Message, receive: Receive) -> Receive:
    """Return `receive` with a message before the others."""
    messages = [message]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
