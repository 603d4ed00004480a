"""TCP relay on the loopback whose connections tests can cut."""

import asyncio


class Relay:
    """Passes bytes between clients and a server; `cut` breaks all connections, as a network would."""

    def __init__(self, port):
        self.port = port
        self._writers = set()

    @property
    def url(self):
        """Address for clients."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

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

    def cut(self):
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.port)
            self._writers |= {writer, upstream_writer}
            await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer))
        except ConnectionError:
            writer.transport.abort()


async def _copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
