"""What the sandbox answers to writes, against the document of each operation and with the status it promises."""

from typing import Any, NamedTuple

import aiohttp
import pytest
from conformance import violations
from descriptions import description
from published import Documents, key_of

from dexter_graphql.sandbox.server import SandboxServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

_GROUP = {"logicType": "all", "conditions": [], "actions": [{"type": "email", "config": {"targetType": "team"}}]}
_CONDITIONS = [{"type": "gt", "comparison": 10, "conditionResult": 75}]
_SOURCE = {"aggregate": "count()", "dataset": "events", "query": "", "queryType": 0, "timeWindow": 3600}
_RULE = {"name": "New", "actionMatch": "any", "conditions": [], "actions": [], "frequency": 30}
_METRIC_RULE = {
    "name": "New",
    "aggregate": "count()",
    "timeWindow": 60,
    "projects": ["web"],
    "query": "",
    "thresholdType": 0,
    "triggers": [],
}


class Write(NamedTuple):
    """A write to something real: the path, the template the document has for it, and the status it promises."""

    method: str
    path: str
    template: str
    body: dict[str, Any]
    status: int


_ORGANIZATION = "/organizations/{organization}"
_PROJECT = "/projects/{organization}/{project}"

WRITES = [
    Write("POST", "/organizations/acme/projects/", f"{_ORGANIZATION}/projects/", {"name": "Fresh"}, 201),
    Write("PUT", "/projects/acme/api/", f"{_PROJECT}/", {"platform": "python-flask"}, 200),
    Write("POST", "/teams/acme/web/projects/", "/teams/{organization}/{team}/projects/", {"name": "Fresher"}, 201),
    Write("POST", "/projects/acme/api/keys/", f"{_PROJECT}/keys/", {"name": "Second"}, 201),
    Write("POST", "/projects/acme/api/teams/search/", f"{_PROJECT}/teams/{{team}}/", {}, 201),
    Write("POST", "/organizations/acme/teams/", f"{_ORGANIZATION}/teams/", {"name": "Newcomers"}, 201),
    Write("PUT", "/teams/acme/data/", "/teams/{organization}/{team}/", {"slug": "data", "name": "Data!"}, 200),
    Write("POST", "/organizations/acme/members/", f"{_ORGANIZATION}/members/", {"email": "new@example.com"}, 201),
    Write(
        "PUT",
        "/projects/acme/api/environments/canary/",
        f"{_PROJECT}/environments/{{environment}}/",
        {"isHidden": True},
        200,
    ),
    Write(
        "PUT",
        "/projects/acme/api/environments/",
        f"{_PROJECT}/environments/",
        {"environmentNames": ["canary", "staging"], "isHidden": True},
        200,
    ),
    Write(
        "POST",
        "/organizations/acme/releases/",
        f"{_ORGANIZATION}/releases/",
        {
            "version": "api@9.0.0+1/2",
            "projects": ["api"],
            "commits": [{"id": "a" * 40, "author_email": "nobody@example.com"}],
        },
        201,
    ),
    Write(
        "PUT",
        "/organizations/acme/releases/web@1.7.3/files/1020079/",
        f"{_ORGANIZATION}/releases/{{version}}/files/{{file}}/",
        {"name": "~/main.js"},
        200,
    ),
    Write("POST", "/organizations/acme/discover/saved/", f"{_ORGANIZATION}/discover/saved/", {"name": "New"}, 201),
    Write(
        "PUT",
        "/organizations/acme/discover/saved/100951/",
        f"{_ORGANIZATION}/discover/saved/{{query}}/",
        {"name": "Changed", "fields": ["title"]},
        200,
    ),
    Write(
        "POST",
        "/organizations/acme/issues/1000010/integrations/100402/",
        f"{_ORGANIZATION}/issues/{{issue}}/integrations/{{integration}}/",
        {"title": "Broken"},
        201,
    ),
    Write(
        "PUT",
        "/organizations/acme/issues/1000010/integrations/100402/",
        f"{_ORGANIZATION}/issues/{{issue}}/integrations/{{integration}}/",
        {"externalIssue": "SHOP-41"},
        201,
    ),
    Write("POST", "/projects/acme/web/rules/", f"{_PROJECT}/rules/", _RULE, 201),
    Write("POST", "/organizations/acme/alert-rules/", f"{_ORGANIZATION}/alert-rules/", _METRIC_RULE, 201),
    Write(
        "POST",
        "/organizations/acme/projects/web/detectors/",
        f"{_ORGANIZATION}/projects/{{project}}/detectors/",
        {
            "name": "Slow",
            "type": "metric_issue",
            "config": {"detectionType": "static"},
            "dataSources": [_SOURCE],
            "conditionGroup": {"logicType": "any", "conditions": _CONDITIONS},
        },
        201,
    ),
    Write(
        "PUT", "/organizations/acme/detectors/?query=type:error", f"{_ORGANIZATION}/detectors/", {"enabled": False}, 200
    ),
    Write(
        "POST",
        "/organizations/acme/workflows/",
        f"{_ORGANIZATION}/workflows/",
        {"name": "Tell", "actionFilters": [_GROUP]},
        201,
    ),
    Write("PUT", "/organizations/acme/workflows/?query=tell", f"{_ORGANIZATION}/workflows/", {"enabled": False}, 200),
    Write(
        "POST",
        "/organizations/acme/monitors/",
        f"{_ORGANIZATION}/monitors/",
        {"project": "web", "name": "Weekly", "config": {"schedule_type": "crontab", "schedule": "0 0 * * 1"}},
        201,
    ),
]


@pytest.mark.parametrize("write", [pytest.param(one, id=f"{one.method} {one.path}") for one in WRITES])
async def test_answer_conforms(
    write: Write, documents: Documents, sandbox: SandboxServer, client: aiohttp.ClientSession
):
    """A write is answered with the promised status and a body of the promised shape."""
    key = key_of(write.method, write.template)

    async with client.request(write.method, f"{sandbox.url}/api/0{write.path}", json=write.body) as response:
        body = await response.json()

    schema = description(key, documents, write.status)
    assert response.status == write.status, body
    assert schema is not None
    assert violations(schema, body) == []


async def test_known_release_is_updated(sandbox: SandboxServer, client: aiohttp.ClientSession):
    """Creating a release that exists answers 208 and keeps its identity."""
    url, body = f"{sandbox.url}/api/0/organizations/acme/releases/", {"version": "api@8.0.0", "projects": ["api"]}
    async with client.post(url, json=body) as first, client.post(url, json=body | {"ref": "main"}) as second:
        before, after = await first.json(), await second.json()

    assert (first.status, second.status) == (201, 208)
    assert (after["id"], after["ref"]) == (before["id"], "main")


async def test_deploy_shows_on_its_release(sandbox: SandboxServer, client: aiohttp.ClientSession):
    """A deploy is remembered: the release, whose version needs encoding, counts it and names it last."""
    base = f"{sandbox.url}/api/0/organizations/acme/releases/"
    created = await client.post(base, json={"version": "web@7/7+7", "projects": ["web"]})
    assert created.status == 201

    deployed = await client.post(f"{base}web@7%2F7%2B7/deploys/", json={"environment": "production"})
    release = await (await client.get(f"{base}web@7%2F7%2B7/")).json()

    assert deployed.status == 201
    assert (release["deployCount"], release["lastDeploy"]) == (1, await deployed.json())


async def test_renamed_project_redirects(sandbox: SandboxServer, client: aiohttp.ClientSession):
    """After a rename the old slug answers 302 with the new one, and the new one serves."""
    base = f"{sandbox.url}/api/0/projects/acme"
    renamed = await client.put(f"{base}/worker/", json={"slug": "workers"})

    old = await client.get(f"{base}/worker/", allow_redirects=False)
    new = await client.get(f"{base}/workers/")

    assert (renamed.status, old.status, new.status) == (200, 302, 200)
    assert (await old.json())["detail"]["extra"]["slug"] == "workers"
