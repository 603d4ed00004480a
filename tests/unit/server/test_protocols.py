"""What `server.protocols` relies on in uvicorn, httptools and websockets."""

import inspect
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

from dexter_graphql.server.protocols import HTTPConnection, WebSocketConnection

ADVICE = "uvicorn changed: compare dexter_graphql/server/protocols.py with the new protocol classes, then bound it anew"
ATTRIBUTES = {
    HttpToolsProtocol: ("transport", "pipeline", "cycle", "headers", "url"),
    RequestResponseCycle: (
        "transport",
        "response_complete",
        "response_started",
        "disconnected",
        "message_event",
        "keep_alive",
    ),
    WebSocketsSansIOProtocol: (
        "transport",
        "conn",
        "frames",
        "writable",
        "queue",
        "scope",
        "disconnected",
        "read_paused",
        "close_sent",
        "close_timer",
        "close_timeout",
        "pending_ping_payload",
    ),
}
OWN = {"evict", "write", "close"}
"""Methods that are not uvicorn's."""


def test_uvicorn_is_bounded_to_the_minor_version_in_use():
    """A newer minor version of uvicorn is installed only on purpose."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    [bound] = [line for line in project["dependencies"] if re.match(r"uvicorn\b", line)]
    major, minor = version("uvicorn").split(".")[:2]

    assert f">={major}.{minor}" in bound, ADVICE
    assert f"<{major}.{int(minor) + 1}" in bound, ADVICE


@pytest.mark.parametrize("connection", [HTTPConnection, WebSocketConnection])
def test_overridden_methods_exist_with_the_same_parameters(connection):
    """Every method that is overridden without an underscore is uvicorn's, with the parameters that it has there."""
    base = connection.__bases__[0]
    overridden = [
        name
        for name, member in vars(connection).items()
        if inspect.isfunction(member) and not name.startswith("_") and name not in OWN
    ]

    for name in overridden:
        assert hasattr(base, name), f"{base.__name__}.{name} is gone. {ADVICE}"
        names = [list(inspect.signature(getattr(cls, name)).parameters) for cls in (base, connection)]
        assert names[0] == names[1], f"{base.__name__}.{name} has other parameters. {ADVICE}"


@pytest.mark.parametrize("base", ATTRIBUTES)
def test_attributes_that_are_read_exist(base):
    """Every attribute of uvicorn that the limits read is assigned by its class."""
    source = inspect.getsource(base)

    for name in ATTRIBUTES[base]:
        assert re.search(rf"self\.{name}\b(: [^=\n]+)? = ", source), f"{base.__name__}.{name} is gone. {ADVICE}"


def test_websockets_shows_its_unread_bytes():
    """The bytes of an unfinished frame are counted in the reader of websockets' protocol."""
    protocol = ServerProtocol()
    protocol.receive_data(b"GET / HTTP/1.1\r\n")
    protocol.receive_data(b"Host: unfinished")

    assert bytes(protocol.reader.buffer).endswith(b"unfinished"), ADVICE
