"""Running the server in a process: listening, signals, the event loop."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from dexter_graphql.app import Dexter
from dexter_graphql.errors import SettingsError
from dexter_graphql.server.protocols import ServerConfig
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.logs import get_log

GC_THRESHOLD = 20_000
"""Allocations between two collections. One operation allocates thousands of objects, nearly all without cycles."""
ADMIN_CONNECTIONS = 100


class Server(uvicorn.Server):
    """Announces that it is ready, and starts draining at the first signal while active requests continue."""

    def __init__(self, config: uvicorn.Config, dexter: Dexter, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._dexter = dexter
        self._announce = announce

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            freeze_gc()
            self._announce()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and finish the requests of all connections that the system has accepted."""
        self._dexter.connections.is_stopping = True
        # A closed socket resets the connections that wait in its queue. The event loop takes them out in one round.
        await asyncio.sleep(0)
        await super().shutdown(sockets)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain and stop; stop at once at the second Ctrl-C.

        The signal is not recorded: uvicorn would raise it again at the end, and a clean stop has exit code 0.
        """
        self._dexter.readiness.draining.set()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def freeze_gc() -> None:
    """Freeze start-up objects, so that the garbage collector skips them, and let it run less often.

    It would traverse some hundred thousand objects of modules and of the schema again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])


class AdminServer(uvicorn.Server):
    """The server of the admin address; the public one handles signals for both."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int, *, setting: str = "DEXTER_PORT") -> socket.socket:
    """Open a listening socket; raises SettingsError that names `setting` when the address is not available."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = error.strerror or "no such address"
        advice = "choose another with --port or --host" if setting == "DEXTER_PORT" else "choose another or 'off'"
        raise SettingsError(f"{setting}: cannot listen on {host}:{port} ({reason}); {advice}") from None
    listener.set_inheritable(True)
    return listener


def listen_admin(settings: Settings) -> socket.socket | None:
    """Open the admin address; None when it is off, or when the default is taken, as by a second server."""
    if settings.admin_address is None:
        return None
    try:
        return listen(*settings.admin_address, setting="DEXTER_ADMIN_LISTEN")
    except SettingsError as error:
        if settings.is_admin_configured:
            raise
        get_log("dexter.start").warning("no metrics", reason=str(error))
        return None


def raise_file_limit() -> None:
    """Allow as many open files, and with them connections, as the system lets this process have."""
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@asynccontextmanager
async def serving_admin(app: ASGIApp, listener: socket.socket | None) -> AsyncIterator[None]:
    """Serve the admin application on `listener`, if there is one, until the block ends."""
    if listener is None:
        yield
        return
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=ADMIN_CONNECTIONS,
        timeout_graceful_shutdown=1,
    )
    server = AdminServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def run(
    dexter: Dexter,
    settings: Settings,
    listener: socket.socket,
    admin_listener: socket.socket | None,
    announce: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then give active requests the drain time.

    `announce` is called once requests are answered and signals are handled.
    """
    raise_file_limit()
    config = ServerConfig(dexter.app, dexter.connections, settings.drain_s)
    async with serving_admin(dexter.admin, admin_listener):
        await Server(config, dexter, announce).serve(sockets=[listener])


def run_in_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end, in uvloop where it is available; Ctrl-C is a normal end."""
    try:
        import uvloop  # noqa: PLC0415  # not everywhere
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)
