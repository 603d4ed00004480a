"""Receives Sentry's webhooks: passes the raw bytes to their receivers, which verify them, and answers at once."""

import time
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.typing import FilteringBoundLogger

from dexter_graphql.concurrency.token_bucket import TokenBucket
from dexter_graphql.realtime.silence import WebhookArrivals
from dexter_graphql.realtime.webhooks.heads import WebhookRejected
from dexter_graphql.realtime.webhooks.legacy import NO_PATH, TOO_MANY, LegacyReceiver
from dexter_graphql.realtime.webhooks.payloads import STREAMS_BY_RESOURCE
from dexter_graphql.realtime.webhooks.publication import WebhookOutcome
from dexter_graphql.realtime.webhooks.receiver import WebhookAccepted, WebhookReceiver
from dexter_graphql.server.bodies import BodyReader
from dexter_graphql.server.headers import headers_of
from dexter_graphql.server.responses import RequestRejected, json_response, rejection_response
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

PATH, LEGACY_PATH = "/webhooks/sentry", "/webhooks/legacy/{secret}"
MAX_BODY_BYTES = 1024 * 1024
OTHER, LEGACY = "other", "legacy"
"""Labels of the resources that this version does not know, and of legacy webhooks."""
MESSAGES = {
    WebhookOutcome.REDELIVERY: "Known already",
    WebhookOutcome.SET_ASIDE: "Not published: the payload names another organization than the secret",
}
WARNINGS_PER_S, MAX_WARNINGS = 10.0, 100
"""Rate and burst of lines in the log about webhooks that are refused."""
HOOK_ERROR = "Sentry-Hook-Error"
"""Header whose text Sentry shows in the request log of the integration."""
Accept = Callable[[bytes], Awaitable[WebhookAccepted | WebhookRejected]]


class WebhookEndpoint:
    """`POST /webhooks/sentry`, and `POST /webhooks/legacy/{secret}`.

    Needs no login: the signature of a webhook, or the secret in its path, is its credential.
    """

    def __init__(
        self,
        receiver: WebhookReceiver,
        legacy: LegacyReceiver,
        bodies: BodyReader,
        metrics: Metrics,
        arrivals: WebhookArrivals,
    ) -> None:
        self.arrivals = arrivals
        self._receiver = receiver
        self._legacy = legacy
        self._bodies = bodies
        self._metrics = metrics
        self._warnings = TokenBucket(WARNINGS_PER_S, MAX_WARNINGS, time.monotonic)

    @cached_property
    def _log(self) -> FilteringBoundLogger:
        # Bound once: the logger that `get_log` returns looks up its configuration at each use.
        log: FilteringBoundLogger = get_log("dexter.webhooks").bind()
        return log

    def routes(self) -> list[Route]:
        """The routes of the endpoint."""
        return [
            Route(PATH, self.receive, methods=["POST"]),
            Route(LEGACY_PATH, self.receive_legacy, methods=["POST"]),
        ]

    async def receive(self, request: Request) -> Response:
        """Answer one webhook. One that is refused by its head is answered before its body has arrived."""
        head = self._receiver.parse_head(request.headers)
        if isinstance(head, WebhookRejected):
            return self._reject(head)
        resource = head.resource if head.resource in STREAMS_BY_RESOURCE else OTHER
        return await self._answer(request, resource, partial(self._receiver.accept, head))

    async def receive_legacy(self, request: Request) -> Response:
        """Answer one legacy webhook. A path without a known secret is answered as one that does not exist."""
        organization = self._legacy.find_organization(request.path_params["secret"])
        if organization is None:
            return self._reject(NO_PATH)
        if self._legacy.is_over_rate(organization):
            return self._reject(TOO_MANY)
        return await self._answer(request, LEGACY, partial(self._legacy.accept, organization))

    async def _answer(self, request: Request, resource: str, accept: Accept) -> Response:
        try:
            outcome = await self._accept(request, accept)
        except RequestRejected as rejection:
            self._metrics.webhook(rejection.status)
            return rejection_response(rejection, request.scope)
        if isinstance(outcome, WebhookRejected):
            return self._reject(outcome)
        self._report(resource, outcome)
        message = MESSAGES.get(outcome.outcome, "Accepted")
        is_error = outcome.outcome is WebhookOutcome.SET_ASIDE
        return json_response({"message": message}, HTTPStatus.OK, {HOOK_ERROR: message} if is_error else None)

    async def _accept(self, request: Request, accept: Accept) -> WebhookAccepted | WebhookRejected:
        body = await self._bodies.read(headers_of(request.scope), request.receive, MAX_BODY_BYTES)
        try:
            return await accept(body)
        finally:
            self._bodies.release(body)

    def _reject(self, rejection: WebhookRejected) -> Response:
        self._metrics.webhook(rejection.status)
        message = rejection.message
        self._warn("webhook rejected", reason=message, status=int(rejection.status))
        return json_response({"message": message}, rejection.status, {HOOK_ERROR: message})

    def _report(self, resource: str, accepted: WebhookAccepted) -> None:
        self._metrics.webhook(HTTPStatus.OK)
        self._metrics.webhook_outcome(resource, accepted.outcome)
        self.arrivals.note(accepted.change.organization)
        action, organization = accepted.change.action, accepted.change.organization
        if accepted.foreign is not None:
            self._warn("webhook set aside", action=action, organization=organization, names=accepted.foreign)
        # The access log has a line for each request.
        self._log.debug("webhook accepted", action=action, organization=organization, outcome=accepted.outcome)

    def _warn(self, event: str, **values: object) -> None:
        """Write a warning, unless there are so many that they would cost more than the webhooks; metrics count all."""
        if self._warnings.take():
            self._log.warning(event, **values)
