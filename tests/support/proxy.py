"""HTTP proxy on the loopback that tunnels CONNECT requests and forwards plain ones."""

import asyncio
import base64
from dataclasses import dataclass, field


@dataclass
class LoopbackProxy:
    """A proxy that connects every address to one server; `credentials` are `user:password` that clients must send."""

    port: int
    """Port of the server on the loopback."""
    credentials: str | None = None
    heads: list[str] = field(default_factory=list)
    """Head of the first request of each connection."""
    tunnelled: bytearray = field(default_factory=bytearray)
    """All bytes that clients sent after that."""

    @property
    def url(self):
        user = "" if self.credentials is None else f"{self.credentials}@"
        return f"http://{user}127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self):
        self._tasks = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if not self._is_authorized(head):
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if head.startswith("CONNECT "):
                writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            else:
                upstream_writer.write(head.encode())
            await asyncio.gather(
                self._copy(reader, upstream_writer, self.tunnelled), self._copy(upstream_reader, writer, bytearray())
            )
        finally:
            upstream_writer.close()

    def _is_authorized(self, head):
        if self.credentials is None:
            return True
        basic = base64.b64encode(self.credentials.encode()).decode()
        return f"Proxy-Authorization: Basic {basic}" in head.split("\r\n")

    async def _copy(self, reader, writer, record):
        while data := await reader.read(65536):
            record += data
            writer.write(data)
            await writer.drain()
        writer.close()
