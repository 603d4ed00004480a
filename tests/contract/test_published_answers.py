"""Every GET route of the sandbox, asked for something real, against the document that describes it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import examples
import pytest
import pytest_asyncio
from conformance import violations
from corrections import corrected
from own_answers import OWN_ANSWERS, SAME_AS
from published import Documents, Key, key_of
from yarl import URL

from dexter_graphql.sandbox.http import Route
from dexter_graphql.sandbox.routes import all_routes
from dexter_graphql.sandbox.server import SandboxServer

ROUTES = sorted(all_routes(), key=lambda route: (route.path, route.method))
READS = [pytest.param(route, id=route.path) for route in ROUTES if route.method == "GET"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with SandboxServer() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(sandbox: SandboxServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    async with aiohttp.ClientSession(headers=headers, max_field_size=65_536, max_line_size=65_536) as session:
        yield session


@pytest.mark.parametrize("route", READS)
async def test_answer_conforms(
    route: Route, documents: Documents, sandbox: SandboxServer, client: aiohttp.ClientSession
):
    """The answer has every member its description requires, each of its type, and no unknown key."""
    key = key_of("GET", route.path)
    schema = _described(key, documents)
    url = f"{sandbox.url}/api/0{examples.url_of(route, sandbox.world)}"
    query = examples.query_of(route, sandbox.world)

    async with client.get(URL(url, encoded=True), params=query) as response:
        body = await response.json(content_type=None)

    assert response.status == 200, body
    assert schema is not None, "no document and no schema of our own describes it"
    assert violations(schema, body) == []


def _described(key: Key, documents: Documents) -> Mapping[str, Any] | None:
    operation = documents.find(Key(key.method, SAME_AS.get(key.path, key.path)))
    schema = operation.schema(200) if operation else None
    return corrected(key, schema) if schema is not None else OWN_ANSWERS.get(key.path)
