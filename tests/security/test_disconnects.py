"""Clients that hang up: what they began ends, and nobody else waits for it."""

import asyncio
import re

import pytest

from dexter_graphql.sandbox import Fault
from support.command import PATIENCE_S
from support.live_changes import current_position, subscribed
from support.raw_http import connected, graphql_bytes, request_bytes
from support.server import running_site
from support.transports import TRANSPORTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUTATION = """mutation { resolveIssues(input: {issues: {shortIds: {organization: {slug: "acme"}, values: ["WEB-1"]}}})
  { results { issue { status } } } }"""


def query(number):
    """A list that no other query shares."""
    search = f"n{number}"
    return f'{{ organization(slug: "acme") {{ issues(filter: {{ search: "{search}" }}) {{ nodes {{ id }} }} }} }}'


def get_bytes(document):
    """A GET of a GraphQL document."""
    escaped = document.replace(" ", "%20").replace('"', "%22").replace("{", "%7B").replace("}", "%7D")
    return request_bytes(path=f"/graphql?query={escaped}")


async def until(condition):
    """Wait for a condition that no event announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.01)


async def in_flight(site):
    """Calls to Sentry under way, by the metrics."""
    async with site.session.get(f"{site.admin_url}/metrics") as answer:
        return float(re.search(r"^dexter_upstream_in_flight (\S+)$", await answer.text(), re.MULTILINE)[1])


@pytest.mark.parametrize("encode", [graphql_bytes, get_bytes], ids=["POST", "GET"])
async def test_hang_up_ends_the_operation_and_its_call(encode):
    """A plain request whose client leaves ends at once, with its call to Sentry."""
    async with running_site() as site:
        await site.data(query("warm"))
        site.upstream.faults.add(Fault("hang", route="/issues/"))
        before = len(site.upstream.requests)
        async with connected(site.url) as connection:
            await connection.send(encode(query(1)))
            await until(lambda: len(site.upstream.requests) > before)
            assert await in_flight(site) == 1
        async with asyncio.timeout(PATIENCE_S):
            while await in_flight(site):  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.01)


async def test_thousand_hang_ups_do_not_delay_the_next_answer():
    """Abandoned reads leave their place in the queues, where Sentry would never have answered them."""
    async with running_site() as site:
        await site.data(query("warm"))
        site.upstream.faults.add(Fault("hang", route="/issues/", times=None))

        async def ask_and_leave(number):
            async with connected(site.url) as connection:
                await connection.send(graphql_bytes(query(number)))
                await asyncio.sleep(0.3)

        for start in range(0, 1000, 250):
            await asyncio.gather(*(ask_and_leave(start + number) for number in range(250)))
        site.upstream.faults.clear()
        async with asyncio.timeout(PATIENCE_S):
            await site.data(query("next"))


async def test_hang_up_leaves_shared_work_to_others():
    """An execution that another client waits for goes on, whoever began it."""
    async with running_site() as site:
        await site.data(query("warm"))
        site.upstream.faults.add(Fault("delay", route="/issues/", delay_s=0.5))
        before = len(site.upstream.requests)
        async with connected(site.url) as leader:
            await leader.send(graphql_bytes(query(1)))
            await until(lambda: len(site.upstream.requests) > before)
            follower = asyncio.create_task(site.data(query(1)))
            await asyncio.sleep(0.1)
        data = await follower

        assert data["organization"]["issues"] is not None
        assert len(site.upstream.requests) == before + 1


async def test_mutation_is_finished():
    """A write goes on when its client leaves, so that its outcome is applied, announced and forgotten by no cache."""
    async with running_site() as site:
        site.upstream.faults.add(Fault("delay", route="/issues/", delay_s=0.2))
        async with connected(site.url) as connection:
            await connection.send(graphql_bytes(MUTATION))
            await until(lambda: any(request.method == "PUT" for request in site.upstream.requests))
        await asyncio.sleep(0.5)

        data = await site.data('{ organization(slug: "acme") { issue(shortId: "WEB-1") { status } } }')
        assert data["organization"]["issue"]["status"] == "RESOLVED"


@pytest.mark.parametrize(
    "transport", [each for each in TRANSPORTS if each.is_stream], ids=lambda transport: transport.__name__
)
async def test_mutation_over_a_stream_is_finished(transport):
    """A write goes on when the client of its stream leaves, and its change is announced."""
    async with running_site() as site:
        after = await current_position(site)
        site.upstream.webhooks.set_url(None)
        site.upstream.faults.add(Fault("delay", route="/issues/", delay_s=0.2))
        answering = asyncio.ensure_future(anext(transport(site).ask(MUTATION, None)))
        await until(lambda: any(request.method == "PUT" for request in site.upstream.requests))
        answering.cancel()
        async with subscribed(site, after=after) as reader:
            change = (await reader.item())["change"]

    assert (change["kind"], change["origin"], change["issue"]["shortId"]) == ("RESOLVED", "MUTATION", "WEB-1")


async def test_pipelined_requests_end_with_their_connection():
    """The oldest request of a connection ends with it, and those behind it never begin."""
    async with running_site() as site:
        await site.data(query("warm"))
        site.upstream.faults.add(Fault("hang", route="/issues/"))
        before = len(site.upstream.requests)
        async with connected(site.url) as connection:
            await connection.send(graphql_bytes(query(1)) + graphql_bytes(query(2)))
            await until(lambda: len(site.upstream.requests) > before)
        await asyncio.sleep(0.1)

        text = await (await site.session.get(f"{site.admin_url}/metrics")).text()
        assert 'dexter_requests_total{method="POST",status="499"} 1.0' in text
        assert len(site.upstream.requests) == before + 1


async def test_disconnect_is_counted_as_499():
    """The metrics count a client that left with the status 499."""
    async with running_site() as site:
        site.upstream.faults.add(Fault("hang", route="/issues/"))
        async with connected(site.url) as connection:
            await connection.send(graphql_bytes(query(1)))
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)
        text = await (await site.session.get(f"{site.admin_url}/metrics")).text()

    assert 'status="499"' in text
    assert "INTERNAL" not in text
