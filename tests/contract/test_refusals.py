"""How the sandbox refuses: status and shape of every kind of refusal Sentry has for what is served here."""

import aiohttp
import pytest
from conformance import violations
from own_schemas import DETAIL, FIELD_ERRORS, GONE, MOVED

from dexter_graphql.sandbox.alert_backends import brown_out_legacy_rules, disable_legacy_rules, disable_workflow_engine
from dexter_graphql.sandbox.server import SandboxServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACME = "/organizations/acme"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/organizations/nowhere/projects/", 404),
        ("/projects/acme/nowhere/", 404),
        ("/teams/acme/nowhere/", 404),
        (f"{ACME}/members/1/", 404),
        (f"{ACME}/releases/none/", 404),
        (f"{ACME}/detectors/1/", 404),
        (f"{ACME}/workflows/1/", 404),
        (f"{ACME}/monitors/none/", 404),
        (f"{ACME}/projects/?per_page=101", 400),
        (f"{ACME}/projects/?per_page=many", 400),
        (f"{ACME}/projects/?cursor=odd", 400),
        (f"{ACME}/detectors/?sortBy=mood", 400),
        (f"{ACME}/detectors/?id=x", 400),
        (f"{ACME}/events/?dataset=errors", 400),
        (f"{ACME}/events/?dataset=moods&field=id", 400),
        (f"{ACME}/events/?dataset=errors&field=guess()", 400),
        (f"{ACME}/events/?dataset=errors&field=id&sort=title", 400),
        (f"{ACME}/events/?dataset=errors&field=id&query=(title:a", 400),
        (f"{ACME}/events/?dataset=errors&field=id&query=timestamp:>soon", 400),
        (f"{ACME}/events/?dataset=errors&" + "&".join(f"field=tag{n}" for n in range(21)), 400),
        (f"{ACME}/events-timeseries/?dataset=errors&topEvents=11&groupBy=title&sort=-count()", 400),
        (f"{ACME}/stats_v2/?groupBy=outcome&statsPeriod=1d", 400),
        (f"{ACME}/stats_v2/?field=sum(quantity)&groupBy=outcome&statsPeriod=1d&interval=7h", 400),
        (f"{ACME}/sessions/?field=sum(session)&statsPeriod=1d&interval=1m", 400),
        (f"{ACME}/sessions/?field=sum(moods)&statsPeriod=1d", 400),
        ("/projects/acme/web/stats/?resolution=1y", 400),
        ("/projects/acme/web/environments/?visibility=foggy", 400),
    ],
)
async def test_refused_read_says_why(path: str, status: int, sandbox: SandboxServer, client: aiohttp.ClientSession):
    """A read that cannot be served answers with its status and a `detail`."""
    async with client.get(f"{sandbox.url}/api/0{path}") as response:
        body = await response.json()

    assert response.status == status, body
    assert violations(DETAIL, body) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{ACME}/projects/", {}),
        (f"{ACME}/projects/", {"name": "x", "slug": "Not A Slug"}),
        (f"{ACME}/releases/", {"projects": ["web"]}),
        (f"{ACME}/releases/", {"version": "..", "projects": ["web"]}),
        (f"{ACME}/releases/", {"version": "a", "projects": ["none"]}),
        (f"{ACME}/members/", {"email": "nobody"}),
        (f"{ACME}/workflows/", {}),
        (f"{ACME}/monitors/", {"name": "x"}),
        ("/projects/acme/web/rules/", {"name": "x"}),
        (f"{ACME}/alert-rules/", {"name": "x"}),
        (f"{ACME}/projects/web/detectors/", {"name": "x", "type": "error"}),
    ],
)
async def test_refused_write_names_its_fields(
    path: str, body: dict, sandbox: SandboxServer, client: aiohttp.ClientSession
):
    """A body that cannot be accepted answers 400 with messages by field."""
    async with client.post(f"{sandbox.url}/api/0{path}", json=body) as response:
        answer = await response.json()

    assert response.status == 400, answer
    assert violations(FIELD_ERRORS, answer) == []


async def test_scope_decides(sandbox: SandboxServer):
    """A token without any of the scopes gets 403 and a challenge that names them."""
    token = sandbox.world.tokens.organization.text
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        releases = await session.get(f"{sandbox.url}/api/0{ACME}/releases/")
        projects = await session.get(f"{sandbox.url}/api/0{ACME}/projects/")
        answer = await projects.json()

    assert (releases.status, projects.status) == (200, 403)
    assert violations(DETAIL, answer) == []
    assert "org:read" in projects.headers["WWW-Authenticate"]


async def test_other_organizations_do_not_exist(sandbox: SandboxServer):
    """What lies outside a token's reach is a 404, not a 403."""
    token = sandbox.world.tokens.globex.text
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(f"{sandbox.url}/api/0{ACME}/projects/") as response,
    ):
        assert response.status == 404


async def test_renamed_slug_moves(sandbox: SandboxServer, client: aiohttp.ClientSession):
    """An old slug answers 302 whose body holds the new one."""
    url = f"{sandbox.url}/api/0/projects/acme/frontend/keys/"
    async with client.get(url, allow_redirects=False) as response:
        body = await response.json()

    assert response.status == 302
    assert violations(MOVED, body) == []
    assert body["slug"] == "web"


async def test_retired_routes_announce_their_end(sandbox: SandboxServer, client: aiohttp.ClientSession):
    """Rules answer, and carry the date and the replacement in their headers."""
    async with client.get(f"{sandbox.url}/api/0/projects/acme/web/rules/") as response:
        assert response.status == 200
        assert response.headers["X-Sentry-Deprecation-Date"].startswith("2026-05-14")
        assert "workflows" in response.headers["X-Sentry-Replacement-Endpoint"]


@pytest.mark.parametrize(
    ("script", "path", "status", "projection"),
    [
        (brown_out_legacy_rules, "/projects/acme/web/rules/", 410, GONE),
        (brown_out_legacy_rules, f"{ACME}/alert-rules/", 410, GONE),
        (disable_legacy_rules, f"{ACME}/alert-rules/", 404, DETAIL),
        (disable_workflow_engine, f"{ACME}/workflows/", 404, DETAIL),
        (disable_workflow_engine, f"{ACME}/detectors/", 404, DETAIL),
    ],
)
async def test_a_back_end_can_be_missing(  # noqa: PLR0917 - a table of four columns and two fixtures
    script, path: str, status: int, projection: dict, sandbox: SandboxServer, client: aiohttp.ClientSession
):
    """The sandbox plays servers without one alert back end until it is told to stop."""
    numbers = script(sandbox.faults)
    async with client.get(f"{sandbox.url}/api/0{path}") as response:
        body = await response.json()
    for number in numbers:
        sandbox.faults.remove(number)
    async with client.get(f"{sandbox.url}/api/0{path}") as healed:
        assert healed.status == 200

    assert response.status == status
    assert violations(projection, body) == []
