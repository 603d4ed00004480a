"""`dexter sandbox`: the fake Sentry as a standalone server."""

import asyncio
import signal

import click

from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.errors import SettingsError
from dexter_graphql.sandbox import DEFAULT_SEED, SandboxServer, Vintage, build_world


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9000, show_default=True, help="Port to listen on, 0 for a free one.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="Seed of the generated data.")
@click.option(
    "--vintage",
    type=click.Choice([vintage.value for vintage in Vintage]),
    default=Vintage.SAAS.value,
    show_default=True,
    help="Sentry release to imitate; saas is sentry.io.",
)
@click.option("--latency-ms", default=0.0, show_default=True, help="Delay of every response in milliseconds.")
@click.option(
    "--events-per-second", default=0.0, show_default=True, help="Rate of simulated changes; 0 disables the simulation."
)
@click.option("--webhook-url", help="URL that receives the signed webhooks of organization acme.")
@click.option("--webhook-secret", help="Client secret that signs the webhooks; by default derived from the seed.")
def sandbox(
    *,
    host: str,
    port: int,
    seed: int,
    vintage: str,
    latency_ms: float,
    events_per_second: float,
    webhook_url: str | None,
    webhook_secret: str | None,
) -> None:
    """Run a fake Sentry with generated data, webhooks and scripted faults."""
    server = SandboxServer(
        build_world(seed, vintage=Vintage(vintage)),
        host=host,
        port=port,
        latency_ms=latency_ms,
        webhook_url=webhook_url,
        events_per_second=events_per_second,
    )
    if webhook_secret:
        server.webhooks.set_secret(webhook_secret)
    run_in_loop(_run(server))


async def _run(server: SandboxServer) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    try:
        await server.start()
    except OSError as error:
        raise SettingsError(f"cannot listen ({error.strerror or error}); choose another --host or --port") from None
    try:
        click.echo(
            f"Sandbox   {server.url}\nToken     {server.token}\nWebhooks  secret {server.webhooks.secret('acme')}"
        )
        await stopped.wait()
    finally:
        await server.stop()
