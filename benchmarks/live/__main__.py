"""`python -m benchmarks.live`: measures deliveries and fan-out of live streams; see docs/benchmarks.md."""

import asyncio
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from benchmarks.live.deliveries import DeliveryOptions, measure_deliveries
from benchmarks.live.fan_out import KINDS, FanOutOptions, measure_fan_out
from benchmarks.live.results import BARE, LiveRun, read_results, render_live, write_results
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.reports import fill_results
from dexter_graphql.cli.running import raise_file_limit

RESULTS = ROOT / "benchmarks" / "live.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MARK = "live results"
T = TypeVar("T")
json_option = click.option(
    "--json", "path", type=click.Path(path_type=Path), default=RESULTS, show_default=True, help="File for the results."
)


@click.group()
def main() -> None:
    """Live streams with real processes: servers, Redis, the sandbox's sender, raw WebSocket clients."""
    raise_file_limit()


@main.command()
@click.option("--webhooks", default=50_000, show_default=True, help="Webhooks to send.")
@click.option("--per-second", type=float, help="Rate of the webhooks; without it the highest.")
@click.option("--subscribers", default=8, show_default=True, help="Subscribers, half of them at each server.")
@click.option("--lanes", default=16, show_default=True, help="Connections of the sender.")
@click.option(
    "--recovery-seconds", default=60.0, show_default=True, help="Time for the poller to find what was refused."
)
@json_option
def deliveries(
    *, webhooks: int, per_second: float | None, subscribers: int, lanes: int, recovery_seconds: float, path: Path
) -> None:
    """Kill servers and Redis under load; exits with 1 unless each webhook is delivered exactly once."""
    options = DeliveryOptions(webhooks, per_second, subscribers, lanes, recovery_seconds)
    run = read_results(path)
    run.deliveries = _run(measure_deliveries(options))
    write_results(path, run)
    click.echo(render_live(LiveRun(deliveries=run.deliveries)))
    if not run.deliveries.judgement.is_exactly_once:
        sys.exit(1)


@main.command()
@click.option("--subscribers", default=10_000, show_default=True, help="Subscribers.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only these; repeatable.")
@click.option("--rate", "rates", multiple=True, type=float, help="Webhooks per second; repeatable.")
@click.option("--step-seconds", default=10.0, show_default=True, help="Time for each rate.")
@json_option
def subscribers(
    *, subscribers: int, kinds: tuple[str, ...], rates: tuple[float, ...], step_seconds: float, path: Path
) -> None:
    """Measure many subscribers of one server, at rising rates until one is too high, and bare uvicorn beside it."""
    options = FanOutOptions(subscribers, step_s=step_seconds)
    options = replace(options, rates=rates) if rates else options
    run = read_results(path)
    message = ""
    for kind in kinds or KINDS:
        run.fan_out[kind] = _run(measure_fan_out(options, kind))
        message = run.fan_out[kind].message
        write_results(path, run)
    run.fan_out[BARE] = _run(measure_fan_out(options, "same", message))
    write_results(path, run)
    click.echo(render_live(LiveRun(fan_out=run.fan_out)))


@main.command()
@json_option
def render(*, path: Path) -> None:
    """Measure nothing; write the last results into docs/benchmarks.md."""
    DOCUMENT.write_text(fill_results(DOCUMENT.read_text(), render_live(read_results(path)), MARK))


def _run(measurement: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(measurement)
        except BenchmarkError as error:
            raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
