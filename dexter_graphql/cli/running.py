"""Runs an ASGI application until a signal ends it, the way every command does."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn
from typing_extensions import override

from dexter_graphql.app import Dexter
from dexter_graphql.errors import SettingsError
from dexter_graphql.server.protocols import ServerConfig
from dexter_graphql.settings import Settings

GC_THRESHOLD = 20_000
"""Objects made and kept until the collector of cycles looks at them; one operation makes thousands, nearly all of which
go without it."""


class Server(uvicorn.Server):
    """Announces itself when it answers, and begins to drain at the first signal, while what is under way goes on."""

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
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Tell the application, and end; at once for the second Ctrl-C.

        The signal is not remembered: uvicorn would raise it again in the end, and a clean end has exit code 0.
        """
        self._dexter.readiness.draining.set()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def freeze_gc() -> None:
    """Let the collector of cycles pass over what lives as long as the process, and look at the rest less often.

    Some hundred thousand objects of modules and of the schema would be walked through again and again in vain.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises SettingsError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = error.strerror or "no such address"
        raise SettingsError(
            f"DEXTER_PORT: cannot listen on {host}:{port} ({reason}); choose another with --port or --host"
        ) from None
    listener.set_inheritable(True)
    return listener


async def run(dexter: Dexter, settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let what is under way finish within the drain time.

    `announce` is called once requests are answered and signals are heard.
    """
    config = ServerConfig(dexter.app, dexter.connections, settings.drain_s)
    await Server(config, dexter, announce).serve(sockets=[listener])


def run_in_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end in uvloop where there is one; Ctrl-C is a normal end."""
    try:
        import uvloop  # noqa: PLC0415  # not everywhere
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)
