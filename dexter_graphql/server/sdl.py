"""Schemas for code generators and other tools, such as the one in SDL at `/schema.graphql`."""

import asyncio
import hashlib
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SCHEMA = "/schema.graphql"
TAG_DIGITS = 32


class SchemaFile:
    """A schema, printed for the first request, with an entity tag by which clients recognize the text they have."""

    def __init__(self, print_schema: Callable[[], str], media_type: str = "text/plain; charset=utf-8") -> None:
        self._print_schema = print_schema
        self._media_type = media_type
        self._printing = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:
        """Send the schema, or only its headers to a client that has it."""
        async with self._printing:
            # Printing takes a fifth of a second, for which other requests should not wait.
            content = await asyncio.to_thread(lambda: self._content)
        headers = {"ETag": self._tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        # A list of tags, or one that a proxy marked as weak, contains the tag as well.
        if self._tag in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(content, media_type=self._media_type, headers=headers)

    @cached_property
    def _content(self) -> bytes:
        return self._print_schema().encode()

    @cached_property
    def _tag(self) -> str:
        return f'"{hashlib.sha256(self._content).hexdigest()[:TAG_DIGITS]}"'


def schema_routes(print_schema: Callable[[], str]) -> list[Route]:
    """Build the route of the schema."""
    return [Route(SCHEMA, SchemaFile(print_schema).__call__)]
