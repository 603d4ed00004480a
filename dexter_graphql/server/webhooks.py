"""Receives Sentry's webhooks: passes the raw bytes to their receiver, which verifies them, and answers at once."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.realtime.webhooks.receiver import MAX_BODY_BYTES, WebhookReceiver, WebhookRejected
from dexter_graphql.server.bodies import BodyReader
from dexter_graphql.server.headers import headers_of
from dexter_graphql.server.responses import RequestRejected, json_response, rejection_response
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics


def webhook_routes(receiver: WebhookReceiver, bodies: BodyReader, metrics: Metrics) -> list[Route]:
    """Build `POST /webhooks/sentry`."""
    log = get_log("dexter.webhooks")

    async def receive(request: Request) -> Response:
        try:
            body = await bodies.read(headers_of(request.scope), request.receive, MAX_BODY_BYTES)
        except RequestRejected as rejection:
            return rejection_response(rejection, request.scope)
        try:
            outcome = await receiver.accept(request.headers, body)
        finally:
            bodies.release(body)
        metrics.webhook(outcome.status if isinstance(outcome, WebhookRejected) else HTTPStatus.OK)
        if isinstance(outcome, WebhookRejected):
            log.warning("webhook rejected", reason=outcome.message, status=int(outcome.status))
            return json_response({"message": outcome.message}, outcome.status)
        if outcome.change is None:
            return json_response({"message": "Known already"}, HTTPStatus.OK)
        log.info("webhook accepted", action=outcome.change.action, organization=outcome.change.organization)
        return json_response({"message": "Accepted"}, HTTPStatus.OK)

    return [Route("/webhooks/sentry", receive, methods=["POST"])]
