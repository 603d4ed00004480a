"""The fake Sentry as an ASGI application: routing, tokens, scopes, limits, faults and the log of requests.

Knows no noun: those are in `routes`. `/_sandbox/` is for tests and not part of Sentry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from dexter_graphql.sandbox.connection import answer_half, cut
from dexter_graphql.sandbox.control import control
from dexter_graphql.sandbox.faults import Fault, Faults
from dexter_graphql.sandbox.http import NO_PERMISSION, Answer, Call, Refusal, Route, refuse
from dexter_graphql.sandbox.malformed_responses import send_oddly
from dexter_graphql.sandbox.rate_limits import Limit, Limiter
from dexter_graphql.sandbox.request_log import Request, RequestLog
from dexter_graphql.sandbox.routes import all_routes
from dexter_graphql.sandbox.routing import PREFIX, Match, Router
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import Token

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came, before anyone looked who sent it."""

    method: str
    path: str
    raw_path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    raw: bytes


@dataclass(slots=True)
class Sandbox:
    """The application. `closing` is set when the server stops, which lets hanging calls go."""

    world: World
    router: Router
    latency_ms: float = 0
    limiter: Limiter = field(default_factory=Limiter)
    requests: RequestLog = field(default_factory=RequestLog)
    faults: Faults = field(default_factory=lambda: Faults(Random(0)))  # noqa: S311 - a die, not a secret
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        incoming = await _read(scope, receive)
        if incoming.raw_path.startswith("/_sandbox/"):
            await _send(send, control(self, incoming.method, incoming.path, incoming.raw))
            return
        below = incoming.raw_path.removeprefix(PREFIX) if incoming.raw_path.startswith(f"{PREFIX}/") else ""
        match = self.router.find(incoming.method, below)
        fault = self.faults.take(incoming.method, match.route.path if match else None, incoming.path)
        if fault is not None:
            await self.world.clock.sleep(self.faults.delay_s(fault))
        if fault is None or fault.kind == "delay":
            answer = await self.answer(incoming, match, below)
            self._log(incoming, match, answer.status)
            await _send(send, answer)
        else:
            await self._fail(fault, incoming, match, scope, receive, send)

    async def _fail(  # noqa: PLR0917 - the parts of an ASGI call and what went wrong
        self, fault: Fault, incoming: Incoming, match: Match | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        below = incoming.raw_path.removeprefix(PREFIX)
        if fault.kind == "answer":
            answer = fault.answer()
            self._log(incoming, match, answer.status)
            await _send(send, answer)
            return
        if fault.kind in {"close", "oversize", "trickle", "skew"}:
            answer = await self.answer(incoming, match, below)
            self._log(incoming, match, answer.status)
            await send_oddly(fault, _encode(answer), scope, send, self.world.clock)
            return
        self._log(incoming, match, None)
        if fault.kind == "hang":
            await self._hang(receive)
        elif fault.kind == "truncate":
            await answer_half(scope, receive, send, _encode(await self.answer(incoming, match, below)))
            return
        await cut(scope, receive)

    async def _hang(self, receive: Receive) -> None:
        """Wait until the caller gives up or the server stops."""
        waits = [asyncio.ensure_future(receive()), asyncio.ensure_future(self.closing.wait())]
        _, waiting = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waiting:
            wait.cancel()

    async def answer(self, incoming: Incoming, match: Match | None, below: str) -> Answer:
        """The answer to a request, refusals included."""
        try:
            if match is None:
                return self._no_route(incoming, below)
            token = _authenticate(self.world, incoming)
            return await self._limited(incoming, match, token)
        except Refusal as refusal:
            return refusal.answer

    async def _limited(self, incoming: Incoming, match: Match, token: Token) -> Answer:
        caller = token.user.id if token.user else token.text
        key = (caller, match.route.path, match.route.method)
        headers = self.limiter.enter(key, self.world.clock.time())
        try:
            if self.latency_ms:
                await self.world.clock.sleep(self.latency_ms / 1000)
            answer = self._handle(incoming, match, token)
        except Refusal as refusal:
            answer = refusal.answer
        finally:
            self.limiter.leave(key)
        deprecation = match.route.deprecation
        extra = deprecation.headers() if deprecation else {}
        return Answer(answer.body, answer.status, {**headers, **extra, **answer.headers})

    def _handle(self, incoming: Incoming, match: Match, token: Token) -> Answer:
        _check_scopes(match.route, token)
        body = _decode(incoming)
        call = Call(
            self.world,
            token,
            match.route,
            incoming.path,
            match.parameters,
            incoming.query,
            body,
            incoming.raw,
            incoming.headers,
        )
        result = match.route.handler(call)
        return result if isinstance(result, Answer) else Answer(result)

    def _no_route(self, incoming: Incoming, below: str) -> Answer:
        """A missing slash is a redirect, another method a 405, all else a 404."""
        methods = self.router.methods(below)
        if methods:
            detail = f'Method "{incoming.method}" not allowed.'
            return Answer({"detail": detail}, 405, {"Allow": ", ".join(sorted(methods))})
        if below and self.router.methods(f"{below}/"):
            return Answer(b"", 301, {"Location": f"{incoming.raw_path}/", "Content-Type": "text/html"})
        return Answer({"detail": "The requested resource does not exist"}, 404)

    def _log(self, incoming: Incoming, match: Match | None, status: int | None) -> None:
        token = self.world.tokens.find(_bearer(incoming.headers) or "")
        body = _decode_or_none(incoming)
        route = match.route.path if match else None
        kind = token.kind if token else None
        self.requests.append(
            Request(incoming.method, route, incoming.path, incoming.query, status, kind, body, self.world.clock.time())
        )


def create_sandbox(
    world: World, *, latency_ms: float = 0, limit: Limit | None = None, routes: Iterable[Route] | None = None
) -> Sandbox:
    """The application over a world; `latency_ms` is added to every answer, `limit` holds for every route."""
    random = Random(world.seed + 2)  # noqa: S311 - a die, not a secret
    router = Router(all_routes() if routes is None else routes)
    return Sandbox(world, router, latency_ms, Limiter(limit or Limit()), faults=Faults(random))


async def _read(scope: Scope, receive: Receive) -> Incoming:
    raw = bytearray()
    while True:
        message = await receive()
        raw += message.get("body", b"")
        if len(raw) > MAX_BODY_BYTES or not message.get("more_body", False):
            break
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Incoming(scope["method"], scope["path"], raw_path, query, headers, bytes(raw))


def _bearer(headers: Mapping[str, str]) -> str | None:
    kind, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def _authenticate(world: World, incoming: Incoming) -> Token:
    text = _bearer(incoming.headers)
    if text is None:
        refuse(401, "Authentication credentials were not provided.")
    token = world.tokens.find(text)
    if token is None:
        refuse(401, "Invalid token")
    if token.is_expired:
        refuse(401, "Token expired")
    return token


def _check_scopes(route: Route, token: Token) -> None:
    if route.scopes and not route.scopes & token.scopes:
        needed = " ".join(sorted(route.scopes))
        challenge = f'Bearer error="insufficient_scope", scope="{needed}"'
        raise Refusal(403, {"detail": NO_PERMISSION}, {"WWW-Authenticate": challenge})


def _is_json(incoming: Incoming) -> bool:
    return "json" in incoming.headers.get("content-type", "application/json")


def _decode(incoming: Incoming) -> object:
    if not incoming.raw or not _is_json(incoming):
        return None
    try:
        return msgspec.json.decode(incoming.raw)
    except msgspec.DecodeError as error:
        raise Refusal(400, {"detail": f"JSON parse error - {error}"}) from None


def _decode_or_none(incoming: Incoming) -> object:
    try:
        return _decode(incoming)
    except Refusal:
        return None


def _encode(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    if isinstance(answer.body, bytes):
        return answer.status, {"Content-Type": "application/octet-stream", **answer.headers}, answer.body
    body = b"" if answer.body is None and answer.status != 200 else msgspec.json.encode(answer.body)  # noqa: PLR2004
    return answer.status, {"Content-Type": "application/json", **answer.headers}, body


async def _send(send: Send, answer: Answer) -> None:
    status, headers, body = _encode(answer)
    pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    if status != 204:  # noqa: PLR2004 - the status without a body
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
