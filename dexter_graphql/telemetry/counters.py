"""Counters and histograms that are cheap to update and become Prometheus metrics at a scrape.

They use plain dictionaries without locks: only the thread of the event loop updates them.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

Labels = tuple[str | int, ...]
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets; above the last there is one more bucket."""
ENDS = (*map(str, SECONDS), "+Inf")


class Counter(Collector):
    """Number of occurrences for each set of labels."""

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self._about = (name, description, labels)
        self._values: defaultdict[Labels, int] = defaultdict(int)

    def add(self, *labels: str | int, times: int = 1) -> None:
        """Count one occurrence or more."""
        self._values[labels] += times

    def collect(self) -> Iterator[Metric]:
        """The counts as a Prometheus metric."""
        name, description, labels = self._about
        family = CounterMetricFamily(name, description, labels=labels)
        for values, count in self._values.items():
            family.add_metric([str(value) for value in values], count)
        yield family


@dataclass(slots=True)
class HistogramBuckets:
    """Number of durations in each bucket, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    total_s: float = 0.0


class Histogram(Collector):
    """Distribution of durations for each set of labels."""

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self._about = (name, description, labels)
        self._durations: defaultdict[Labels, HistogramBuckets] = defaultdict(HistogramBuckets)
        if not labels:
            self._durations[()] = HistogramBuckets()

    def add(self, took_s: float, *labels: str | int) -> None:
        """Count one duration."""
        durations = self._durations[labels]
        durations.counts[bisect_left(SECONDS, took_s)] += 1
        durations.total_s += took_s

    def collect(self) -> Iterator[Metric]:
        """The distribution as a Prometheus metric, with cumulative buckets."""
        name, description, labels = self._about
        family = HistogramMetricFamily(name, description, labels=labels)
        for values, durations in self._durations.items():
            buckets = list(zip(ENDS, accumulate(durations.counts), strict=True))
            family.add_metric([str(value) for value in values], buckets, durations.total_s)
        yield family
