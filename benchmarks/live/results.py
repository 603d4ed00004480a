"""Results of all measurements of live streams in one file, and their tables."""

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.live.deliveries import DeliveryResult
from benchmarks.live.fan_out import FanOutResult, RateResult

BARE = "bare"
KIND_NAMES = {
    "same": "one document",
    "documents": "200 documents",
    "credentials": "100 credentials",
    BARE: "bare uvicorn",
}
HEAD = (
    "subscribers",
    "KiB each: idle, after the items",
    "webhooks per second",
    "last delivery p50, p99, ms",
    "answer p50, p99, most, ms",
    "CPU µs per message",
    "of bare uvicorn",
    "CPU, %",
)
Row = tuple[str, ...]


class LiveRun(msgspec.Struct, kw_only=True):
    """The newest result of each measurement."""

    python: str = platform.python_version()
    machine: str = f"{platform.system()} {platform.machine()}"
    deliveries: DeliveryResult | None = None
    fan_out: dict[str, FanOutResult] = msgspec.field(default_factory=dict)


def read_results(path: Path) -> LiveRun:
    """The results of earlier measurements; empty when there are none."""
    return msgspec.json.decode(path.read_bytes(), type=LiveRun) if path.exists() else LiveRun()


def write_results(path: Path, run: LiveRun) -> None:
    """Write the results, with the present version of Python."""
    run.python = ".".join(map(str, sys.version_info[:3]))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")


def render_live(run: LiveRun) -> str:
    """All results in Markdown."""
    parts = [] if run.deliveries is None else [_table(("deliveries", "result"), _delivery_rows(run.deliveries))]
    if run.fan_out:
        parts.append(_table(HEAD, _fan_out_rows(run.fan_out)))
    return "\n\n".join([*parts, f"Python {run.python}, {run.machine}."])


def _table(head: Row, rows: Iterator[Row]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ("---",) * len(head), *rows])


def _delivery_rows(result: DeliveryResult) -> Iterator[Row]:
    judgement = result.judgement
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(result.outcomes.items()))
    yield "webhooks by outcome", outcomes
    yield "subscribers", f"{judgement.subscribers}, {result.connections} connections"
    yield "accepted and not delivered", f"{judgement.lost:,}"
    yield "delivered twice", f"{judgement.duplicates:,}"
    yield "subscribers with another order", f"{judgement.differing:,}"
    yield "gaps", f"{result.gaps:,}"
    yield "refused and recovered by the poller", f"{judgement.recovered:,} of {judgement.refused:,}"
    yield "without an answer and delivered", f"{judgement.unanswered_delivered:,} of {judgement.unanswered:,}"
    yield "accepted per second without faults", f"{result.per_second:,.0f}"
    times = (result.answer_p50_ms, result.answer_p99_ms, result.answer_max_ms)
    yield "answer p50, p99, most, ms", ", ".join(f"{value:.1f}" for value in times)
    yield "answer p99, most during faults, ms", f"{result.fault_p99_ms:.1f}, {result.fault_max_ms:.1f}"
    yield "last delivery after the last answer, ms", f"{result.last_delivery_ms:.0f}"
    yield "CPU µs of both servers per webhook and subscriber", f"{result.cpu_us:.0f}"


def _fan_out_rows(results: dict[str, FanOutResult]) -> Iterator[Row]:
    bare = {rate.per_second: rate for rate in results[BARE].rates} if BARE in results else {}
    for kind, name in KIND_NAMES.items():
        if kind in results:
            result = results[kind]
            for rate in result.rates:
                memory = f"{result.idle_kib:.1f}, {rate.memory_kib:.1f}"
                yield f"{result.subscribers:,}, {name}", memory, *_rate_cells(rate, bare)


def _rate_cells(rate: RateResult, bare: dict[float, RateResult]) -> Row:
    reference = bare.get(rate.per_second)
    return (
        f"{rate.per_second:g}",
        f"{rate.last_p50_ms:,.0f}, {rate.last_p99_ms:,.0f}",
        f"{rate.answer_p50_ms:.1f}, {rate.answer_p99_ms:.1f}, {rate.answer_max_ms:.1f}",
        f"{rate.cpu_us:.1f}",
        "" if reference is None else f"{rate.cpu_us / reference.cpu_us:.2f} times",
        f"{rate.cpu_percent:.0f}",
    )
