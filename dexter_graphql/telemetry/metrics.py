"""Counts what happens, for Prometheus. Knows names of figures, not where they come from; labels are closed lists."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dexter_graphql.telemetry.counters import Counter, Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """A value as it is now; `labels` are pairs of name and value."""

    name: str
    description: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


SampleSource = Callable[[], Iterable[Sample]]


class Metrics:
    """All metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("dexter_requests", "Requests answered.", "method", "status")
        self._request_seconds = self._histogram("dexter_request_seconds", "Time until a request was answered.")
        self._operations = self._counter("dexter_operations", "GraphQL operations run.", "kind")
        self._joined = self._counter("dexter_joined_operations", "Operations answered by an equal one's execution.")
        self._errors = self._counter("dexter_errors", "Errors in answers, by code.", "code")
        self._streams = Gauge("dexter_streams", "Subscriptions that are open now.", registry=self.registry)
        self._attempts = self._counter("dexter_upstream_calls", "Calls sent to Sentry.", "endpoint", "outcome")
        self._attempt_seconds = self._histogram("dexter_upstream_seconds", "Time of a call to Sentry.", "endpoint")
        self._answers = self._counter("dexter_upstream_answers", "Answers of Sentry used.", "endpoint", "origin")
        self._stale = self._counter("dexter_stale_answers", "Answers used past their lifetime.", "endpoint")
        self._retries = self._counter("dexter_upstream_retries", "Calls that were sent again.", "endpoint")
        self._wait_seconds = self._histogram("dexter_permit_wait_seconds", "Waits for a permit to ask Sentry.")
        self._deprecated = self._counter("dexter_deprecated_calls", "Calls of operations to be retired.", "endpoint")
        self._webhooks = self._counter("dexter_webhooks", "Webhooks that came in.", "status")

    def register(self, source: SampleSource) -> None:
        """Ask `source` for its figures whenever somebody looks."""
        self.registry.register(_SampleCollector(source))

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def request(self, method: str, status: int, took_s: float) -> None:
        """A request was answered."""
        self._requests.add(method, status)
        self._request_seconds.add(took_s)

    def operation(self, kind: str, codes: Iterable[str]) -> None:
        """An operation was run, with these error codes."""
        self._operations.add(kind)
        for code in codes:
            self._errors.add(code)

    def joined(self) -> None:
        """An operation waited for an equal one that was being executed."""
        self._joined.add()

    def stream(self, change: int) -> None:
        """A subscription began (1) or ended (-1)."""
        self._streams.inc(change)

    def attempt(self, endpoint: str, outcome: str, took_s: float) -> None:
        """A call was sent to Sentry."""
        self._attempts.add(endpoint, outcome)
        self._attempt_seconds.add(took_s, endpoint)

    def answer(self, endpoint: str, origin: str, *, is_stale: bool, waited_s: float) -> None:
        """An answer was used, from wherever it came."""
        self._answers.add(endpoint, origin)
        self._stale.add(endpoint, times=is_stale)
        if waited_s:
            self._wait_seconds.add(waited_s)

    def retry(self, endpoint: str, *, times: int = 1) -> None:
        """A call was sent again, whatever became of it."""
        self._retries.add(endpoint, times=times)

    def deprecated(self, endpoint: str) -> None:
        """Sentry said that it will retire an operation."""
        self._deprecated.add(endpoint)

    def webhook(self, status: int) -> None:
        """A webhook was answered."""
        self._webhooks.add(status)

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        counts = Counter(name, description, *labels)
        self.registry.register(counts)
        return counts

    def _histogram(self, name: str, description: str, *labels: str) -> Histogram:
        times = Histogram(name, description, *labels)
        self.registry.register(times)
        return times


class _SampleCollector(Collector):
    """Asks a source when Prometheus comes."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """The source's figures, those of one name together."""
        families: dict[str, GaugeMetricFamily] = {}
        for sample in self._source():
            names, values = zip(*sample.labels, strict=True) if sample.labels else ((), ())
            family = families.get(sample.name)
            if family is None:
                family = families[sample.name] = GaugeMetricFamily(sample.name, sample.description, labels=names)
            family.add_metric(values, sample.value)
        yield from families.values()
