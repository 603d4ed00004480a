"""`python -m benchmarks`: the command that measures, prints, writes and checks; see docs/benchmarks.md."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
import uvloop

from benchmarks.checks import find_problems, read_reference, write_reference
from benchmarks.measuring import FULL, REFERENCE, SHORT, MeasurementOptions, measure
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.profiling import print_profile, profile
from benchmarks.reports import fill_results, render_markdown, render_table
from benchmarks.results import BenchmarkRun, WorkloadResult
from benchmarks.workloads import WORKLOADS

RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = ROOT / "docs" / "benchmarks.md"
T = TypeVar("T")


@click.command()
@click.option(
    "--workload",
    "names",
    multiple=True,
    type=click.Choice(list(WORKLOADS)),
    help="Run only this workload; repeatable.",
)
@click.option("--short", is_flag=True, help="Run a short benchmark of some seconds.")
@click.option(
    "--json", "path", type=click.Path(path_type=Path), default=RESULTS, show_default=True, help="File for the results."
)
@click.option("--check", is_flag=True, help="Exit with 1 if a ratio is a quarter below its reference.")
@click.option("--write-reference", "is_reference", is_flag=True, help="Measure the reference ratios and write them.")
@click.option("--render", is_flag=True, help="Measure nothing; write the last results into docs/benchmarks.md.")
@click.option(
    "--profile",
    "profile_path",
    type=click.Path(resolve_path=True),
    help="Profile a server and write the profile to this file.",
)
@click.option("--server", default="dexter", show_default=True, help="Server to profile.")
def main(
    *,
    names: tuple[str, ...],
    short: bool,
    path: Path,
    check: bool,
    is_reference: bool,
    render: bool,
    profile_path: str | None,
    server: str,
) -> None:
    """CPU time per request of Dexter and other servers, and their ratios."""
    selected = names or tuple(WORKLOADS)
    options = REFERENCE if is_reference else SHORT if short else FULL
    if render:
        run = msgspec.json.decode(path.read_bytes(), type=BenchmarkRun)
        DOCUMENT.write_text(fill_results(DOCUMENT.read_text(), render_markdown(run)))
        return
    if profile_path is not None:
        requests = _run(profile(WORKLOADS[selected[0]], server, profile_path, cpu_s=options.cpu_s))
        print_profile(profile_path)
        click.echo(f"{requests} requests of '{selected[0]}' on '{server}': {profile_path}")
        return
    run = _run(measure(options, selected, _print_result))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
    click.echo(f"Written to {path}")
    if is_reference:
        write_reference(run)
    if check and not _passes(run, options):
        sys.exit(1)


def _passes(run: BenchmarkRun, options: MeasurementOptions) -> bool:
    """Whether there are no problems; workloads with problems are measured again."""
    problems_by_workload = find_problems(run, read_reference())
    if problems_by_workload:
        click.echo(f"Measuring again: {', '.join(problems_by_workload)}\n")
        problems_by_workload = find_problems(
            _run(measure(options, problems_by_workload, _print_result)), read_reference()
        )
    for name, problems in problems_by_workload.items():
        click.echo(f"{name}: {'; '.join(problems)}", err=True)
    return not problems_by_workload


def _print_result(name: str, result: WorkloadResult) -> None:
    click.echo(render_table(name, result))


def _run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(main)
        except BenchmarkError as error:
            raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
