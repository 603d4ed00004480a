"""Output of responses: what leaves together, and in which order."""

import asyncio

import pytest

from dexter_graphql.server.response_output import ResponseOutput


class Transport:
    """A transport that records what is written in each system call."""

    def __init__(self):
        self.written = []
        self.is_closed = False

    def write(self, data):
        self.written.append(data)

    def writelines(self, parts):
        self.written.append(b"+".join(parts))

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True


@pytest.fixture
def transport():
    """A transport without a connection."""
    return Transport()


async def test_head_and_body_leave_together(transport):
    """Two writes of one turn of the event loop are one, and nothing is written again afterwards."""
    output = ResponseOutput(transport)

    output.write(b"head")
    output.write(b"body")
    await asyncio.sleep(0)

    assert transport.written == [b"head+body"]


async def test_lone_write_leaves_in_the_same_turn(transport):
    """A head whose body takes time is not held up, nor are later parts."""
    output = ResponseOutput(transport)

    for part in (b"head", b"first", b"second", b"third"):
        output.write(part)
    await asyncio.sleep(0)
    output.write(b"fourth")
    await asyncio.sleep(0)

    assert transport.written == [b"head+first", b"second+third", b"fourth"]


async def test_closing_writes_what_waits(transport):
    """A response without a body leaves before the connection is closed."""
    output = ResponseOutput(transport)

    output.write(b"head")
    output.close()
    await asyncio.sleep(0)

    assert (transport.written, output.is_closing()) == ([b"head"], True)


async def test_nothing_is_written_to_a_closed_connection(transport):
    """What waits is dropped when the client has left."""
    output = ResponseOutput(transport)

    output.write(b"head")
    transport.close()
    await asyncio.sleep(0)

    assert transport.written == []
