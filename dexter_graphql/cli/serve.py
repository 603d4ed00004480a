"""`dexter serve`: the server, with the embedded sandbox if requested."""

import socket
from contextlib import AsyncExitStack
from functools import partial

import click

from dexter_graphql.app import create_app
from dexter_graphql.cli.running import listen, listen_admin, run, run_in_loop
from dexter_graphql.settings import VINTAGES, Settings, load_settings
from dexter_graphql.settings.addresses import bracketed
from dexter_graphql.settings.identity import Mode
from dexter_graphql.telemetry.logs import configure_logs

FIRST_QUERY = (
    '{ organization(slug: \\"acme\\") { issues(first: 3) '
    "{ nodes { shortId title project { slug } latestEvent { eventId occurredAt } } } } }"
)


@click.command()
@click.option("--sandbox", "with_sandbox", is_flag=True, help="Use the embedded fake Sentry instead of a real one.")
@click.option(
    "--vintage",
    type=click.Choice(VINTAGES),
    help="Sentry release that the embedded sandbox imitates (DEXTER_SANDBOX_VINTAGE).",
)
@click.option("--host", help="Address to listen on (DEXTER_HOST).")
@click.option("--port", type=int, help="Port to listen on; 0 picks a free one (DEXTER_PORT).")
@click.option("--mode", help=f"Accepted clients: {', '.join(Mode)}, or several with commas (DEXTER_MODE).")
@click.option("--allow-writes", is_flag=True, default=None, help="Allow mutations (DEXTER_ALLOW_WRITES).")
def serve(
    *,
    with_sandbox: bool,
    vintage: str | None,
    host: str | None,
    port: int | None,
    mode: str | None,
    allow_writes: bool | None,
) -> None:
    """Serve the graph, GraphiQL and the webhooks."""
    settings = load_settings(host=host, port=port, mode=mode, allow_writes=allow_writes, sandbox_vintage=vintage)
    configure_logs(settings.log_level, settings.log_format)
    run_in_loop(_serve(settings, with_sandbox=with_sandbox))


async def _serve(settings: Settings, *, with_sandbox: bool) -> None:
    listener, admin_listener = listen(settings.host, settings.port), listen_admin(settings)
    port = listener.getsockname()[1]
    address = f"http://{bracketed(settings.host)}:{port}"
    async with AsyncExitStack() as stack:
        if with_sandbox:
            # Imported where it is used, because it takes 3 MiB.
            from dexter_graphql.sandbox import SandboxServer, Vintage, build_world  # noqa: PLC0415

            world = build_world(settings.sandbox_seed, vintage=Vintage(settings.sandbox_vintage))
            sandbox = await stack.enter_async_context(
                SandboxServer(world, events_per_second=settings.sandbox_events_per_second)
            )
            secret = sandbox.webhooks.secret("acme")
            settings = load_settings(
                **settings.model_dump(exclude={"sentry_url", "sentry_auth_token", "webhook_secrets"}),
                sentry_url=sandbox.url,
                sentry_auth_token=sandbox.token,
                webhook_secrets=(*settings.webhook_secrets, f"acme={secret}"),
            )
            sandbox.webhooks.set_url(f"{address}/webhooks/sentry")
            click.echo(f"Sandbox   {sandbox.url}\nToken     {sandbox.token}")
        dexter = create_app(settings, is_sandbox=with_sandbox)
        welcome = partial(click.echo, _welcome(address, admin_listener, settings))
        await run(dexter, settings, listener, admin_listener, welcome)


def _welcome(address: str, admin_listener: socket.socket | None, settings: Settings) -> str:
    token = " -H 'authorization: Bearer YOUR_TOKEN'" if Mode.OPEN not in settings.mode else ""
    return (
        f"GraphQL   {address}/graphql  (open it in a browser for GraphiQL)\n"
        f"Health    {address}/health/ready\n"
        f"{_metrics_line(admin_listener)}"
        f"Sentry    {settings.sentry_url}\n\n"
        "A first query:\n"
        f"  curl {address}/graphql -H 'content-type: application/json'{token} \\\n"
        f'    -d \'{{"query": "{FIRST_QUERY}"}}\'\n'
    )


def _metrics_line(listener: socket.socket | None) -> str:
    if listener is None:
        return ""
    host, port = listener.getsockname()[:2]
    return f"Metrics   http://{bracketed(host)}:{port}/metrics\n"
