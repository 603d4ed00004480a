"""The Python client gql: over HTTP, in batches and over a WebSocket."""

import asyncio

import pytest
import pytest_asyncio
from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from support.live_changes import current_position
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLUG = "query Slug($slug: String!) { organization(slug: $slug) { slug } }"
ACME = {"organization": {"slug": "acme"}}
CHANGES = """subscription ($org: String!, $after: String) {
  issueChanged(organization: { slug: $org }, after: $after) { change { kind issue { shortId } } } }"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server that takes batches."""
    async with running_site(max_batch=10) as running:
        yield running


def request(text, **variables):
    """A request of the client."""
    return GraphQLRequest(gql(text).document, variable_values=variables)


async def test_query_is_validated_by_the_fetched_schema(site):
    """The client fetches the schema by introspection, checks its queries by it, and gets their data."""
    async with Client(transport=AIOHTTPTransport(site.graphql), fetch_schema_from_transport=True) as session:
        data = await session.execute(request(SLUG, slug="acme"))
        fields = session.client.schema.query_type.fields

    assert (data, "organization" in fields) == (ACME, True)


async def test_errors_are_exceptions_with_codes(site):
    """The client raises what the server reports."""
    async with Client(transport=AIOHTTPTransport(site.graphql)) as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(request("{ nothing }"))

    assert refused.value.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_requests_are_batched(site):
    """Several requests are one, and have their data in their order."""
    async with Client(transport=AIOHTTPTransport(site.graphql)) as session:
        answers = await session.execute_batch([request(SLUG, slug="acme"), request("{ __typename }")])

    assert answers == [ACME, {"__typename": "Query"}]


async def test_subscription_gives_what_happens(site):
    """A change is delivered at once over a WebSocket."""
    position = await current_position(site)
    issue = site.upstream.simulation.open_issue()
    transport = WebsocketsTransport(site.graphql.replace("http", "ws", 1))
    async with asyncio.timeout(20), Client(transport=transport) as session:
        async for item in session.subscribe(request(CHANGES, org="acme", after=position)):
            change = item["issueChanged"]["change"]
            break

    assert (change["kind"], change["issue"]["shortId"]) == ("CREATED", issue.short_id)
