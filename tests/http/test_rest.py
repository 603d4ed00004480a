"""REST routes over HTTP: every route with curl, problems, entity tags, pages, bodies and limits."""

import asyncio
import json
import re
import shlex
import shutil
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from dexter_graphql.operations.routes import load_routes
from dexter_graphql.sandbox import Fault
from dexter_graphql.server.executor import RequestExecutor
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = load_routes()
DOCS = Path(__file__).parents[2] / "docs" / "rest.md"
ISSUE = "SXNzdWU6OjEwMDAwMDoxMDAwMDA5"
OTHER_ISSUE = "SXNzdWU6OjEwMDAwMDoxMDAwMDEw"
MISSING_ISSUE = "SXNzdWU6OjEwMDAwMDo5OTk5OTk5OTk"
LIST = "/api/v1/issues?organization=acme&project=web&limit=3"
BULK = {
    "resolve": {"resolution": {"nextRelease": True}},
    "unresolve": {},
    "archive": {"until": {"forever": True}},
    "assign": {"assignee": {"nobody": True}},
    "prioritize": {"priority": "LOW"},
}


async def send(site, method, path, *, headers=None, **given):
    """Status, headers and decoded body of the response to a request."""
    async with site.session.request(method, site.url + path, headers=headers, **given) as answer:
        text = await answer.text()
        return answer.status, answer.headers, json.loads(text) if text else None


def text_of(document, name, value):
    """A value of a query string, as people write it."""
    if isinstance(value, dict):
        return value.get(document.members.get(name)) or json.dumps(value)
    return value.lower() if name == "status" else value


def request_of(document, site):
    """The words of a curl command for a route, with the variables of its header."""
    path, rest = document.path, dict(document.variables)
    for name in document.path_variables:
        path = path.replace(f"{{{name}}}", quote(rest.pop(name), safe=""))
    if document.method != "GET":
        body = {document.operation_parameter: "resolve"} if document.operation_parameter else {}
        header = ("-H", "Content-Type: application/json", "-d", json.dumps(body | rest))
        return ["-X", document.method, *header, site.url + path]
    pairs = [
        (name, text_of(document, name, value))
        for name, values in rest.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return [f"{site.url}{path}?{urlencode(pairs)}"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def openapi(site):
    """The OpenAPI document that the server sends."""
    return (await send(site, "GET", "/api/v1/openapi.json"))[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(site):
    """Status, content type and body of each route's answer to curl; one process asks them all."""
    words = []
    for document in ROUTES:
        words += [*request_of(document, site), "-w", "\n%{http_code} %{content_type}\n", "--next", "-s"]
    command = (shutil.which("curl"), "-s", *words[:-2])
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    lines = (await process.communicate())[0].decode().splitlines()
    bodies, statuses = map(json.loads, lines[::2]), (line.split(maxsplit=1) for line in lines[1::2])
    pairs = zip(bodies, statuses, strict=True)
    return {
        document.file: (int(status), media_type, body)
        for document, (body, (status, media_type)) in zip(ROUTES, pairs, strict=True)
    }


@pytest.mark.parametrize("document", ROUTES, ids=lambda document: document.file)
async def test_curl_gets_what_the_openapi_document_says(answers, openapi, document):
    """Every route answers curl with its status, and with data of the declared schema and no error."""
    status, media_type, body = answers[document.file]

    response = openapi["paths"][document.path][document.method.lower()]["responses"][str(document.status)]
    schema = response["content"]["application/json"]["schema"]
    assert (status, media_type) == (document.status, "application/json; charset=utf-8")
    assert body["data"] not in (None, [], {})
    assert "errors" not in body
    assert [error.message for error in Draft202012Validator(schema).iter_errors(body)] == []


async def test_documented_commands_work(site):
    """The curl commands of the docs, as they are written, get data."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    text = "".join(blocks).replace("\\\n", " ").replace("http://127.0.0.1:8000", site.url)
    bodies = []
    for line in text.splitlines():
        command = shlex.split(line)
        process = await asyncio.create_subprocess_exec(*command, "-s", stdout=asyncio.subprocess.PIPE)
        bodies.append(json.loads((await process.communicate())[0]))

    assert len(bodies) == 3
    assert [body for body in bodies if not body.get("data")] == []


async def test_openapi_document_is_valid(openapi):
    """The document follows OpenAPI 3.1 and has every route, with an id of its own."""
    OpenAPIV31SpecValidator(openapi).validate()

    described = {(method.upper(), path) for path, item in openapi["paths"].items() for method in item}
    ids = {operation["operationId"] for item in openapi["paths"].values() for operation in item.values()}
    assert described == {(document.method, document.path) for document in ROUTES}
    assert len(ids) == len(ROUTES)


async def test_page_lists_all_routes(site):
    """The page has every method and path, and loads nothing from other hosts."""
    async with site.session.get(f"{site.url}/api/v1") as answer:
        page = await answer.text()

    assert [d.path for d in ROUTES if f"<code>{d.method} {d.path}</code>" not in page] == []
    assert ("http://" in page, "https://" in page, "<script" in page) == (False, False, False)


@pytest.mark.parametrize(
    ("path", "status", "code", "parameter"),
    [
        ("/api/v1/issues", 400, "BAD_USER_INPUT", "organization"),
        (LIST + "&limit=two", 400, "BAD_USER_INPUT", "limit"),
        (LIST + "&sort=worst", 400, "BAD_USER_INPUT", "sort"),
        (LIST + "&nothing=1", 400, "BAD_USER_INPUT", "nothing"),
        (LIST + "&organization=acme", 400, "BAD_USER_INPUT", "organization"),
        (LIST + "&range={", 400, "BAD_USER_INPUT", "range"),
        ("/api/v1/issues?organization=acme&limit=2000", 400, "BAD_USER_INPUT", None),
        ("/api/v1/issues?organization=acme&cursor=x", 400, "BAD_USER_INPUT", None),
        ("/api/v1/issues?organization=nothing", 404, "NOT_FOUND", None),
        ("/api/v1/issues/" + MISSING_ISSUE, 404, "NOT_FOUND", None),
        ("/api/v1/issues/WEB-9", 400, "BAD_USER_INPUT", None),
        ("/api/v1/issues/%7Bid%7D", 400, "BAD_USER_INPUT", None),
        ("/api/v1/alerts/" + ISSUE, 404, "NOT_FOUND", None),
        ("/api/v1/issues/%00?a=%ff", 400, "BAD_USER_INPUT", "a"),
        ("/api/v1/nothing", 404, "NOT_FOUND", None),
        ("/api/v1/issues/", 404, "NOT_FOUND", None),
        ("/api/v1/issues?" + "a=1&" * 101, 400, "BAD_USER_INPUT", None),
    ],
)
async def test_failures_of_reads_are_problems(site, path, status, code, parameter):
    """Each failure has the status of its code, and names the parameter that is wrong."""
    got, headers, problem = await send(site, "GET", path)

    assert (got, problem["status"], problem["code"]) == (status, status, code)
    assert (headers["content-type"], problem.get("parameter")) == ("application/problem+json", parameter)
    assert problem["requestId"] == headers["x-request-id"]


@pytest.mark.parametrize(
    ("request_line", "body", "expected"),
    [
        (f"PUT issues/{ISSUE}/status", {}, (400, "BAD_USER_INPUT", "status")),
        (f"PUT issues/{ISSUE}/status", {"status": "GONE"}, (400, "BAD_USER_INPUT", "status")),
        (f"PUT issues/{ISSUE}/status", {"status": "RESOLVED", "x": 1}, (400, "BAD_USER_INPUT", "x")),
        (f"PUT issues/{ISSUE}/status", [], (400, "BAD_USER_INPUT", None)),
        (f"PUT issues/{MISSING_ISSUE}/status", {"status": "RESOLVED"}, (404, "NOT_FOUND", None)),
        (f"PUT issues/{ISSUE}/assign", {"assignee": {}}, (400, "BAD_USER_INPUT", "assignee")),
        (f"PUT issues/{ISSUE}/assign", {"assignee": {"team": {"slug": "no"}}}, (404, "NOT_FOUND", None)),
        ("POST issues/bulk", {"issues": {"ids": [ISSUE]}}, (400, "BAD_USER_INPUT", "action")),
        ("POST issues/bulk", {"action": "burn", "issues": {"ids": [ISSUE]}}, (400, "BAD_USER_INPUT", "action")),
        ("POST issues/bulk", {"action": "resolve"}, (400, "BAD_USER_INPUT", "issues")),
        ("PUT alerts/QWxlcnQ6OjEwMDAwMDo5OTk5OTk/enabled", {"isEnabled": True}, (404, "NOT_FOUND", None)),
        ("DELETE issues", None, (405, "BAD_USER_INPUT", None)),
        (f"POST issues/{ISSUE}/status", {"status": "RESOLVED"}, (405, "BAD_USER_INPUT", None)),
    ],
)
async def test_failures_of_writes_are_problems(site, request_line, body, expected):
    """A body is checked like a query string, and what the user can correct has the status of its code."""
    method, _, path = request_line.partition(" ")

    status, headers, problem = await send(site, method, f"/api/v1/{path}", json=body)

    assert (status, problem["code"], problem.get("parameter")) == expected
    assert headers["content-type"] == "application/problem+json"
    assert ("allow" in headers) == (status == 405)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [("text/plain", b"{}", 415), ("application/json", b"{", 400), ("application/json", b'"\xff"', 400)],
)
async def test_bodies_are_json(site, content_type, body, status):
    """Another type is refused, so that pages of other origins cannot send it without asking."""
    path = f"/api/v1/issues/{ISSUE}/status"

    got, _, problem = await send(site, "PUT", path, data=body, headers={"content-type": content_type})

    assert (got, problem["status"]) == (status, status)


async def test_failures_of_sentry_have_their_status(site):
    """What Sentry refuses is the gateway's failure, with the endpoint and whether to retry."""
    site.upstream.faults.add(Fault(status=503, times=None))
    try:
        status, _, problem = await send(site, "GET", "/api/v1/teams?organization=acme&nameContains=fault")
    finally:
        site.upstream.faults.clear()

    assert (status, problem["code"], problem["retryable"]) == (502, "UPSTREAM_UNAVAILABLE", True)
    assert problem["upstream"]["status"] == 503


async def test_unforeseen_failure_is_a_problem(site, monkeypatch):
    """What nothing foresaw is a problem, too, without details."""

    def fail(*_arguments):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(RequestExecutor, "prepare", fail)

    status, headers, problem = await send(site, "GET", LIST + "&search=new")

    assert (status, problem["code"], headers["content-type"]) == (500, "INTERNAL", "application/problem+json")
    assert "secret" not in str(problem)


async def test_pages_follow_one_another(site):
    """`Link` leads to the next page until there is none; pages have each item once."""
    path, seen, pages = "/api/v1/projects?organization=acme&limit=2", [], 0
    while path is not None and pages < 20:
        _, headers, body = await send(site, "GET", path)
        seen += [project["slug"] for project in body["data"]]
        link, pages = headers.get("link"), pages + 1
        path = None if link is None else link.partition("<")[2].partition(">")[0]
        assert (
            link is None or (link.endswith('; rel="next"'), "organization=acme&limit=2&cursor=" in path) == (True,) * 2
        )

    everything = (await send(site, "GET", "/api/v1/projects?organization=acme&limit=100"))[2]["data"]
    assert seen == [project["slug"] for project in everything]
    assert (len(set(seen)), pages) == (len(seen), (len(seen) + 1) // 2)


async def test_known_response_is_not_sent_again(site):
    """A request with the entity tag of the response gets 304 without a body, until the response is another one."""
    _, headers, _ = await send(site, "GET", LIST)
    tag = headers["etag"]
    answers = [await send(site, "GET", LIST, headers={"if-none-match": value}) for value in (tag, f"W/{tag}", '"x"')]
    other = await send(site, "GET", LIST + "&sort=new", headers={"if-none-match": tag})

    assert [(status, body is None) for status, _, body in answers] == [(304, True), (304, True), (200, False)]
    assert (answers[0][1]["etag"], headers["cache-control"]) == (tag, "private, no-cache")
    assert other[0] == 200


async def test_head_has_the_headers_alone(site):
    """HEAD is answered like GET, without the body."""
    status, headers, body = await send(site, "HEAD", LIST)

    assert (status, "etag" in headers, "link" in headers, body) == (200, True, True, None)


async def test_many_issues_are_changed_in_one_request(site):
    """Every action answers for each issue; a missing one does not keep the others from being changed."""
    results = {}
    for action, members in BULK.items():
        body = {"action": action, "issues": {"ids": [OTHER_ISSUE, MISSING_ISSUE]}, **members}
        status, headers, answer = await send(site, "POST", "/api/v1/issues/bulk", json=body)
        results[action] = [status, headers["cache-control"], [r["issue"]["id"] for r in answer["data"]["results"]]]
        results[action].append(answer["data"]["unmatched"])

    assert results == {action: [200, "no-store", [OTHER_ISSUE], [MISSING_ISSUE]] for action in BULK}


async def test_part_of_an_answer_may_be_missing(site):
    """A field that failed is null; its error stands beside the data, and the response has no entity tag."""
    path = f"/api/v1/issues/{OTHER_ISSUE}"
    site.upstream.faults.add(Fault(status=403, route="/organizations/{organization}/issues/{issue}/tags/"))
    status, headers, body = await send(site, "GET", path)

    assert (status, body["data"]["tags"], "etag" in headers) == (200, None, False)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]


async def test_answers_are_those_of_the_graph(site):
    """A route and its document give the same data, and the second of them costs no call."""
    document = next(document for document in ROUTES if document.file == "projects.graphql")
    _, _, body = await send(site, "GET", "/api/v1/projects?organization=acme&limit=7")
    calls = len(site.upstream.requests)

    data = await site.data(document.text, organization="acme", limit=7)

    assert body["data"] == data["organization"]["projects"]["nodes"]
    assert len(site.upstream.requests) == calls


async def test_repeated_request_is_answered_from_memory(site):
    """The third equal request is served from the response cache, which tells paths from query strings."""
    path = "/api/v1/releases/web%401.8.2?organization=acme"

    bodies = [(await send(site, "GET", path))[2] for _ in range(3)]
    hits = site.dexter.metrics.registry.get_sample_value("dexter_response_cache_hits_total")
    status, *_ = await send(site, "GET", "/api/v1/releases/web%401.8.2%3Forganization=acme?organization=acme")

    assert (bodies[0] == bodies[1] == bodies[2], hits >= 1, status) == (True, True, 404)


async def test_routes_have_the_limits_of_the_graph():
    """Callers, hosts, quotas of new credentials and sizes of bodies are checked as for `/graphql`."""
    async with running_site(mode="passthrough", new_credentials_per_s=0.2, max_body_bytes=1024) as site:
        anonymous = await send(site, "GET", LIST)
        made_up = [await send(site, "GET", LIST, headers={"authorization": f"Bearer made-up-{n}"}) for n in range(2)]
        token = {"authorization": f"Bearer {site.upstream.token}"}
        foreign = await send(site, "GET", LIST, headers={"host": "evil.example"})
        origin = await send(site, "GET", LIST, headers={"origin": "https://evil.example"})
        large = {"status": "RESOLVED", "x": "y" * 2000}
        body = await send(site, "PUT", f"/api/v1/issues/{ISSUE}/status", json=large)

    assert (anonymous[0], "www-authenticate" in anonymous[1]) == (401, True)
    assert [status for status, *_ in made_up] == [401, 429]
    assert (foreign[0], origin[0], body[0]) == (421, 403, 401)
    assert token["authorization"] not in msgspec.json.encode([made_up[0][2], anonymous[2]]).decode()


async def test_routes_are_stored_documents():
    """A server that executes trusted documents only has all routes, and read-only callers cannot write by them."""
    async with running_site(documents_only=True, is_sandbox=False) as site:
        read = await send(site, "GET", LIST)
        write = await send(site, "PUT", f"/api/v1/issues/{ISSUE}/status", json={"status": "RESOLVED"})
        named = await site.session.post(
            site.graphql, json={"documentId": "api/projects", "variables": {"organization": "acme"}}
        )

        assert (read[0], write[0], write[2]["code"]) == (200, 403, "FORBIDDEN")
        assert "errors" not in await named.json()


async def test_pages_of_allowed_origins_use_the_routes(site):
    """A preflight allows the methods of all routes, and pages may read tags and the next page's address."""
    origin, path = {"origin": "http://localhost:5173"}, f"/api/v1/issues/{ISSUE}/status"
    preflight = origin | {"access-control-request-method": "PUT", "access-control-request-headers": "content-type"}
    async with site.session.options(site.url + path, headers=preflight) as answer:
        allowed = answer.headers["access-control-allow-methods"].split(", ")
    _, headers, _ = await send(site, "GET", LIST, headers=origin)

    assert {document.method for document in ROUTES} <= set(allowed)
    assert {"ETag", "Link"} <= set(headers["access-control-expose-headers"].split(", "))
