"""Requests of commands to a running server. Redirects are not followed, so that a token stays with the server."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

import msgspec

from dexter_graphql.errors import SettingsError
from dexter_graphql.settings import Settings
from dexter_graphql.settings.addresses import bracketed, is_safe_address

MAX_MESSAGE_BYTES = 64 * 1024
CONNECTION_ERRORS = (OSError, HTTPException)
"""A server that cannot be reached, or a connection that was lost."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Address of a server."""

    url: str

    @contextmanager
    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> Iterator[HTTPResponse]:
        """Send a request; `timeout_s` is the longest wait for a part of the response. Raises CONNECTION_ERRORS."""
        with self._connection(timeout_s) as connection:
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            with connection.getresponse() as response:
                yield response

    @contextmanager
    def get(self, path: str, *, timeout_s: float) -> Iterator[HTTPResponse]:
        """Send a request without a body; as `post`."""
        with self._connection(timeout_s) as connection:
            connection.request("GET", path)
            with connection.getresponse() as response:
                yield response

    def _connection(self, timeout_s: float) -> closing[HTTPConnection]:
        parts = urlsplit(self.url)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return closing(connect(parts.netloc, timeout=timeout_s))


def running_server(settings: Settings) -> RunningServer:
    """Return the server of DEXTER_URL or, without it, the one that listens at DEXTER_HOST and DEXTER_PORT."""
    return RunningServer(settings.dexter_url or f"http://{bracketed(settings.host)}:{settings.port}")


def credential_headers(settings: Settings, server: RunningServer) -> dict[str, str]:
    """Return the headers with the token, if there is one; raises SettingsError where others could read it."""
    if settings.dexter_token is None:
        return {}
    if not is_safe_address(server.url):
        raise SettingsError("DEXTER_URL: a token is sent over https only, or on this machine")
    return {"Authorization": f"Bearer {settings.dexter_token.get_secret_value()}"}


def read_message(response: HTTPResponse) -> str:
    """Return what a response that is no stream says, in one printable line."""
    try:
        body = msgspec.json.decode(response.read(MAX_MESSAGE_BYTES), type=dict[str, object])
        errors = msgspec.convert(body.get("errors", [body]), list[dict[str, object]])
    except (ValueError, RecursionError):
        errors = []
    messages = [str(error["message"]) for error in errors if "message" in error]
    return printable("; ".join(messages) or response.reason)


def printable(text: str) -> str:
    """Return a text without characters that control a terminal: titles of issues come from anywhere."""
    return "".join(character if character.isprintable() else " " for character in text)
