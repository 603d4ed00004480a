"""REST routes against callers with little access and against odd requests; each test walks over all routes."""

import json
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from yarl import URL

from dexter_graphql.operations.routes import load_routes
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.rest.parameters import Location
from dexter_graphql.server.rest.route import RestRoute
from support.keys import bearer, keys_site
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

READS = [document for document in load_routes() if document.method == "GET"]
WRITES = [document for document in load_routes() if document.method != "GET"]
PROJECT = "web"
ODD = (
    "",
    "\x00",
    "\ud800",
    "\u0663",
    "9" * 40,
    "-1",
    "{",
    "{}",
    '{"a": {}}',
    "[]",
    "null",
    "%00",
    "a" * 5000,
    "' OR 1=1",
    "../..",
)
"""Texts that are no usual value of any parameter."""
ODD_VALUES = (None, "", 7, -1.5, True, [], {}, [[]], {"a": {}}, "\x00", "a" * 5000, [None], {"ids": []})
"""The same for members of a body."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server whose caller may write."""
    async with running_site() as running:
        yield running


def address_of(document, **changed):
    """Path and query string of a route with the variables of its header, some of them replaced."""
    values = dict(document.variables) | changed
    path = document.path
    for name in document.path_variables:
        path = path.replace(f"{{{name}}}", quote(str(values.pop(name)).encode("utf-8", "surrogatepass"), safe=""))
    if document.method != "GET":
        return path
    pairs = [
        (name, item if isinstance(item, str) else json.dumps(item))
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return f"{path}?{urlencode(pairs, errors='surrogatepass')}"


def body_of(document):
    """The body of a route that writes."""
    chosen = {document.operation_parameter: "resolve"} if document.operation_parameter else {}
    rest = {name: value for name, value in document.variables.items() if name not in document.path_variables}
    return chosen | rest


async def send(site, document, *, headers=None, body=None, **changed):
    """Status, content type and text of a route's response."""
    address = URL(site.url + address_of(document, **changed), encoded=True)
    given = {} if document.method == "GET" else {"json": body_of(document) if body is None else body}
    async with site.session.request(document.method, address, headers=headers, **given) as answer:
        return answer.status, answer.content_type, await answer.text()


def is_fault(status, content_type, text):
    """True for a response that blames the server for what the client sent."""
    return status >= 500 or '"INTERNAL"' in text or (status >= 400 and content_type != "application/problem+json")


async def test_odd_values_are_the_clients_mistake(site, graph):
    """No text in the place of any parameter of any route is a failure of the server, nor an answer without a type."""
    faults = []
    for number, document in enumerate(READS):
        for position, name in enumerate(RestRoute(document, graph.schema).operations.popitem()[1].parameters):
            text = ODD[(number + position * 3) % len(ODD)]
            response = await send(site, document, **{name: text})
            if is_fault(*response):
                faults.append((document.path, name, text, response))

    assert faults == []


async def test_odd_bodies_are_the_clients_mistake(site, graph):
    """No value in the place of any member of a body is a failure of the server."""
    faults = []
    for document in WRITES:
        operation = next(iter(RestRoute(document, graph.schema).operations.values()))
        members = [name for name, parameter in operation.parameters.items() if parameter.location is Location.BODY]
        for name in members:
            for value in ODD_VALUES:
                response = await send(site, document, body=body_of(document) | {name: value})
                if is_fault(*response):
                    faults.append((document.path, name, value, response))

    assert faults == []


async def test_narrowed_caller_reads_no_other_project(tmp_path):
    """No route shows a caller of one project the slug of another one, in no field and no error."""
    async with keys_site(tmp_path / "keys.json") as (site, keys):
        text, _ = await keys.create(projects=(f"acme/{PROJECT}",))
        others = [slug for slug in slugs(site) if slug != PROJECT]
        responses = {document.path: await send(site, document, headers=bearer(text)) for document in READS}
        own = [json.loads(responses[path][2])["data"] for path in ("/api/v1/projects", "/api/v1/issues")]

    leaks = {path: slug for path, (_, _, body) in responses.items() for slug in others if f'"slug":"{slug}"' in body}
    assert (leaks, [path for path, response in responses.items() if is_fault(*response)]) == ({}, [])
    assert [project["slug"] for project in own[0]] == [PROJECT]
    assert {issue["project"]["slug"] for issue in own[1]} == {PROJECT}


def slugs(site):
    """Slugs of the organization's projects."""
    return [project.slug for project in site.upstream.world.find_organization("acme").projects]


async def test_reader_writes_by_no_route(tmp_path):
    """Every route that writes refuses a caller with read access, and nothing is sent to Sentry."""
    async with keys_site(tmp_path / "keys.json") as (site, keys):
        text, _ = await keys.create(access=AccessLevel.READ)
        responses = [await send(site, document, headers=bearer(text)) for document in WRITES]
        methods = {call.method for call in site.upstream.requests}

    assert {(status, json.loads(body)["code"]) for status, _, body in responses} == {(403, "FORBIDDEN")}
    assert methods <= {"GET"}


async def test_caller_of_stored_documents_has_the_routes(tmp_path):
    """A caller who may execute stored documents only has all routes, and no document of its own."""
    async with keys_site(tmp_path / "keys.json") as (site, keys):
        text, _ = await keys.create(documents_only=True)
        statuses = [(await send(site, document, headers=bearer(text)))[0] for document in READS]
        _, _, refused = await site.post("{ __typename }", headers=bearer(text))
        named = await site.post("", documentId="api/organizations", headers=bearer(text))

    assert set(statuses) == {200}
    assert refused["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_ALLOWED"
    assert named[2]["data"]["organizations"]["nodes"]


async def test_no_route_is_answered_without_a_credential(tmp_path):
    """Every route needs a credential in every mode but `open`."""
    async with keys_site(tmp_path / "keys.json") as (site, _):
        responses = [await send(site, document) for document in (*READS, *WRITES)]

        assert {status for status, _, _ in responses} == {401}
        assert all(call.token for call in site.upstream.requests)
