"""Two Dexter servers over one sandbox and one Redis server, which can be killed and restarted."""

import asyncio
import shutil
import socket
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from dexter_graphql.app import create_app
from dexter_graphql.drills.site import serve
from dexter_graphql.errors import SettingsError
from dexter_graphql.sandbox import SandboxServer, build_world
from dexter_graphql.settings import load_settings

SECRET = "the same long text on every replica"  # noqa: S105  # of servers that run for one drill
START_S = 10.0


def free_port() -> int:
    """A free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class RedisServer:
    """A Redis server process on a free port; it keeps its data only when it is persistent."""

    folder: str
    is_persistent: bool = False
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        """URL of database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        command = shutil.which("redis-server")
        if command is None:
            raise SettingsError("This needs redis-server on the PATH")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        if self.is_persistent:
            options += ["--appendonly", "yes"]
        self.process = await asyncio.create_subprocess_exec(command, *options, stdout=DEVNULL, stderr=DEVNULL)
        async with asyncio.timeout(START_S):
            while not await self._accepts_connections():  # noqa: ASYNC110  # the process signals nothing else
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """Kill the process, as a crash would."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.process = None

    async def _accepts_connections(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


@dataclass(frozen=True, slots=True)
class ReplicaSet:
    """GraphQL URLs of two servers, and the sandbox and the Redis server that they share."""

    graphql_urls: tuple[str, str]
    sandbox: SandboxServer
    redis: RedisServer


@asynccontextmanager
async def run_replicas(seed: int) -> AsyncIterator[ReplicaSet]:
    """Two replicas in mode `open` over a sandbox that sends no webhooks, until the block ends."""
    async with AsyncExitStack() as stack:
        redis = RedisServer(stack.enter_context(tempfile.TemporaryDirectory()))
        await redis.start()
        stack.push_async_callback(redis.kill)
        sandbox = await stack.enter_async_context(SandboxServer(build_world(seed)))
        settings = load_settings(
            sentry_url=sandbox.url,
            sentry_auth_token=sandbox.token,
            mode="open",
            redis_url=redis.url,
            secret=SECRET,
        )
        servers = [create_app(settings, is_sandbox=True) for _ in range(2)]
        first, second = [await stack.enter_async_context(serve(server)) for server in servers]
        yield ReplicaSet((f"{first}/graphql", f"{second}/graphql"), sandbox, redis)
