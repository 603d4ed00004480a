"""`dexter drill`: a fault drill under load, its table, and exit code 1 when a promise is broken."""

import sys
from dataclasses import replace

import click

from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.drills import DRILLS, Drill, Form, rendered
from dexter_graphql.sandbox import DEFAULT_SEED
from dexter_graphql.telemetry.logs import configure_logs


@click.command()
@click.argument("name", type=click.Choice(sorted(DRILLS)))
@click.option("--seconds", type=click.FloatRange(min=0), help="Seconds of load; the drill's own when left out.")
@click.option("--clients", type=click.IntRange(min=1), help="Clients at the same time; the drill's own when left out.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="Equal seeds draw equal lots.")
def drill(*, name: str, seconds: float | None, clients: int | None, seed: int) -> None:
    """Run a fault drill on a server and a sandbox of its own."""
    configure_logs("error", "text")
    chosen = DRILLS[name]
    form = replace(chosen.full, seed=seed)
    form = form if seconds is None else replace(form, seconds=seconds)
    form = form if clients is None else replace(form, clients=clients)
    run_in_loop(_run(chosen, form))


async def _run(chosen: Drill, form: Form) -> None:
    click.echo(f"{chosen.purpose}\n{form.clients} clients, {form.seconds:g} s of load, seed {form.seed}\n")
    result = await chosen.run(form)
    click.echo(rendered(result))
    if not result.is_kept:
        sys.exit(1)
