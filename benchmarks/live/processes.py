"""Server processes that can be killed and started again, with their CPU time and memory."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import aiohttp

from benchmarks.processes import FOREIGN, ROOT, BenchmarkError
from dexter_graphql.drills.replicas import free_port

START_S = 60.0
POLL_S = 0.02
NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class Server:
    """A server process on a port of the loopback that stays the same when it is started again."""

    command: Sequence[str]
    environment: Mapping[str, str]
    session: aiohttp.ClientSession
    ready_path: str = "/health/ready"
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    process: Process | None = None
    log: IO[bytes] = field(default_factory=TemporaryFile)
    """Standard error of the process."""

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Id of the running process."""
        if self.process is None:
            raise BenchmarkError("the server is not running")
        return self.process.pid

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        admin = {"DEXTER_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}"}
        command = (sys.executable, "-m", *self.command, "--port", str(self.port))
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env={**inherited, **admin, **self.environment}, stdout=PIPE, stderr=self.log
        )
        async with asyncio.timeout(START_S):
            while not await self._is_ready():
                if self.process.returncode is not None:
                    raise BenchmarkError(f"{' '.join(self.command)} ended: {self.logged()[-5:]}")
                await asyncio.sleep(POLL_S)

    async def _is_ready(self) -> bool:
        try:
            async with self.session.get(self.url + self.ready_path) as response:
                return response.status == 200  # noqa: PLR2004  # OK
        except aiohttp.ClientError:
            return False

    async def kill(self) -> None:
        """End the process without warning."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Let the process drain and end; does nothing when it is not running."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.communicate()
        self.process = None

    def logged(self) -> list[str]:
        """The lines that the process has logged, which are errors."""
        self.log.seek(0)
        return self.log.read().decode().splitlines()

    def cpu_s(self) -> float:
        """CPU time of the process so far, user and system, all threads."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / NANOSECONDS

    def memory_kib(self) -> float:
        """Resident memory of the process."""
        values = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return float(values["VmRSS"].split(maxsplit=1)[0])

    async def metric(self, name: str) -> float:
        """Sum of all samples of a metric on the admin address."""
        async with self.session.get(f"http://127.0.0.1:{self.admin_port}/metrics") as response:
            lines = (await response.text()).splitlines()
        samples = [line.rpartition(" ") for line in lines if line.split("{", 1)[0].split(" ", 1)[0] == name]
        return sum(float(value) for _, _, value in samples)


@dataclass(slots=True)
class SandboxProcess(Server):
    """The sandbox in its own process, and its control API."""

    token: str = ""
    secret: str = ""

    async def read_credentials(self) -> None:
        """Read the admin token and the secret of webhooks that the process printed."""
        if self.process is None or self.process.stdout is None:
            raise BenchmarkError("the sandbox is not running")
        lines = [(await self.process.stdout.readline()).decode().split() for _ in range(3)]
        self.token, self.secret = lines[1][-1], lines[2][-1]

    async def control(self, method: str, path: str, **body: Any) -> Any:
        """Answer of the control API."""
        url = f"{self.url}/_sandbox/{path}"
        async with self.session.request(method, url, json=body if method == "POST" else None) as response:
            text = await response.text()
            if not response.ok:
                raise BenchmarkError(f"{method} {path}: {text}")
            return await response.json() if text else None


@asynccontextmanager
async def run_sandbox(session: aiohttp.ClientSession) -> AsyncIterator[SandboxProcess]:
    """A sandbox until the block ends."""
    sandbox = SandboxProcess(("dexter_graphql", "sandbox"), {}, session, ready_path="/_sandbox/webhooks")
    async with run_server(sandbox):
        await sandbox.read_credentials()
        yield sandbox


@asynccontextmanager
async def run_server(server: Server) -> AsyncIterator[Server]:
    """A running server until the block ends, whatever happened to it meanwhile."""
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        server.log.close()


def dexter_server(session: aiohttp.ClientSession, sandbox: SandboxProcess, **settings: str) -> Server:
    """Dexter over the sandbox, with these variables beside the defaults of a measurement."""
    environment = {
        "SENTRY_URL": sandbox.url,
        "SENTRY_AUTH_TOKEN": sandbox.token,
        "DEXTER_WEBHOOK_SECRETS": f"acme={sandbox.secret}",
        "DEXTER_SECRET": "the same long text on every replica",
        "DEXTER_LOG_LEVEL": "error",
        "DEXTER_MAX_STREAMS_PER_CALLER": "20000",
        "DEXTER_MAX_SOCKETS_PER_CALLER": "20000",
        "DEXTER_NEW_CREDENTIALS_PER_SECOND": "1000",
    }
    return Server(("dexter_graphql", "serve"), environment | settings, session)
