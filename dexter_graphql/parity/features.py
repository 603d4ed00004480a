"""Features of the client, measured by its metrics in a run over the sandbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from dexter_graphql.drills.load import LoadClient, load_client
from dexter_graphql.drills.queries import ROUTE, IssueQueries
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.sandbox import Fault, RateLimit

SEED = 7
ISSUES = 40
LATENCY_MS = 20
EQUAL_QUERIES = 10
LIMITED_QUERIES = 8
LIMIT = RateLimit(calls=4, window_s=1, concurrent=4)
FAILING_QUERIES = 40
PUSH_S = 5.0
POLL_S = 0.02
LIST = """{ organization(slug: "acme") { issues(first: 20, sort: USERS) {
  nodes { latestEvent { eventId } project { slug } }
} } }"""
ROWS = 20
CHANGES = 'subscription { issueChanged(organization: { slug: "acme" }) { change { kind } } }'
RESOLVE = """mutation { resolveIssues(input: { issues: { shortIds: {
  values: ["WEB-9"], organization: { slug: "acme" }
} } }) { results { issueId } } }"""
EVENT_STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, whether it worked in the run, and the measured figures. `is_on` is None when it was not measured."""

    name: str
    is_on: bool | None
    measured: str


NOT_MEASURED = (Feature("sharing through Redis", None, "the run has no Redis"),)


class MetricsReader:
    """Sums of the samples of a running server."""

    def __init__(self, site: Site) -> None:
        self._metrics = site.dexter.metrics

    def sum(self, name: str, **labels: str) -> float:
        """The sum of all samples with this name and these labels."""
        samples = (sample for metric in self._metrics.registry.collect() for sample in metric.samples)
        return sum(
            sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def largest(self, name: str, work: Awaitable[object]) -> float:
        """The largest sum of a gauge while `work` is done."""
        task, largest = asyncio.ensure_future(work), 0.0
        while not task.done():
            largest = max(largest, self.sum(name))
            await asyncio.wait((task,), timeout=POLL_S)
        task.result()
        return largest


async def measure_features() -> list[Feature]:
    """All features. It takes about five seconds, of which most is waiting."""
    measured = await asyncio.gather(*(measure() for measure in (_reads, _limits, _failures, _push)))
    return [*(feature for features in measured for feature in features), *NOT_MEASURED]


async def _reads() -> list[Feature]:
    """Batching, cache and deduplication."""
    async with _open_site(latency_ms=LATENCY_MS) as (_, client, metrics):
        await _ask(client, LIST)
        calls = metrics.sum("dexter_upstream_calls_total")
        batching = Feature("batching", calls < ROWS, f"{ROWS} rows with two links each in {calls:.0f} calls")
        await _ask(client, LIST)
        more = metrics.sum("dexter_upstream_calls_total") - calls
        cache = Feature("cache", more == 0, f"{more:.0f} calls for a query that was answered before")
        queries = IssueQueries()
        await asyncio.gather(*(queries.ask(client, "equal") for _ in range(EQUAL_QUERIES)))
        joined = metrics.sum("dexter_joined_operations_total")
        joined += metrics.sum("dexter_upstream_answers_total", origin="flight")
        text = f"{joined:.0f} of {EQUAL_QUERIES} equal queries at the same time shared the calls of another one"
        return [cache, Feature("deduplication", joined > 0, text), batching]


async def _limits() -> list[Feature]:
    """Rate limiting and the queue of calls that wait."""
    async with _open_site(limit=LIMIT) as (site, client, metrics):
        queries = IssueQueries()
        await queries.record_expected(client)
        work = asyncio.gather(*(queries.ask_new(client) for _ in range(LIMITED_QUERIES)))
        longest = await metrics.largest("dexter_rate_limit_queue_length", work)
        waits = metrics.sum("dexter_permit_wait_seconds_count")
        refused = sum(request.status == 429 for request in site.sandbox.requests)  # noqa: PLR2004  # too many requests
        return [
            Feature("rate limiting", waits > 0 and not refused, f"{waits:.0f} calls waited, {refused} were refused"),
            Feature("queue", longest > 0, f"up to {longest:.0f} calls waited at the same time"),
        ]


async def _failures() -> list[Feature]:
    """Retries and circuit breaking."""
    async with _open_site() as (site, client, metrics):
        queries = IssueQueries()
        await queries.record_expected(client)
        site.sandbox.faults.add(Fault(kind="reset", route=ROUTE))
        answer = await queries.ask_new(client)
        retries = metrics.sum("dexter_upstream_retries_total")
        site.sandbox.faults.add(Fault(kind="reset", route=ROUTE, times=None))
        site.sandbox.requests.clear()
        await asyncio.gather(*(queries.ask_new(client) for _ in range(FAILING_QUERIES)))
        is_open = metrics.sum("dexter_circuit_open") + metrics.sum("dexter_credential_circuits_open")
        calls = len(site.sandbox.requests)
        return [
            Feature("retries", retries > 0 and answer.is_right, f"calls repeated after a failure: {retries:.0f}"),
            Feature("circuit breaking", is_open > 0, f"open after {calls} failed calls"),
        ]


async def _push() -> list[Feature]:
    """Changes that are delivered to a subscription."""
    async with _open_site() as (site, client, metrics), aiohttp.ClientSession() as session:
        async with session.post(site.graphql_url, json={"query": CHANGES}, headers=EVENT_STREAM) as stream:
            waiting = asyncio.create_task(_first_item(stream.content))
            while not metrics.sum("dexter_streams"):  # noqa: ASYNC110  # the server signals nothing else
                await asyncio.sleep(POLL_S)
            site.sandbox.webhooks.set_url(f"{site.url}/webhooks/sentry")
            await _ask(client, RESOLVE)
            items = await asyncio.wait_for(waiting, PUSH_S)
        webhooks = metrics.sum("dexter_webhooks_total")
        return [
            Feature("push", items > 0, f"changes delivered to a stream: {items}, webhooks received: {webhooks:.0f}")
        ]


async def _first_item(content: aiohttp.StreamReader) -> int:
    """1 when the stream has delivered an item; 0 when it has ended before."""
    async for line in content:
        if line.startswith(b"event: next"):
            return 1
    return 0


async def _ask(client: LoadClient, document: str) -> None:
    await client.query(document, bool)


@asynccontextmanager
async def _open_site(
    *, latency_ms: float = 0.0, limit: RateLimit | None = None
) -> AsyncIterator[tuple[Site, LoadClient, MetricsReader]]:
    """A server over a small sandbox, a client of it, and its metrics."""
    async with (
        run_site(seed=SEED, issues=ISSUES, latency_ms=latency_ms, limit=limit) as site,
        load_client(site.graphql_url) as client,
    ):
        yield site, client, MetricsReader(site)
