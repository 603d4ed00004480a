"""The fake Sentry as an ASGI application: routing, authentication, rate limits, faults and the request log."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from starlette.types import Receive, Scope, Send

from dexter_graphql.sandbox.asgi import RawRequest, encode_response, read_request, send_response
from dexter_graphql.sandbox.authentication import authenticate, check_scopes
from dexter_graphql.sandbox.bursts import Burst
from dexter_graphql.sandbox.connection import Connection
from dexter_graphql.sandbox.control import handle_control_request
from dexter_graphql.sandbox.faults import Fault, FaultQueue
from dexter_graphql.sandbox.http import HTTPError, Request, Response, Route, raise_not_found, raise_unknown_path
from dexter_graphql.sandbox.malformed_responses import send_malformed
from dexter_graphql.sandbox.rate_limits import RateLimit, RateLimiter
from dexter_graphql.sandbox.request_log import LoggedRequest, RequestLog
from dexter_graphql.sandbox.routes import all_routes
from dexter_graphql.sandbox.routing import PREFIX, RouteMatch, Router
from dexter_graphql.sandbox.simulation import Simulation
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.webhooks import WebhookSender
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import Token

_RESPONDING = frozenset({"close", "oversize", "trickle", "skew"})
"""Fault kinds that send the correct response in an unusual way."""


@dataclass(slots=True)
class Sandbox:
    """The application. Setting `closing` ends requests that a `hang` fault keeps open."""

    world: World
    router: Router
    webhooks: WebhookSender
    burst: Burst
    latency_ms: float = 0
    limiter: RateLimiter = field(default_factory=RateLimiter)
    requests: RequestLog = field(default_factory=RequestLog)
    faults: FaultQueue = field(default_factory=lambda: FaultQueue(Random(0)))  # noqa: S311 - not a secret
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        raw = await read_request(scope, receive)
        if raw is None:
            return
        if raw.raw_path.startswith("/_sandbox/"):
            await send_response(send, handle_control_request(self, raw.method, raw.path, raw.content))
            return
        match = self.router.match(raw.method, _route_path(raw))
        fault = self.faults.take(raw.method, match.route.path if match else None, raw.path)
        if fault is not None:
            await self.world.clock.sleep(self.faults.draw_delay_s(fault))
        if fault is None or fault.kind == "delay":
            await send_response(send, await self._respond_and_log(raw, match))
        else:
            await self._apply_fault(fault, raw, match, Connection(scope, receive, send))

    async def _apply_fault(
        self, fault: Fault, raw: RawRequest, match: RouteMatch | None, connection: Connection
    ) -> None:
        if fault.kind == "answer":
            response = fault.response()
            self._log(raw, match, response.status)
            await send_response(connection.send, response)
            return
        if fault.kind in _RESPONDING:
            encoded = encode_response(await self._respond_and_log(raw, match))
            await send_malformed(fault, encoded, connection, self.world.clock)
            return
        self._log(raw, match, None)
        if fault.kind == "truncate":
            await connection.send_truncated(encode_response(await self._respond(raw, match)))
            return
        if fault.kind == "hang":
            await self._wait_for_end(connection.receive)
        await connection.reset()

    async def _wait_for_end(self, receive: Receive) -> None:
        """Wait until the client disconnects or the server stops."""
        waits = [asyncio.ensure_future(receive()), asyncio.ensure_future(self.closing.wait())]
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()

    async def _respond_and_log(self, raw: RawRequest, match: RouteMatch | None) -> Response:
        response = await self._respond(raw, match)
        self._log(raw, match, response.status)
        return response

    async def _respond(self, raw: RawRequest, match: RouteMatch | None) -> Response:
        try:
            if match is None:
                return self._respond_unrouted(raw)
            return await self._respond_within_limits(raw, match, authenticate(self.world, raw))
        except HTTPError as error:
            return error.response

    async def _respond_within_limits(self, raw: RawRequest, match: RouteMatch, token: Token) -> Response:
        caller = token.user.id if token.user else token.text
        key = (caller, match.route.path, match.route.method)
        headers = self.limiter.acquire(key, self.world.clock.time())
        try:
            if self.latency_ms:
                await self.world.clock.sleep(self.latency_ms / 1000)
            response = self._handle(raw, match, token)
        except HTTPError as error:
            response = error.response
        finally:
            self.limiter.release(key)
        return Response(
            response.body, response.status, {**headers, **self._deprecation(match.route), **response.headers}
        )

    def _deprecation(self, route: Route) -> dict[str, str]:
        if route.deprecation is None or not self.world.vintage.has(Capability.DEPRECATIONS):
            return {}
        return route.deprecation.headers()

    def _handle(self, raw: RawRequest, match: RouteMatch, token: Token) -> Response:
        check_scopes(match.route, token)
        if raw.is_too_large:
            raise HTTPError(413, {"detail": "Request body is too large."})
        request = Request(self.world, token, raw.path, match.path_params, raw.query, raw.json(), raw.form())
        result = match.route.handler(request)
        return result if isinstance(result, Response) else Response(result)

    def _respond_unrouted(self, raw: RawRequest) -> Response:
        """A redirect for a missing slash, 405 for another method, else 404."""
        path = _route_path(raw)
        methods = self.router.methods(path)
        if methods:
            detail = f'Method "{raw.method}" not allowed.'
            return Response({"detail": detail}, 405, {"Allow": ", ".join(sorted(methods))})
        if path and self.router.methods(f"{path}/"):
            return Response(b"", 301, {"Location": f"{raw.raw_path}/", "Content-Type": "text/html"})
        if self.world.vintage.has(Capability.NOT_FOUND_BODIES):
            raise_not_found()
        if raw.raw_path.endswith("/"):
            raise_unknown_path()
        return Response({"info": "Route not found, did you forget a trailing slash?"}, 404)

    def _log(self, raw: RawRequest, match: RouteMatch | None, status: int | None) -> None:
        token = self.world.tokens.find(raw.bearer_token or "")
        self.requests.append(
            LoggedRequest(
                raw.method,
                match.route.path if match else None,
                raw.path,
                raw.query,
                status,
                token.kind if token else None,
                _body_or_none(raw),
                self.world.clock.time(),
            )
        )


def create_sandbox(
    world: World, *, latency_ms: float = 0, limit: RateLimit | None = None, routes: Iterable[Route] | None = None
) -> Sandbox:
    """The application over a world. `latency_ms` delays every response; `limit` applies to every route."""
    random = Random(world.seed + 2)  # noqa: S311 - not a secret
    served = [route for route in (all_routes() if routes is None else routes) if world.vintage.serves(route.path)]
    limiter = RateLimiter(limit or RateLimit(), is_enabled=world.vintage.has(Capability.RATE_LIMITS))
    webhooks = WebhookSender(world)
    burst = Burst(Simulation(world), webhooks)
    return Sandbox(world, Router(served), webhooks, burst, latency_ms, limiter, faults=FaultQueue(random))


def _route_path(raw: RawRequest) -> str:
    """The path below `/api/0`, empty for paths outside of it."""
    return raw.raw_path.removeprefix(PREFIX) if raw.raw_path.startswith(f"{PREFIX}/") else ""


def _body_or_none(raw: RawRequest) -> object:
    """The JSON of a request, or the texts of a form by name."""
    form = raw.form()
    if form:
        return {part.name: [other.text for other in form if other.name == part.name] for part in form}
    try:
        return raw.json()
    except HTTPError:
        return None
