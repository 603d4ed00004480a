"""Metrics for Prometheus. Labels are closed lists; no label holds text of users."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dexter_graphql.telemetry.counters import Counter, Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """A value at the time of a scrape; `labels` are pairs of name and value. A name in `_total` makes it a counter."""

    name: str
    description: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


SampleSource = Callable[[], Iterable[Sample]]


class Metrics:
    """All metrics of one server, in their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("dexter_requests", "Requests answered.", "method", "status")
        self._request_seconds = self._histogram("dexter_request_seconds", "Duration of requests.")
        self._operations = self._counter("dexter_operations", "GraphQL operations executed.", "kind")
        self._joined = self._counter("dexter_joined_operations", "Operations that joined an equal one.")
        self._errors = self._counter("dexter_errors", "Errors in answers, by code.", "code")
        self._attempts = self._counter("dexter_upstream_calls", "Calls sent to Sentry.", "endpoint", "outcome")
        self._attempt_seconds = self._histogram("dexter_upstream_seconds", "Duration of calls to Sentry.", "endpoint")
        self._answers = self._counter("dexter_upstream_answers", "Answers of Sentry used.", "endpoint", "origin")
        self._stale = self._counter("dexter_stale_answers", "Answers used after their lifetime.", "endpoint")
        self._retries = self._counter("dexter_upstream_retries", "Calls that were sent again.", "endpoint")
        self._wait_seconds = self._histogram("dexter_permit_wait_seconds", "Wait for the rate limiter.")
        self._deprecated = self._counter("dexter_deprecated_calls", "Calls of endpoints to be retired.", "endpoint")
        self._webhooks = self._counter("dexter_webhooks", "Webhooks received.", "status")
        self._outcomes = self._counter("dexter_webhook_outcomes", "Accepted webhooks.", "resource", "outcome")
        self._files = self._counter("dexter_file_transfers", "Transfers of files that ended.", "direction", "outcome")
        self._file_bytes = self._counter("dexter_file_bytes", "Bytes of files transferred.", "direction")

    def register(self, source: SampleSource) -> None:
        """Collect the samples of `source` at each scrape."""
        self.registry.register(_SampleCollector(source))

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)

    def request(self, method: str, status: int, took_s: float) -> None:
        """Count a request."""
        self._requests.add(method, status)
        self._request_seconds.add(took_s)

    def operation(self, kind: str, codes: Iterable[str]) -> None:
        """Count an operation and the error codes of its answer."""
        self._operations.add(kind)
        for code in codes:
            self._errors.add(code)

    def joined(self) -> None:
        """Count an operation that joined the execution of an equal one."""
        self._joined.add()

    def attempt(self, endpoint: str, outcome: str, took_s: float) -> None:
        """Count a call to Sentry."""
        self._attempts.add(endpoint, outcome)
        self._attempt_seconds.add(took_s, endpoint)

    def answer(self, endpoint: str, origin: str, *, is_stale: bool, waited_s: float) -> None:
        """Count an answer of Sentry that was used."""
        self._answers.add(endpoint, origin)
        self._stale.add(endpoint, times=is_stale)
        if waited_s:
            self._wait_seconds.add(waited_s)

    def retry(self, endpoint: str, *, times: int = 1) -> None:
        """Count calls that were sent again."""
        self._retries.add(endpoint, times=times)

    def deprecated(self, endpoint: str) -> None:
        """Count a call of an endpoint that Sentry will retire."""
        self._deprecated.add(endpoint)

    def webhook(self, status: int) -> None:
        """Count a webhook by the status of its answer."""
        self._webhooks.add(status)

    def webhook_outcome(self, resource: str, outcome: str) -> None:
        """Count an accepted webhook by what became of it."""
        self._outcomes.add(resource, outcome)

    def file_transfer(self, direction: str, outcome: str) -> None:
        """Count a transfer by the way it ended."""
        self._files.add(direction, outcome)

    def file_bytes(self, direction: str, size: int) -> None:
        """Count transferred bytes."""
        self._file_bytes.add(direction, times=size)

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        counts = Counter(name, description, *labels)
        self.registry.register(counts)
        return counts

    def _histogram(self, name: str, description: str, *labels: str) -> Histogram:
        times = Histogram(name, description, *labels)
        self.registry.register(times)
        return times


class _SampleCollector(Collector):
    """Collects the samples of one source."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """The samples, grouped by name."""
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in self._source():
            names, values = zip(*sample.labels, strict=True) if sample.labels else ((), ())
            family = families.get(sample.name)
            if family is None:
                kind = CounterMetricFamily if sample.name.endswith("_total") else GaugeMetricFamily
                family = families[sample.name] = kind(sample.name, sample.description, labels=names)
            family.add_metric(values, sample.value)
        yield from families.values()
