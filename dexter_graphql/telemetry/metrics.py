"""Counts what happens, for Prometheus. Knows names of figures, not where they come from; labels are closed lists."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Figure(NamedTuple):
    """A value as it is now; `labels` are pairs of name and value."""

    name: str
    meaning: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


FigureSource = Callable[[], Iterable[Figure]]
Child = TypeVar("Child", bound=MetricWrapperBase)
Label = str | int


class Labelled(dict[Label | tuple[Label, ...], Child], Generic[Child]):
    """A metric's children by their label or labels; each is made once, and then found without the metric's lock."""

    def __init__(self, metric: Child) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, labels: Label | tuple[Label, ...]) -> Child:
        child = self[labels] = self._metric.labels(*(labels if isinstance(labels, tuple) else (labels,)))
        return child


class Metrics:
    """All metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("dexter_requests", "Requests answered.", "method", "status")
        self._request_seconds = self._histogram("dexter_request_seconds", "Time until a request was answered.")
        self._operations = self._counter("dexter_operations", "GraphQL operations run.", "kind")
        self._errors = self._counter("dexter_errors", "Errors in answers, by code.", "code")
        self._streams = Gauge("dexter_streams", "Subscriptions that are open now.", registry=self.registry)
        self._attempts = self._counter("dexter_upstream_calls", "Calls sent to Sentry.", "endpoint", "outcome")
        self._attempt_seconds = Labelled(
            self._histogram("dexter_upstream_seconds", "Time of a call to Sentry.", "endpoint")
        )
        self._answers = self._counter("dexter_upstream_answers", "Answers of Sentry used.", "endpoint", "origin")
        self._stale = self._counter("dexter_stale_answers", "Answers used past their lifetime.", "endpoint")
        self._retries = self._counter("dexter_upstream_retries", "Calls that were tried again.", "endpoint")
        self._wait_seconds = self._histogram("dexter_permit_wait_seconds", "Waits for a permit to ask Sentry.")
        self._deprecated = self._counter("dexter_deprecated_calls", "Calls of operations to be retired.", "endpoint")
        self._webhooks = self._counter("dexter_webhooks", "Webhooks that came in.", "status")

    def follow(self, source: FigureSource) -> None:
        """Ask `source` for its figures whenever somebody looks."""
        self.registry.register(_Figures(source))

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def request(self, method: str, status: int, took_s: float) -> None:
        """A request was answered."""
        self._requests[method, status].inc()
        self._request_seconds.observe(took_s)

    def operation(self, kind: str, codes: Iterable[str]) -> None:
        """An operation was run, with these error codes."""
        self._operations[kind].inc()
        for code in codes:
            self._errors[code].inc()

    def stream(self, change: int) -> None:
        """A subscription began (1) or ended (-1)."""
        self._streams.inc(change)

    def attempt(self, endpoint: str, outcome: str, took_s: float) -> None:
        """A call was sent to Sentry."""
        self._attempts[endpoint, outcome].inc()
        self._attempt_seconds[endpoint].observe(took_s)

    def answer(self, endpoint: str, origin: str, *, is_stale: bool, retries: int, waited_s: float) -> None:
        """An answer was used, from wherever it came."""
        self._answers[endpoint, origin].inc()
        self._stale[endpoint].inc(is_stale)
        self._retries[endpoint].inc(retries)
        if waited_s:
            self._wait_seconds.observe(waited_s)

    def deprecated(self, endpoint: str) -> None:
        """Sentry said that it will retire an operation."""
        self._deprecated[endpoint].inc()

    def webhook(self, status: int) -> None:
        """A webhook was answered."""
        self._webhooks[status].inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Labelled[Counter]:
        return Labelled(Counter(name, meaning, labels, registry=self.registry))

    def _histogram(self, name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(name, meaning, labels, buckets=SECONDS, registry=self.registry)


class _Figures(Collector):
    """Asks a source when Prometheus comes."""

    def __init__(self, source: FigureSource) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """The source's figures, those of one name together."""
        families: dict[str, GaugeMetricFamily] = {}
        for figure in self._source():
            names, values = zip(*figure.labels, strict=True) if figure.labels else ((), ())
            family = families.get(figure.name)
            if family is None:
                family = families[figure.name] = GaugeMetricFamily(figure.name, figure.meaning, labels=names)
            family.add_metric(values, figure.value)
        yield from families.values()
