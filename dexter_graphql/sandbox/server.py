"""HTTP server of the sandbox inside the current event loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import uvicorn

from dexter_graphql.sandbox.app import Sandbox, create_sandbox
from dexter_graphql.sandbox.connection import InspectableProtocol
from dexter_graphql.sandbox.faults import FaultQueue
from dexter_graphql.sandbox.rate_limits import RateLimit
from dexter_graphql.sandbox.request_log import RequestLog
from dexter_graphql.sandbox.simulation import Simulation
from dexter_graphql.sandbox.webhooks import WebhookSender
from dexter_graphql.sandbox.world.build import build_world
from dexter_graphql.sandbox.world.state import World


class QuietServer(uvicorn.Server):
    """A uvicorn server without signal handlers that signals readiness and stops without waiting for the next tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Update the `Date` header every second until the server is stopped."""
        while not self.ended.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, finish active requests and shut the application down."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(0.002)
        for task in state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening and signal readiness."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handling to the process."""
        yield


def _listen(address: tuple[str, int]) -> socket.socket:
    """A listening socket. asyncio disables Nagle's algorithm only when the protocol number is TCP's."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


class SandboxServer:
    """A fake Sentry at `url`, used as an async context manager or through `start` and `stop`.

    Port 0 picks a free one. Without a `world` it builds one from the default seed and the system clock. `webhook_url`
    receives the webhooks of organization acme; `events_per_second` above 0 starts the simulation.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency_ms: float = 0,
        limit: RateLimit | None = None,
        webhook_url: str | None = None,
        events_per_second: float = 0,
    ) -> None:
        self.world = world or build_world()
        self.app: Sandbox = create_sandbox(self.world, latency_ms=latency_ms, limit=limit)
        self.webhooks: WebhookSender = self.app.webhooks
        self.simulation = Simulation(self.world)
        self._events_per_second = events_per_second
        if webhook_url:
            self.webhooks.set_url(webhook_url)
        self._address = (host, port)
        self._server: QuietServer | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Base URL without a trailing slash."""
        return self.world.url

    @property
    def token(self) -> str:
        """The admin token, which has all scopes."""
        return self.world.tokens.admin.text

    @property
    def requests(self) -> RequestLog:
        """The log of received requests."""
        return self.app.requests

    @property
    def faults(self) -> FaultQueue:
        """The active faults."""
        return self.app.faults

    async def start(self) -> Self:
        """Start listening; returns when connections are accepted."""
        listener = _listen(self._address)
        host, port = listener.getsockname()[:2]
        self.world.url = f"http://{host}:{port}"
        config = uvicorn.Config(
            self.app,
            http=InspectableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        self._server = QuietServer(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="sandbox")
        await self._server.ready.wait()
        await self.webhooks.start()
        if self._events_per_second:
            await self.simulation.start(self._events_per_second)
        return self

    async def stop(self) -> None:
        """End hanging requests, finish the others and stop listening; safe to call twice."""
        if self._server is None or self._serving is None:
            return
        await self.app.burst.stop()
        await self.simulation.stop()
        await self.webhooks.stop()
        self.app.closing.set()
        self._server.should_exit = True
        self._server.ended.set()
        await self._serving
        self._server = self._serving = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
