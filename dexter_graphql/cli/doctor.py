"""`dexter doctor`: checks configuration and connectivity, and says what to do."""

import sys

import click

from dexter_graphql.app import transport_options
from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.errors import Forbidden, HostNotAllowed, SentryError, Unauthorized
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.settings import Settings, load_settings

TIME_S = 15.0


@click.command()
def doctor() -> None:
    """Check the configuration and whether Sentry answers; exit with 1 when something is to be done."""
    settings = load_settings()
    click.echo(f"ok    settings: mode {settings.mode.value}, Sentry at {settings.sentry_url}")
    problems: list[str] = []
    run_in_loop(_check(settings, problems))
    for problem in problems:
        click.echo(f"FAIL  {problem}")
    sys.exit(1 if problems else 0)


async def _check(settings: Settings, problems: list[str]) -> None:
    if settings.sentry_auth_token is None:
        if settings.mode.value == "open":
            problems.append("no token: set SENTRY_AUTH_TOKEN, or run 'dexter serve --sandbox'")
        return
    clock = Clock()
    client = build_client(
        clock=clock,
        base_url=settings.sentry_url,
        extra_hosts=settings.sentry_hosts,
        transport=transport_options(settings),
    )
    token = settings.sentry_auth_token.get_secret_value()
    call_context = CallContext(Upstream("doctor", token), clock.time() + TIME_S, CallBudget(10))
    try:
        found = await OrganizationDirectory(client, clock).all(call_context)
    except SentryError as error:
        problems.append(f"Sentry: {error}. {_advice(error)}")
    else:
        click.echo(f"ok    Sentry answers; organizations: {', '.join(one.slug for one in found) or 'none'}")
        for line in client.state():
            click.echo(f"      {line}")
        for one in found:
            _check_region(client.hosts.checked, one.region_url, problems)
    finally:
        await client.close()


def _check_region(checked: object, region_url: str | None, problems: list[str]) -> None:
    if region_url is None or not callable(checked):
        return
    try:
        checked(region_url)
    except HostNotAllowed as error:
        problems.append(str(error))


def _advice(error: SentryError) -> str:
    if isinstance(error, Unauthorized):
        return "Make a new token at Sentry (Settings, Custom Integrations) and set SENTRY_AUTH_TOKEN."
    if isinstance(error, Forbidden):
        return "Give the token the scope org:read."
    return "Check SENTRY_URL and the way there."
