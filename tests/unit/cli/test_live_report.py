"""`dexter doctor`: where the changes of streams come from."""

import asyncio
from urllib.parse import urlsplit

import pytest

from dexter_graphql.cli.live_report import SUBSCRIPTIONS, report_integrations, report_server
from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.settings import load_settings
from support.live_changes import issue_editor, open_issues
from support.sandbox import running_sandbox
from support.server import running_site


async def integrations(sandbox):
    """The lines and the problems of acme's integrations."""
    clock, problems = Clock(), []
    client = build_client(clock=clock, base_url=sandbox.url)
    call_context = CallContext(Upstream("own", sandbox.token), clock.time() + 10, CallBudget(10))
    acme = OrganizationRef("100000", "acme")
    lines = [line async for line in report_integrations(client, call_context, acme, problems)]
    await client.close()
    return lines, problems


async def server(site):
    """The lines about the running server, which is asked from a thread."""
    settings = load_settings(admin_listen=urlsplit(site.admin_url).netloc)
    return await asyncio.to_thread(lambda: list(report_server(settings)))


async def test_missing_resources_are_named():
    """The integration whose webhooks go to Dexter is shown with what it sends, and with what that leaves out."""
    async with running_sandbox() as sandbox:
        sandbox.webhooks.set_url("https://dexter.example/webhooks/sentry")
        app = sandbox.world.find_organization("acme").apps[0]
        app.events = ("issue",)

        lines, problems = await integrations(sandbox)

    missing = "comment (commentChanged), error (errorReceived), seer (autofixChanged)"
    assert lines == [f"acme: the integration 'Dexter' sends issue, and not {missing}"]
    assert problems == []


async def test_disabled_integration_is_a_problem():
    """Sentry disables an integration whose webhooks fail; an answer that is no list of integrations is a line."""
    async with running_sandbox() as sandbox:
        app = {"name": "Dexter", "events": ["issue"], "webhookUrl": "https://x/webhooks/sentry", "isDisabled": True}
        headers = {"Content-Type": "application/json"}
        for body in ([app], {"detail": "?"}):
            sandbox.faults.add(Fault(status=200, body=body, route="/sentry-apps/", headers=headers))

        lines, problems = await integrations(sandbox)
        unreadable, _ = await integrations(sandbox)

    assert problems == ["acme: Sentry has disabled the integration 'Dexter'"]
    assert lines[0].endswith("alerts (alertFired)")
    assert unreadable[0].startswith("acme: its integrations cannot be read (")


async def test_running_server_says_when_webhooks_arrived():
    """The age of the last webhook, and whether the organization is polled, come from the admin address."""
    async with running_site(poll_s=30) as site:
        before = await server(site)
        issue_editor(site).resolve(*open_issues(site), Resolution())
        await site.upstream.webhooks.drain()
        after = await server(site)

    assert before == ["acme: no webhook has arrived since the server started; not polled, because no stream follows it"]
    assert after[0].startswith("acme: the last webhook arrived 0 s ago, at 20")


async def test_server_that_does_not_poll_says_so():
    """Without polling, which needs a token and an interval, lost webhooks are not found."""
    async with running_site(poll_s=0) as site:
        assert (await server(site))[0] == "polling is off: it needs SENTRY_AUTH_TOKEN and DEXTER_POLL_SECONDS"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "off"])
async def test_without_a_server_nothing_is_known(address):
    """A server that is not there, or has no admin address, is one line."""
    (line,) = report_server(load_settings(admin_listen=address))

    assert "would say when webhooks arrived" in line


def test_subscriptions_exist(graph):
    """What an integration does not send is named by the subscription that needs it."""
    assert set(SUBSCRIPTIONS.values()) <= set(graph.schema.subscription_type.fields)
