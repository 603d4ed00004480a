"""A key that is restricted to one project, on every surface of the server."""

import asyncio
from contextlib import aclosing
from itertools import count

import pytest
import pytest_asyncio

from dexter_graphql.sentry.restriction import AccessLevel
from support.keys import keys_site
from support.live_changes import issue_data, issue_id, post_webhook, sign_webhook, with_token
from support.reaches import MARK, REACH, mark
from support.transports import EventStream

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANGES = 'subscription { issueChanged(organization: { slug: "acme" }) { change { issue { shortId } } } }'
PROJECTS = '{ organization(slug: "acme") { projects(first: 20) { nodes { slug } } } }'
MARKED_PROJECT = f'{{ organization(slug: "acme") {{ project(slug: "{MARK}-web") {{ slug }} }} }}'
COMMENT = 'mutation ($id: ID!) { addIssueComment(input: { issue: { id: $id }, text: "x" }) { userErrors { message } } }'
DELETION = "mutation ($id: ID!) { deleteIssues(input: { issues: { ids: [$id] } }) { unmatched } }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def restricted(tmp_path_factory):
    """A client that may triage the own project of a marked sandbox, and the marks; one server for all tests."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    async with keys_site(path, max_batch=2) as (site, keys):
        marks = mark(site.upstream.world.find_organization("acme"))
        key, _ = await keys.create("triage bot", access=AccessLevel.TRIAGE, projects=tuple(REACH))
        async with with_token(site, key) as limited:
            yield limited, marks


async def get(site, path, **parameters):
    """Status and decoded body of a route."""
    async with site.session.get(f"{site.url}{path}", params=parameters) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_routes_show_no_other_project(restricted):
    """Every route that needs nothing but an organization answers with what is in reach, or with 403."""
    site, marks = restricted
    _, description = await get(site, "/api/v1/openapi.json")
    seen = {}
    for path, operations in description["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [{"name": "-", "required": True}])
        if {parameter["name"] for parameter in parameters if parameter.get("required")} <= {"organization"}:
            given = {parameter["name"]: "acme" for parameter in parameters if parameter["name"] == "organization"}
            seen[path], body = await get(site, path, **given)
            assert marks.of(body) == [], path

    assert seen.items() >= {"/api/v1/issues": 200, "/api/v1/projects": 200, "/api/v1/integrations": 403}.items()
    assert set(seen.values()) <= {200, 403}


async def test_batches_show_no_other_project(restricted):
    """Each operation of a batch is restricted."""
    site, _ = restricted
    batch = [{"query": PROJECTS}, {"query": MARKED_PROJECT}]
    async with site.session.post(site.graphql, json=batch) as answer:
        bodies = await answer.json()

    assert [body["data"]["organization"] for body in bodies] == [
        {"projects": {"nodes": [{"slug": "api"}]}},
        {"project": None},
    ]


async def test_writes_stay_in_reach(restricted):
    """An issue of another project does not exist, and what needs more than triage is refused."""
    site, _ = restricted
    issues = site.upstream.world.find_organization("acme").issues.values()
    foreign = next(issue for issue in issues if MARK in issue.title)
    own = next(issue for issue in issues if MARK not in issue.title)

    _, _, unknown = await site.post(COMMENT, variables={"id": issue_id(foreign)})
    _, _, above = await site.post(DELETION, variables={"id": issue_id(own)})
    _, _, done = await site.post(COMMENT, variables={"id": issue_id(own)})

    assert len(unknown["data"]["addIssueComment"]["userErrors"]) == 1
    assert above["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert done["data"]["addIssueComment"]["userErrors"] == []
    writes = [request for request in site.upstream.requests if request.method != "GET"]
    assert [(request.path.split("/")[6], request.body["text"]) for request in writes] == [
        (own.id, "x\n\n\N{EM DASH} triage bot")
    ]


async def test_streams_show_no_other_project(restricted):
    """A webhook about another project is not sent to a caller who may not reach it."""
    site, _ = restricted
    async with aclosing(EventStream(site).ask(CHANGES, {})) as answers:
        receiving = asyncio.ensure_future(anext(answers))
        for number in count(1):
            for data in (issue_data(2 * number, "web"), issue_data(2 * number + 1, "api")):
                await post_webhook(site, *sign_webhook(site, data))
            done, _ = await asyncio.wait({receiving}, timeout=0.2)
            if done:
                break
        answer = await receiving

    short_id = answer["data"]["issueChanged"]["change"]["issue"]["shortId"]
    assert short_id.removeprefix("WEB-") in {str(2 * seen + 1) for seen in range(1, number + 1)}
