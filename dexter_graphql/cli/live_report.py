"""Where the changes of streams come from, for `dexter doctor`: webhooks, integrations at Sentry, and polling."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from dexter_graphql.cli.client import CONNECTION_ERRORS, RunningServer, printable
from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import integrations
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.server.changes import CHANGES
from dexter_graphql.server.webhooks import PATH
from dexter_graphql.settings import Settings
from dexter_graphql.settings.addresses import bracketed

SUBSCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {"issue": "issueChanged", "comment": "commentChanged", "error": "errorReceived", "seer": "autofixChanged"}
)
"""Resource of an integration → the subscription that needs its webhooks."""
TIMEOUT_S = 3.0
MAX_REPORT_BYTES = 1024 * 1024
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not bound


class App(msgspec.Struct, frozen=True, rename="camel"):
    """A custom integration of an organization."""

    name: str
    events: list[str]
    webhook_url: str | None = None
    is_alertable: bool = False
    is_disabled: bool = False

    @property
    def is_ours(self) -> bool:
        """True when its webhooks go to a Dexter server."""
        return urlsplit(self.webhook_url or "").path == PATH


class OrganizationReport(msgspec.Struct, frozen=True, rename="camel"):
    """What a running server says about one organization."""

    organization: str
    has_webhooks: bool
    is_followed: bool
    is_polled: bool
    last_webhook_at: datetime | None = None
    problem: str | None = None


class ServerReport(msgspec.Struct, frozen=True, rename="camel"):
    """What a running server says."""

    is_polling: bool
    organizations: list[OrganizationReport]


async def report_integrations(
    client: SentryClient, call_context: CallContext, organization: OrganizationRef, problems: list[str]
) -> AsyncIterator[str]:
    """Yield a line for each integration of an organization whose webhooks go to Dexter; disabled ones are problems."""
    try:
        answer = await client.send(integrations.APPS, call_context, parents=Parents(organization))
        apps = msgspec.json.decode(answer.body, type=list[App])
    except (SentryError, msgspec.DecodeError) as error:
        yield f"{organization.slug}: its integrations cannot be read ({error})"
        return
    ours = [app for app in apps if app.is_ours]
    if not ours:
        yield f"{organization.slug}: no integration of Sentry sends webhooks to {PATH}"
    for app in ours:
        if app.is_disabled:
            problems.append(f"{organization.slug}: Sentry has disabled the integration '{printable(app.name)}'")
        yield f"{organization.slug}: {_describe_app(app)}"


def _describe_app(app: App) -> str:
    missing = [f"{resource} ({name})" for resource, name in SUBSCRIPTIONS.items() if resource not in app.events]
    missing += [] if app.is_alertable else ["alerts (alertFired)"]
    sent = ", ".join(sorted(app.events)) or "nothing"
    text = f"the integration '{app.name}' sends {sent}"
    return printable(f"{text}, and not {', '.join(missing)}" if missing else text)


def report_server(settings: Settings) -> Iterator[str]:
    """Yield a line for each organization of which the server of these settings receives webhooks, or which it polls."""
    if settings.admin_address is None:
        yield "the server has no admin address (DEXTER_ADMIN_LISTEN) that would say when webhooks arrived"
        return
    host, port = settings.admin_address
    server = RunningServer(f"http://{bracketed(WILDCARDS.get(host, host))}:{port}")
    report = _read_report(server)
    if report is None:
        yield f"no server answers at {server.url}{CHANGES}, which would say when webhooks arrived"
        return
    if not report.is_polling:
        yield "polling is off: it needs SENTRY_AUTH_TOKEN and DEXTER_POLL_SECONDS"
    for organization in report.organizations:
        yield printable(f"{organization.organization}: {_describe(organization)}")


def _read_report(server: RunningServer) -> ServerReport | None:
    try:
        with server.get(CHANGES, timeout_s=TIMEOUT_S) as response:
            if response.status != HTTPStatus.OK:
                return None
            return msgspec.json.decode(response.read(MAX_REPORT_BYTES), type=ServerReport)
    except (*CONNECTION_ERRORS, msgspec.DecodeError):
        return None


def _describe(report: OrganizationReport) -> str:
    if not report.has_webhooks:
        webhooks = "no secret of its webhooks is set (DEXTER_WEBHOOK_SECRETS)"
    elif report.last_webhook_at is None:
        webhooks = "no webhook has arrived since the server started"
    else:
        age_s = max(0, int(Clock().time() - report.last_webhook_at.timestamp()))
        webhooks = f"the last webhook arrived {age_s} s ago, at {report.last_webhook_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{webhooks}; {_describe_polling(report)}"


def _describe_polling(report: OrganizationReport) -> str:
    if not report.is_followed:
        return "not polled, because no stream follows it"
    if report.problem is not None:
        return f"not polled now: {report.problem}"
    return "polled" if report.is_polled else "not polled, because webhooks arrive"
