"""Counts and durations that cost next to nothing to keep, and become metrics when somebody looks.

They are kept in plain dictionaries without locks: only the event loop's thread counts.
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
"""Upper ends of the ranges that durations are sorted into; above the last there is one more."""
ENDS = (*map(str, SECONDS), "+Inf")


class Counter(Collector):
    """How often something happened, for each set of labels."""

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self._about = (name, description, labels)
        self._values: defaultdict[Labels, int] = defaultdict(int)

    def add(self, *labels: str | int, times: int = 1) -> None:
        """It happened."""
        self._values[labels] += times

    def collect(self) -> Iterator[Metric]:
        """The counts as Prometheus has them."""
        name, description, labels = self._about
        family = CounterMetricFamily(name, description, labels=labels)
        for values, count in self._values.items():
            family.add_metric([str(value) for value in values], count)
        yield family


@dataclass(slots=True)
class HistogramBuckets:
    """How many durations fell into each range, and how long all of them were together."""

    ranges: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    total_s: float = 0.0


class Histogram(Collector):
    """How long something took, for each set of labels."""

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self._about = (name, description, labels)
        self._durations: defaultdict[Labels, HistogramBuckets] = defaultdict(HistogramBuckets)
        if not labels:
            self._durations[()] = HistogramBuckets()

    def add(self, took_s: float, *labels: str | int) -> None:
        """It happened, and took so long."""
        durations = self._durations[labels]
        durations.ranges[bisect_left(SECONDS, took_s)] += 1
        durations.total_s += took_s

    def collect(self) -> Iterator[Metric]:
        """The durations as Prometheus has them: each range holds those below it, too."""
        name, description, labels = self._about
        family = HistogramMetricFamily(name, description, labels=labels)
        for values, durations in self._durations.items():
            buckets = list(zip(ENDS, accumulate(durations.ranges), strict=True))
            family.add_metric([str(value) for value in values], buckets, durations.total_s)
        yield family
