"""`python -m benchmarks`: measures, prints, writes and compares; docs/benchmarks.md says what for."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
import uvloop

from benchmarks.checks import broken, read_reference, write_reference
from benchmarks.measuring import FULL, REFERENCE, SHORT, Form, measure
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.profiling import profile, show
from benchmarks.reports import filled, markdown, rendered
from benchmarks.results import Found, Run
from benchmarks.workloads import WORKLOADS

RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = ROOT / "docs" / "benchmarks.md"
T = TypeVar("T")


@click.command()
@click.option("--workload", "names", multiple=True, type=click.Choice(list(WORKLOADS)), help="Only this; repeatable.")
@click.option("--short", is_flag=True, help="Measure for seconds instead of minutes.")
@click.option("--json", "path", type=click.Path(path_type=Path), default=RESULTS, show_default=True, help="Results.")
@click.option("--check", is_flag=True, help="End with 1 when a committed ratio fell by a quarter.")
@click.option("--write-reference", "commits", is_flag=True, help="Measure the ratios to be committed.")
@click.option("--render", is_flag=True, help="Measure nothing; write earlier results into the document.")
@click.option("--profile", "profiled", type=click.Path(resolve_path=True), help="Profile one server instead.")
@click.option("--server", default="dexter", show_default=True, help="Which one is profiled.")
def main(
    *,
    names: tuple[str, ...],
    short: bool,
    path: Path,
    check: bool,
    commits: bool,
    render: bool,
    profiled: str | None,
    server: str,
) -> None:
    """Processor time per request of Dexter and of other servers, and ratios between them."""
    chosen = names or tuple(WORKLOADS)
    representation = REFERENCE if commits else SHORT if short else FULL
    if render:
        run = msgspec.json.decode(path.read_bytes(), type=Run)
        DOCUMENT.write_text(filled(DOCUMENT.read_text(), markdown(run)))
        return
    if profiled is not None:
        requests = _run(profile(WORKLOADS[chosen[0]], server, profiled, cpu_s=representation.cpu_s))
        show(profiled)
        click.echo(f"{requests} requests of '{chosen[0]}' at '{server}': {profiled}")
        return
    run = _run(measure(representation, chosen, _tell))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
    click.echo(f"Written to {path}")
    if commits:
        write_reference(run)
    if check and not _holds(run, representation):
        sys.exit(1)


def _holds(run: Run, representation: Form) -> bool:
    """Whether nothing is broken; what is gets a second chance, because the machine may have been busy."""
    found = broken(run, read_reference())
    if found:
        click.echo(f"Once more: {', '.join(found)}\n")
        found = broken(_run(measure(representation, found, _tell)), read_reference())
    for name, problems in found.items():
        click.echo(f"{name}: {'; '.join(problems)}", err=True)
    return not found


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
