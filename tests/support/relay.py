"""TCP relay on the loopback whose connections tests can cut."""

import asyncio


class Relay:
    """Passes bytes between clients and a server, until its connections are cut or stalled, as by a network."""

    def __init__(self, port):
        self.port = port
        self._writers, self._flows = set(), set()

    async def __aenter__(self):
        self._tasks = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.stop()
        for flowing in self._flows:
            flowing.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def cut(self):
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def stop(self):
        """Reset every connection, and accept no more."""
        self._server.close()
        self.cut()

    def stall(self):
        """Pass nothing more over the connections of now, which stay open."""
        for flowing in self._flows:
            flowing.clear()

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        writers, flowing = [writer], asyncio.Event()
        flowing.set()
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.port)
            writers.append(upstream_writer)
            self._writers.update(writers)
            self._flows.add(flowing)
            await asyncio.gather(_copy(reader, upstream_writer, flowing), _copy(upstream_reader, writer, flowing))
        except ConnectionError:
            pass
        finally:
            for each in writers:
                each.transport.abort()


async def _copy(reader, writer, flowing):
    while data := await reader.read(65536):
        await flowing.wait()
        writer.write(data)
        await writer.drain()
    writer.write_eof()
