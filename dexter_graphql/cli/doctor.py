"""`dexter doctor`: checks configuration and connectivity, and gives advice."""

import sys
from collections.abc import Iterator

import click

from dexter_graphql.app import transport_options
from dexter_graphql.cli.access_report import report_access
from dexter_graphql.cli.live_report import report_integrations, report_server
from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.clock import Clock
from dexter_graphql.graph.schema import build_graph
from dexter_graphql.graph.upstream_report import report_upstream
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient, build_client
from dexter_graphql.sentry.errors import Forbidden, HostNotAllowed, SentryError, Unauthorized
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.settings import Settings, load_settings
from dexter_graphql.settings.identity import Mode
from dexter_graphql.telemetry.logs import configure_logs

TIME_S = 60.0
CALLS = 100
MAX_ORGANIZATIONS = 10
"""Organizations whose integrations are read."""


@click.command()
def doctor() -> None:
    """Check the configuration and the connection to Sentry.

    Lists who may do what, and the features that the server and the token lack, too. Exits with 1 when there is a
    problem.
    """
    settings = load_settings()
    configure_logs("error", settings.log_format)  # the output has a line for everything that a warning would say
    click.echo(f"ok    settings: mode {', '.join(settings.mode)}, Sentry at {settings.sentry_url}")
    problems: list[str] = []
    run_in_loop(_check_all(settings, problems))
    for problem in problems:
        click.echo(f"FAIL  {problem}")
    sys.exit(1 if problems else 0)


async def _check_all(settings: Settings, problems: list[str]) -> None:
    await _check(settings, problems)
    async for line in report_access(settings, problems):
        click.echo(f"who   {line}")
    for line in report_server(settings):
        click.echo(f"live  {line}")


async def _check(settings: Settings, problems: list[str]) -> None:
    if settings.sentry_auth_token is None:
        if settings.mode != (Mode.PASSTHROUGH,):
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
    call_context = CallContext(Upstream("doctor", token), clock.time() + TIME_S, CallBudget(CALLS))
    directory = OrganizationDirectory(client, clock)
    try:
        organizations = await directory.all(call_context)
        slugs = ", ".join(organization.slug for organization in organizations)
        click.echo(f"ok    Sentry answers; organizations: {slugs or 'none'}")
        for region_url in directory.ignored_regions:
            click.echo(f"note  Sentry names {region_url} as its address; {client.hosts.base} is used instead.")
        problems += _region_problems(client, organizations)
        if organizations and not problems:
            await _check_features(client, call_context, organizations[0], problems)
            await _check_integrations(client, call_context, organizations, problems)
    except SentryError as error:
        problems.append(f"Sentry: {error}. {_advice(error)}")
    finally:
        await client.close()


async def _check_features(
    client: SentryClient, call_context: CallContext, organization: OrganizationRef, problems: list[str]
) -> None:
    """Note what the server and the token lack, with the fields that it concerns."""
    report = await report_upstream(client, call_context, organization, build_graph().schema)
    if report.problem is not None:
        problems.append(report.problem)
    for note in report.notes:
        click.echo(f"note  {note}")


async def _check_integrations(
    client: SentryClient, call_context: CallContext, organizations: list[OrganizationRef], problems: list[str]
) -> None:
    for organization in organizations[:MAX_ORGANIZATIONS]:
        async for line in report_integrations(client, call_context, organization, problems):
            click.echo(f"live  {line}")


def _region_problems(client: SentryClient, organizations: list[OrganizationRef]) -> Iterator[str]:
    """The regions to which the token would not be sent."""
    for region_url in dict.fromkeys(organization.region_url for organization in organizations):
        if region_url is not None:
            try:
                client.hosts.checked(region_url)
            except HostNotAllowed as error:
                yield str(error)


def _advice(error: SentryError) -> str:
    if isinstance(error, Unauthorized):
        return "Create a token at Sentry (Settings, Custom Integrations) and set SENTRY_AUTH_TOKEN."
    if isinstance(error, Forbidden):
        return "Give the token the scope org:read."
    return "Check SENTRY_URL and the network."
