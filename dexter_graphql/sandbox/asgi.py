"""Reading of ASGI requests and sending of responses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope, Send

from dexter_graphql.sandbox.http import HTTPError, Response
from dexter_graphql.sandbox.multipart import FormPart, parse_form

MAX_BODY_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request before authentication and routing. `raw_path` is percent-encoded; header names are in lower case."""

    method: str
    path: str
    raw_path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    content: bytes
    is_too_large: bool = False
    """True for a body above the maximum size, of which nothing is kept."""

    @property
    def bearer_token(self) -> str | None:
        """The token of the `Authorization` header."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def form(self) -> list[FormPart]:
        """The parts of a multipart body; none for another type."""
        return parse_form(self.headers.get("content-type", ""), self.content)

    def json(self) -> object:
        """The decoded body; None without a JSON body, 400 when it does not parse."""
        is_json = "json" in self.headers.get("content-type", "application/json")
        if not self.content or not is_json:
            return None
        try:
            return msgspec.json.decode(self.content)
        except msgspec.DecodeError as error:
            raise HTTPError(400, {"detail": f"JSON parse error - {error}"}) from None


@dataclass(frozen=True, slots=True)
class EncodedResponse:
    """A response as bytes; the length is not among the headers."""

    status: int
    headers: Mapping[str, str]
    content: bytes


async def read_request(scope: Scope, receive: Receive) -> RawRequest | None:
    """Read the whole request, None when the client leaves first; a body above the maximum size is dropped."""
    content, has_more, is_too_large = bytearray(), True, False
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        has_more = message.get("more_body", False)
        if not is_too_large:
            content += message.get("body", b"")
        if len(content) > MAX_BODY_BYTES:
            is_too_large = True
            content.clear()
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return RawRequest(scope["method"], scope["path"], raw_path, query, headers, bytes(content), is_too_large)


def encode_response(response: Response) -> EncodedResponse:
    """Encode the body; bytes are sent unchanged, and None is empty unless the status is 200."""
    if isinstance(response.body, bytes):
        headers = {"Content-Type": "application/octet-stream", **response.headers}
        return EncodedResponse(response.status, headers, response.body)
    is_empty = response.body is None and response.status != 200  # noqa: PLR2004
    content = b"" if is_empty else msgspec.json.encode(response.body)
    return EncodedResponse(response.status, {"Content-Type": "application/json", **response.headers}, content)


async def send_head(send: Send, status: int, headers: Mapping[str, str], length: int) -> None:
    """Send status and headers, with the length of the body unless the status forbids one."""
    pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    if status != 204:  # noqa: PLR2004 - the status without a body
        pairs.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def send_response(send: Send, response: Response) -> None:
    """Send a complete response."""
    encoded = encode_response(response)
    await send_head(send, encoded.status, encoded.headers, len(encoded.content))
    await send({"type": "http.response.body", "body": encoded.content})
