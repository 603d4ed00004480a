"""Every GET route of the sandbox, asked for something real, against the document that describes it."""

import aiohttp
import pytest
import route_values
from conformance import violations
from descriptions import description
from published import Documents, key_of
from yarl import URL

from dexter_graphql.sandbox.http import Route
from dexter_graphql.sandbox.routes import all_routes
from dexter_graphql.sandbox.server import SandboxServer

ROUTES = sorted(all_routes(), key=lambda route: (route.path, route.method))
READS = [pytest.param(route, id=route.path) for route in ROUTES if route.method == "GET"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("route", READS)
async def test_answer_conforms(
    route: Route, documents: Documents, sandbox: SandboxServer, client: aiohttp.ClientSession
):
    """The answer has every member its description requires, each of its type, and no unknown key."""
    key = key_of("GET", route.path)
    schema = description(key, documents)
    url = f"{sandbox.url}/api/0{route_values.url_of(route, sandbox.world)}"
    query = route_values.query_of(route, sandbox.world)

    async with client.get(URL(url, encoded=True), params=query) as response:
        body = await response.json(content_type=None)

    assert response.status == 200, body
    assert schema is not None, "no document and no schema of our own describes it"
    assert violations(schema, body) == []
