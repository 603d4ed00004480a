"""Shows the metrics to Prometheus."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.telemetry.metrics import CONTENT_TYPE, Metrics


def metrics_routes(metrics: Metrics) -> list[Route]:
    """`/metrics`."""

    async def show(_request: Request) -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return [Route("/metrics", show)]
