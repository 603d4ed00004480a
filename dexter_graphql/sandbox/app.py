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

from dexter_graphql.sandbox.connection import reset_connection, send_truncated
from dexter_graphql.sandbox.control import handle_control_request
from dexter_graphql.sandbox.faults import Fault, FaultQueue
from dexter_graphql.sandbox.http import NO_PERMISSION, HTTPError, Request, Response, Route, raise_http_error
from dexter_graphql.sandbox.malformed_responses import send_malformed
from dexter_graphql.sandbox.rate_limits import RateLimit, RateLimiter
from dexter_graphql.sandbox.request_log import LoggedRequest, RequestLog
from dexter_graphql.sandbox.routes import all_routes
from dexter_graphql.sandbox.routing import PREFIX, RouteMatch, Router
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import Token

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RawRequest:
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
    limiter: RateLimiter = field(default_factory=RateLimiter)
    requests: RequestLog = field(default_factory=RequestLog)
    faults: FaultQueue = field(default_factory=lambda: FaultQueue(Random(0)))  # noqa: S311 - a die, not a secret
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        raw_request = await _read(scope, receive)
        if raw_request.raw_path.startswith("/_sandbox/"):
            await _send(send, handle_control_request(self, raw_request.method, raw_request.path, raw_request.raw))
            return
        route_path = raw_request.raw_path.removeprefix(PREFIX) if raw_request.raw_path.startswith(f"{PREFIX}/") else ""
        match = self.router.match(raw_request.method, route_path)
        fault = self.faults.take(raw_request.method, match.route.path if match else None, raw_request.path)
        if fault is not None:
            await self.world.clock.sleep(self.faults.delay_s(fault))
        if fault is None or fault.kind == "delay":
            response = await self.response(raw_request, match, route_path)
            self._log(raw_request, match, response.status)
            await _send(send, response)
        else:
            await self._apply_fault(fault, raw_request, match, scope, receive, send)

    async def _apply_fault(  # noqa: PLR0917 - the parts of an ASGI call and what went wrong
        self,
        fault: Fault,
        raw_request: RawRequest,
        match: RouteMatch | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        route_path = raw_request.raw_path.removeprefix(PREFIX)
        if fault.kind == "answer":
            response = fault.response()
            self._log(raw_request, match, response.status)
            await _send(send, response)
            return
        if fault.kind in {"close", "oversize", "trickle", "skew"}:
            response = await self.response(raw_request, match, route_path)
            self._log(raw_request, match, response.status)
            await send_malformed(fault, _encode(response), scope, send, self.world.clock)
            return
        self._log(raw_request, match, None)
        if fault.kind == "hang":
            await self._hang(receive)
        elif fault.kind == "truncate":
            await send_truncated(scope, receive, send, _encode(await self.response(raw_request, match, route_path)))
            return
        await reset_connection(scope, receive)

    async def _hang(self, receive: Receive) -> None:
        """Wait until the caller gives up or the server stops."""
        waits = [asyncio.ensure_future(receive()), asyncio.ensure_future(self.closing.wait())]
        _, waiting = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waiting:
            wait.cancel()

    async def response(self, raw_request: RawRequest, match: RouteMatch | None, route_path: str) -> Response:
        """The answer to a request, refusals included."""
        try:
            if match is None:
                return self._respond_unrouted(raw_request, route_path)
            token = _authenticate(self.world, raw_request)
            return await self._respond_within_limits(raw_request, match, token)
        except HTTPError as refusal:
            return refusal.response

    async def _respond_within_limits(self, raw_request: RawRequest, match: RouteMatch, token: Token) -> Response:
        caller = token.user.id if token.user else token.text
        key = (caller, match.route.path, match.route.method)
        headers = self.limiter.acquire(key, self.world.clock.time())
        try:
            if self.latency_ms:
                await self.world.clock.sleep(self.latency_ms / 1000)
            response = self._handle(raw_request, match, token)
        except HTTPError as refusal:
            response = refusal.response
        finally:
            self.limiter.release(key)
        deprecation = match.route.deprecation
        extra = deprecation.headers() if deprecation else {}
        return Response(response.body, response.status, {**headers, **extra, **response.headers})

    def _handle(self, raw_request: RawRequest, match: RouteMatch, token: Token) -> Response:
        _check_scopes(match.route, token)
        body = _decode(raw_request)
        request = Request(
            self.world,
            token,
            match.route,
            raw_request.path,
            match.path_params,
            raw_request.query,
            body,
            raw_request.raw,
            raw_request.headers,
        )
        result = match.route.handler(request)
        return result if isinstance(result, Response) else Response(result)

    def _respond_unrouted(self, raw_request: RawRequest, route_path: str) -> Response:
        """A missing slash is a redirect, another method a 405, all else a 404."""
        methods = self.router.methods(route_path)
        if methods:
            detail = f'Method "{raw_request.method}" not allowed.'
            return Response({"detail": detail}, 405, {"Allow": ", ".join(sorted(methods))})
        if route_path and self.router.methods(f"{route_path}/"):
            return Response(b"", 301, {"Location": f"{raw_request.raw_path}/", "Content-Type": "text/html"})
        return Response({"detail": "The requested resource does not exist"}, 404)

    def _log(self, raw_request: RawRequest, match: RouteMatch | None, status: int | None) -> None:
        token = self.world.tokens.find(_bearer_token(raw_request.headers) or "")
        body = _decode_or_none(raw_request)
        route = match.route.path if match else None
        kind = token.kind if token else None
        self.requests.append(
            LoggedRequest(
                raw_request.method,
                route,
                raw_request.path,
                raw_request.query,
                status,
                kind,
                body,
                self.world.clock.time(),
            )
        )


def create_sandbox(
    world: World, *, latency_ms: float = 0, limit: RateLimit | None = None, routes: Iterable[Route] | None = None
) -> Sandbox:
    """The application over a world; `latency_ms` is added to every answer, `limit` holds for every route."""
    random = Random(world.seed + 2)  # noqa: S311 - a die, not a secret
    router = Router(all_routes() if routes is None else routes)
    return Sandbox(world, router, latency_ms, RateLimiter(limit or RateLimit()), faults=FaultQueue(random))


async def _read(scope: Scope, receive: Receive) -> RawRequest:
    raw = bytearray()
    while True:
        message = await receive()
        raw += message.get("body", b"")
        if len(raw) > MAX_BODY_BYTES or not message.get("more_body", False):
            break
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return RawRequest(scope["method"], scope["path"], raw_path, query, headers, bytes(raw))


def _bearer_token(headers: Mapping[str, str]) -> str | None:
    kind, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def _authenticate(world: World, raw_request: RawRequest) -> Token:
    text = _bearer_token(raw_request.headers)
    if text is None:
        raise_http_error(401, "Authentication credentials were not provided.")
    token = world.tokens.find(text)
    if token is None:
        raise_http_error(401, "Invalid token")
    if token.is_expired:
        raise_http_error(401, "Token expired")
    return token


def _check_scopes(route: Route, token: Token) -> None:
    if route.scopes and not route.scopes & token.scopes:
        needed = " ".join(sorted(route.scopes))
        challenge = f'Bearer error="insufficient_scope", scope="{needed}"'
        raise HTTPError(403, {"detail": NO_PERMISSION}, {"WWW-Authenticate": challenge})


def _is_json(raw_request: RawRequest) -> bool:
    return "json" in raw_request.headers.get("content-type", "application/json")


def _decode(raw_request: RawRequest) -> object:
    if not raw_request.raw or not _is_json(raw_request):
        return None
    try:
        return msgspec.json.decode(raw_request.raw)
    except msgspec.DecodeError as error:
        raise HTTPError(400, {"detail": f"JSON parse error - {error}"}) from None


def _decode_or_none(raw_request: RawRequest) -> object:
    try:
        return _decode(raw_request)
    except HTTPError:
        return None


def _encode(response: Response) -> tuple[int, dict[str, str], bytes]:
    if isinstance(response.body, bytes):
        return response.status, {"Content-Type": "application/octet-stream", **response.headers}, response.body
    body = b"" if response.body is None and response.status != 200 else msgspec.json.encode(response.body)  # noqa: PLR2004
    return response.status, {"Content-Type": "application/json", **response.headers}, body


async def _send(send: Send, response: Response) -> None:
    status, headers, body = _encode(response)
    pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    if status != 204:  # noqa: PLR2004 - the status without a body
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
