"""`/health/changes` of the admin address: where the changes of each organization come from, for `dexter doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.realtime.poller import Poller
from dexter_graphql.realtime.silence import Mode, WebhookArrivals
from dexter_graphql.server.responses import json_response

CHANGES = "/health/changes"


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """What this process knows of webhooks and polling. There is no poller without the server's token."""

    arrivals: WebhookArrivals
    poller: Poller | None

    def route(self) -> Route:
        """Build the route."""

        async def show(_request: Request) -> Response:
            return json_response({"isPolling": self.poller is not None, "organizations": list(self._organizations())})

        return Route(CHANGES, show)

    def _organizations(self) -> Iterator[dict[str, object]]:
        polled = {} if self.poller is None else self.poller.organizations
        for slug in sorted({*self.arrivals.organizations, *polled}):
            organization = polled.get(slug)
            yield {
                "organization": slug,
                "hasWebhooks": self.arrivals.is_configured(slug),
                "lastWebhookAt": _time(self.arrivals.last(slug)),
                "isFollowed": organization is not None,
                "isPolled": organization is not None and organization.silence.mode is Mode.POLLING,
                "problem": None if organization is None else organization.problem,
            }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
