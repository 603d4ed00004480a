"""Trusted documents: named by id, and executed alone where nothing else is allowed."""

import json
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from dexter_graphql.errors import SettingsError
from dexter_graphql.operations.trusted import hash_of
from support.server import running_site
from support.transports import TRANSPORTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = 'query List { organization(slug: "acme") { slug } }'
WRITE = "mutation Write { resolveIssues(input: { issues: { ids: [] } }) { userErrors { code } } }"
ANSWER = {"data": {"organization": {"slug": "acme"}}}
OTHER = "{ __typename }"


@asynccontextmanager
async def storing(folder, **settings):
    """A server with trusted documents in a manifest."""
    path = folder / "documents.json"
    path.write_text(json.dumps({"list": LIST, "write": WRITE}))
    async with running_site(documents=str(path), **settings) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory):
    """A server that has trusted documents and accepts others."""
    async with storing(tmp_path_factory.mktemp("documents")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(tmp_path_factory):
    """A server that accepts trusted documents only."""
    async with storing(tmp_path_factory.mktemp("documents"), documents_only=True) as running:
        yield running


async def send(site, method="POST", **parameters):
    """Status and body of the answer to a request, in the newer media type."""
    given = {"json": parameters}
    if method == "GET":
        given = {
            "params": {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()
            }
        }
    headers = {"accept": "application/graphql-response+json"}
    async with site.session.request(method, site.graphql, headers=headers, **given) as answer:
        return answer.status, await answer.json(content_type=None)


def code_of(body):
    """The code of the only error of a response."""
    [error] = body["errors"]
    return error["extensions"]["code"]


def persisted(name):
    """Extensions with a name in the place of the hash."""
    return {"persistedQuery": {"version": 1, "sha256Hash": name}}


NAMES = [
    {"documentId": "list"},
    {"documentId": f"sha256:{hash_of(LIST)}"},
    {"doc_id": "list"},
    {"id": "list"},
    {"extensions": persisted("list")},
    {"extensions": persisted(hash_of(LIST))},
]


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("name", NAMES, ids=json.dumps)
async def test_document_is_named_as_clients_do(site, strict, name, method):
    """Every way to name a document works by GET and POST, whether others are allowed or not."""
    assert [await send(each, method, **name) for each in (site, strict)] == [(200, ANSWER)] * 2


async def test_unknown_id_is_not_found(site):
    """An id that is not stored is an error of the client."""
    status, body = await send(site, documentId="nothing")

    assert (status, code_of(body)) == (200, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize("name", [{"documentId": 7}, {"id": ""}, {"doc_id": "x" * 257}, {"documentId": []}])
async def test_odd_ids_are_the_clients_mistake(site, name):
    """An id of another type or size is refused by name."""
    status, body = await send(site, **name)

    assert (status, code_of(body)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": OTHER},
        {"query": LIST + " "},
        {"query": OTHER, "extensions": persisted(hash_of(OTHER))},
        {"query": OTHER, "documentId": "list"},
        {"documentId": "nothing"},
        {"extensions": persisted(hash_of(OTHER))},
        {"query": "{"},
    ],
)
async def test_nothing_else_is_executed(strict, parameters):
    """With trusted documents only, another text and an unknown name are refused alike."""
    status, body = await send(strict, **parameters)

    assert (status, code_of(body)) == (400, "DOCUMENT_NOT_ALLOWED")


async def test_text_of_a_trusted_document_is_executed(strict):
    """A request may have the whole text of a trusted document."""
    assert await send(strict, query=LIST) == (200, ANSWER)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.__name__)
async def test_every_transport_refuses_others(strict, transport):
    """No transport executes a document that is not stored."""
    [body] = [answer async for answer in transport(strict).ask(OTHER, {})]

    assert code_of(body) == "DOCUMENT_NOT_ALLOWED"


async def test_stored_mutation_is_not_sent_by_get(site):
    """A mutation that is named by its id needs POST, too."""
    assert (await send(site, "GET", documentId="write"))[0] == 405


async def test_documents_of_the_library_are_trusted(strict):
    """The documents that come with the server are stored under their names."""
    status, body = await send(strict, documentId="most_frequent_issues", variables={"org": "acme"})

    assert (status, len(body["data"]["organization"]["issues"]["nodes"])) == (200, 5)


async def test_unreadable_documents_stop_the_start(tmp_path):
    """The start fails with the name of the setting and the reason."""
    with pytest.raises(SettingsError, match=r"DEXTER_DOCUMENTS: .*nowhere: No such file"):
        async with running_site(documents=str(tmp_path / "nowhere")):
            pass
