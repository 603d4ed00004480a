"""Middleware that answers what nothing below it foresaw: one log entry and an `INTERNAL` error."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.responses import RequestRejected, rejection_response, request_id_of
from dexter_graphql.telemetry.logs import get_log


class ErrorBoundary:
    """The border at which any exception ends. An answer that has begun is cut, because its status was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = get_log("dexter.server")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            self._log.exception("unforeseen error", request_id=request_id_of(scope))
            if has_started:
                raise
            internal = RequestRejected(
                HTTPStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL, "Internal error; report it with the requestId"
            )
            await rejection_response(internal, scope)(scope, receive, send)
