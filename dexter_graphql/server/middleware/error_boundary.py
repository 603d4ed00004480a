"""Middleware that answers what nothing below it foresaw: one log entry and an `INTERNAL` error."""

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.responses import STARTED, RequestRejected, rejection_response, request_id_of
from dexter_graphql.server.rest import problems
from dexter_graphql.server.rest.site import PREFIX as REST_PREFIX
from dexter_graphql.telemetry.logs import get_log


class ErrorBoundary:
    """The border at which any exception ends. A response that has started is cut, because its status was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = get_log("dexter.server")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception:
            self._log.exception("unforeseen error", request_id=request_id_of(scope))
            if scope.get(STARTED):
                raise
            internal = RequestRejected(
                HTTPStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL, "Internal error; report it with the requestId"
            )
            respond = problems.rejected if scope["path"].startswith(REST_PREFIX) else rejection_response
            await respond(internal, scope)(scope, receive, send)
