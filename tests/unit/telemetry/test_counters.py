"""Counts and durations as Prometheus reads them."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import Histogram as PrometheusHistogram

from dexter_graphql.telemetry.counters import SECONDS, Counter, Histogram


def text(*tallies):
    """What Prometheus is told, without the explanations."""
    registry = CollectorRegistry()
    for counters in tallies:
        registry.register(counters)
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_counts_are_kept_apart_by_labels():
    """Each set of labels counts by itself; numbers may be labels; counting nothing shows the labels."""
    counts = Counter("dexter_things", "Things.", "kind", "status")

    counts.add("a", 200)
    counts.add("a", 200, times=2)
    counts.add("b", 404, times=0)

    assert text(counts) == [
        'dexter_things_total{kind="a",status="200"} 3.0',
        'dexter_things_total{kind="b",status="404"} 0.0',
    ]


def test_durations_are_what_the_client_of_prometheus_would_make_of_them():
    """Ends of ranges belong to them, ranges hold those below, sum and count are right."""
    own, registry = Histogram("dexter_seconds", "Seconds."), CollectorRegistry()
    theirs = PrometheusHistogram("dexter_seconds", "Seconds.", buckets=SECONDS, registry=registry)

    for took_s in (0.0, 0.005, 0.0051, 0.3, 30.0, 30.1, 1e6):
        own.add(took_s)
        theirs.observe(took_s)

    expected = [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]
    assert text(own) == [line for line in expected if not line.startswith("#")]


def test_durations_without_labels_are_shown_from_the_beginning():
    """A rate can be computed before the first one; with labels nobody knows them before."""
    plain, labelled = Histogram("dexter_a_seconds", "A."), Histogram("dexter_b_seconds", "B.", "kind")

    assert text(plain)[-2:] == ["dexter_a_seconds_count 0.0", "dexter_a_seconds_sum 0.0"]
    assert text(labelled) == []
