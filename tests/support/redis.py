"""Redis server process for tests, which can be killed and restarted."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError


class RedisServer:
    """One server process, which keeps its data only if its options say so."""

    def __init__(self, folder, options=()):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder, self._options = folder, options
        self._process = None

    async def start(self):
        """Start the process and wait until it answers."""
        command = shutil.which("redis-server")
        assert command, "redis-server is not installed; `make tools` installs it"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        options += self._options
        self._process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL)  # noqa: ASYNC220, S603  # starts at once; fixed words
        async with self.client() as client:
            for _ in range(500):
                try:
                    await client.ping()
                except (OSError, RedisError):
                    await asyncio.sleep(0.01)
                else:
                    return
        raise AssertionError("Redis did not start")

    @property
    def is_running(self):
        """True after `start`, until the process is killed."""
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """Kill the process, as a crash would."""
        self._process.kill()
        self._process.wait()

    def signal(self, number):
        """Send a signal to the process."""
        self._process.send_signal(number)

    @asynccontextmanager
    async def client(self):
        """A plain client, to inspect the database."""
        client = Redis.from_url(self.url, retry_on_error=[], retry=None)
        try:
            yield client
        finally:
            await client.aclose()


@asynccontextmanager
async def running_redis(*options, data=None):
    """A Redis server, until the block ends; optionally with a copy of another one's folder."""
    with tempfile.TemporaryDirectory() as folder:
        if data is not None:
            shutil.copytree(data, folder, dirs_exist_ok=True)
        server = RedisServer(Path(folder), options)
        await server.start()
        try:
            yield server
        finally:
            server.kill()
