"""The door for webhooks: hands the raw bytes to whoever verifies them, and answers at once."""

from collections.abc import Mapping
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.server.requests import read_body
from dexter_graphql.server.responses import Refusal, json_response, refused

MAX_WEBHOOK_BYTES = 5 * 1024 * 1024
"""Sentry's events are at most about a megabyte; their webhooks are of the same order."""


class Intake(Protocol):
    """Verifies a delivery and keeps it."""

    async def accept(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """HTTP status and a sentence for the sender. Header names in lower case."""
        ...


def webhook_routes(intake: Intake) -> list[Route]:
    """`POST /webhooks/sentry`."""

    async def receive(request: Request) -> Response:
        try:
            body = await read_body(request.receive, Headers(scope=request.scope), MAX_WEBHOOK_BYTES)
        except Refusal as refusal:
            return refused(refusal, request.scope)
        status, message = await intake.accept(dict(request.headers), body)
        return json_response({"message": message}, status)

    return [Route("/webhooks/sentry", receive, methods=["POST"])]
