"""`dexter webhook`: tests whether a running server accepts the webhooks of an organization."""

import sys
import uuid
from collections.abc import Mapping
from http import HTTPStatus

import click
import msgspec

from dexter_graphql.cli.client import CONNECTION_ERRORS, RunningServer, printable, read_message, running_server
from dexter_graphql.clock import Clock
from dexter_graphql.errors import SettingsError
from dexter_graphql.realtime.webhooks.signatures import signature
from dexter_graphql.settings import load_settings

TIMEOUT_S = 10.0
PATH = "/webhooks/sentry"
RESOURCE = "dexter_test"
"""A resource that only `activity` shows, and that invalidates nothing."""
ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Compare DEXTER_WEBHOOK_SECRETS and the time of this machine with those of the server.",
    HTTPStatus.NOT_FOUND: "Set DEXTER_URL to the address of a Dexter server.",
}


@click.group()
def webhook() -> None:
    """Test the webhooks of a running server."""


@webhook.command(name="test")
@click.argument("organization", metavar="ORG")
@click.option("--url", help="Address of the server, instead of DEXTER_URL.")
def send_test(*, organization: str, url: str | None) -> None:
    """Deliver a test webhook to the server, signed as Sentry signs those of ORG.

    One for each secret of the organization in DEXTER_WEBHOOK_SECRETS. It changes nothing, and only `activity` shows it.
    Exits with 1 when one is not accepted.
    """
    settings = load_settings(dexter_url=url)
    secrets = [secret for owner, secret in settings.secrets_by_organization if owner == organization]
    if not secrets:
        raise SettingsError(f"DEXTER_WEBHOOK_SECRETS: has no secret of {organization!r}; set it as on the server")
    server = running_server(settings)
    problems = [problem for secret in secrets if (problem := deliver(server, secret)) is not None]
    for problem in problems:
        click.echo(f"FAIL  {printable(problem)}")
    if len(problems) < len(secrets):
        count = f"{len(secrets) - len(problems)} of {len(secrets)}"
        click.echo(f"ok    {server.url}{PATH} accepted {count} test webhooks of {organization}")
    sys.exit(1 if problems else 0)


def deliver(server: RunningServer, secret: str) -> str | None:
    """Deliver a test webhook; return the problem when it is not accepted."""
    # The id makes each body another one, so that none is ignored as a redelivery.
    content = {"action": "test", "installation": {"uuid": str(uuid.uuid4())}, "data": {}}
    body = msgspec.json.encode(content)
    headers = {
        "Sentry-Hook-Resource": RESOURCE,
        "Sentry-Hook-Timestamp": str(int(Clock().time())),
        "Sentry-Hook-Signature": signature(secret, body),
    }
    try:
        with server.post(PATH, body, headers, timeout_s=TIMEOUT_S) as response:
            if response.status == HTTPStatus.OK:
                return None
            message = f"{server.url}{PATH} answered {response.status}: {read_message(response)}."
            return f"{message} {ADVICE.get(response.status, '')}".rstrip()
    except CONNECTION_ERRORS as error:
        return f"{server.url} cannot be reached ({error or type(error).__name__}). Check DEXTER_URL and the network."
