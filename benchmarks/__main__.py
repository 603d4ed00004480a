"""`python -m benchmarks`: measures, prints, writes and compares; docs/benchmarks.md says what for."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
import uvloop

from benchmarks import reference
from benchmarks.measuring import FULL, SHORT, Form, measure
from benchmarks.processes import BenchmarkError
from benchmarks.profiling import profile, show
from benchmarks.reports import markdown, rendered
from benchmarks.results import Found, Run
from benchmarks.workloads import WORKLOADS

RESULTS = Path(__file__).with_name("results.json")
T = TypeVar("T")


@click.command()
@click.option("--workload", "names", multiple=True, type=click.Choice(list(WORKLOADS)), help="Only this; repeatable.")
@click.option("--short", is_flag=True, help="Measure for seconds instead of minutes.")
@click.option("--json", "path", type=click.Path(path_type=Path), default=RESULTS, show_default=True, help="Results.")
@click.option("--check", is_flag=True, help="End with 1 when a ratio fell by a quarter against the committed ones.")
@click.option("--write-reference", is_flag=True, help="Commit to the ratios of this run.")
@click.option("--render", is_flag=True, help="Measure nothing; print earlier results as Markdown.")
@click.option("--profile", "profiled", type=click.Path(resolve_path=True), help="Profile one server instead.")
@click.option("--server", default="dexter", show_default=True, help="Which one is profiled.")
def main(
    *,
    names: tuple[str, ...],
    short: bool,
    path: Path,
    check: bool,
    write_reference: bool,
    render: bool,
    profiled: str | None,
    server: str,
) -> None:
    """Processor time per request of Dexter and of other servers, and ratios between them."""
    chosen = names or tuple(WORKLOADS)
    if render:
        click.echo(markdown(msgspec.json.decode(path.read_bytes(), type=Run)))
        return
    if profiled is not None:
        requests = _run(profile(WORKLOADS[chosen[0]], server, profiled))
        show(profiled)
        click.echo(f"{requests} requests of '{chosen[0]}' at '{server}': {profiled}")
        return
    form = SHORT if short else FULL
    run = _run(measure(form, chosen, _tell))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
    click.echo(f"Written to {path}")
    if write_reference:
        reference.write(run)
    if check and not _holds(run, form):
        sys.exit(1)


def _holds(run: Run, form: Form) -> bool:
    """Whether no ratio fell; what fell once is measured again, because the machine may have been busy."""
    fallen = reference.fallen(run, reference.read())
    if fallen:
        click.echo(f"Measured again: {', '.join(fallen)}")
        fallen = reference.fallen(_run(measure(form, fallen, _tell)), reference.read())
    for name, ratios in fallen.items():
        click.echo(f"{name}: {'; '.join(ratios)}", err=True)
    return not fallen


def _tell(name: str, found: Found) -> None:
    click.echo(rendered(name, found))


def _run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(main)
        except BenchmarkError as error:
            raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
