"""`dexter drill`: runs a fault drill and prints its result; exits with 1 when a check fails."""

import sys
from dataclasses import replace

import click

from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.drills import DRILLS, Drill, LoadProfile, render
from dexter_graphql.sandbox import DEFAULT_SEED
from dexter_graphql.telemetry.logs import configure_logs


@click.command()
@click.argument("name", type=click.Choice(sorted(DRILLS)))
@click.option("--seconds", type=click.FloatRange(min=0), help="Seconds of load. Each drill has a default.")
@click.option("--clients", type=click.IntRange(min=1), help="Number of concurrent clients. Each drill has a default.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="Seed of the sandbox's data and random choices.")
def drill(*, name: str, seconds: float | None, clients: int | None, seed: int) -> None:
    """Run a fault drill with its own server and sandbox."""
    configure_logs("error", "text")
    selected = DRILLS[name]
    profile = replace(selected.full, seed=seed)
    profile = profile if seconds is None else replace(profile, seconds=seconds)
    profile = profile if clients is None else replace(profile, clients=clients)
    run_in_loop(_run(selected, profile))


async def _run(selected: Drill, profile: LoadProfile) -> None:
    click.echo(f"{selected.purpose}\n{profile.clients} clients, {profile.seconds:g} s of load, seed {profile.seed}\n")
    result = await selected.run(profile)
    click.echo(render(result))
    if not result.has_passed:
        sys.exit(1)
