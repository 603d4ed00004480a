"""The door for webhooks: hands the raw bytes to the intake, which verifies them, and answers at once."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.realtime.webhooks.receiver import MAX_BODY_BYTES, WebhookReceiver, WebhookRejected
from dexter_graphql.server.headers import headers_of
from dexter_graphql.server.requests import read_body
from dexter_graphql.server.responses import RequestRejected, json_response, rejection_response
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics


def webhook_routes(receiver: WebhookReceiver, metrics: Metrics) -> list[Route]:
    """`POST /webhooks/sentry`."""
    log = get_log("dexter.webhooks")

    async def receive(request: Request) -> Response:
        try:
            body = await read_body(headers_of(request.scope), request.receive, MAX_BODY_BYTES)
        except RequestRejected as refusal:
            return rejection_response(refusal, request.scope)
        taken = await receiver.accept(request.headers, body)
        metrics.webhook(taken.status if isinstance(taken, WebhookRejected) else HTTPStatus.OK)
        if isinstance(taken, WebhookRejected):
            log.warning("webhook refused", reason=taken.message, status=int(taken.status))
            return json_response({"message": taken.message}, taken.status)
        if taken.change is None:
            return json_response({"message": "Known already"}, HTTPStatus.OK)
        log.info("webhook taken", action=taken.change.action, organization=taken.change.organization)
        return json_response({"message": "Taken"}, HTTPStatus.OK)

    return [Route("/webhooks/sentry", receive, methods=["POST"])]
