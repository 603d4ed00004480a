"""`dexter webhook test`: what a running server answers."""

import asyncio

import pytest
import structlog
from click.testing import CliRunner

from dexter_graphql.cli import commands
from dexter_graphql.cli.running import listen
from dexter_graphql.telemetry.logs import configure_logs
from support.server import running_site


@pytest.fixture(autouse=True)
def _quiet_server():
    """Commands print to the output of this process, where the server would log."""
    before = structlog.get_config()
    configure_logs("error", "text")
    yield
    structlog.configure(**before)


async def invoked(url, secrets, organization="acme"):
    """The result of the command, which has a thread because it blocks."""
    arguments, settings = ["webhook", "test", organization, "--url", url], {"DEXTER_WEBHOOK_SECRETS": secrets}
    return await asyncio.to_thread(CliRunner().invoke, commands, arguments, env=settings)


@pytest.mark.parametrize(
    ("secrets", "code", "starts"),
    [
        ("acme=right", 0, ["ok"]),
        ("acme=wrong", 1, ["FAIL"]),
        ("acme=wrong,acme=right,globex=other", 1, ["FAIL", "ok"]),
    ],
)
async def test_answer_is_reported(secrets, code, starts):
    """Each secret of the organization is tried; one that is not the server's is a failure with advice."""
    async with running_site(webhook_secrets=("acme=right",)) as site:
        results = [await invoked(site.url, secrets) for _ in range(2)]

    for result in results:
        assert (result.exit_code, [line.split()[0] for line in result.output.splitlines()]) == (code, starts)
        assert ("answered 401: The signature is missing or wrong. Compare " in result.output) is bool(code)


async def test_test_webhook_reaches_no_reader():
    """The server takes it for a webhook of a resource that it does not know: nothing is invalidated."""
    async with running_site(webhook_secrets=("acme=right",)) as site:
        query = '{ organization(slug: "acme") { name } }'
        await site.data(query)
        start = len(site.upstream.requests)
        result = await invoked(site.url, "acme=right")
        await site.data(query)

    assert result.exit_code == 0
    assert len(site.upstream.requests) == start


async def test_server_that_is_not_there_is_a_failure():
    """The address is what to look at."""
    with listen("127.0.0.1", 0) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    result = await invoked(url, "acme=right")

    assert result.exit_code == 1
    assert result.output.startswith(f"FAIL  {url} cannot be reached (")


async def test_organization_without_a_secret_is_a_mistake():
    """Nothing is sent; the variable is named."""
    result = await invoked("http://127.0.0.1:9", "globex=other")

    assert str(result.exception).startswith("DEXTER_WEBHOOK_SECRETS: has no secret of 'acme'")
