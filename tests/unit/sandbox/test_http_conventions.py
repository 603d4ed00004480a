"""Authentication, scopes, redirects, parameters and rate limit headers."""

import aiohttp
import pytest

from dexter_graphql.sandbox import RateLimit, SandboxServer
from support.sandbox import SandboxClient
from support.worlds import borrowed_world


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Authentication credentials were not provided."),
        ("Basic abc", "Authentication credentials were not provided."),
        ("Bearer nonsense", "Invalid token"),
    ],
)
async def test_missing_or_unknown_token_is_401(sentry, header, detail):
    """Missing and unknown tokens have different messages."""
    headers = {"Authorization": header} if header else {}
    async with sentry.session.get(f"{sentry.server.url}/api/0/organizations/", headers=headers) as response:
        assert (response.status, await response.json()) == (401, {"detail": detail})


async def test_expired_token_is_401(sentry):
    """An expired token has its own message."""
    status, _, body = await sentry.get("/organizations/", token=sentry.server.world.tokens.expired.text)

    assert (status, body) == (401, {"detail": "Token expired"})


async def test_a_missing_scope_is_403_with_a_challenge(sentry):
    """The challenge names the scopes of the route."""
    token = sentry.server.world.tokens.organization.text
    status, headers, body = await sentry.get("/organizations/acme/issues/", token=token)

    assert (status, body) == (403, {"detail": "You do not have permission to perform this action."})
    assert headers["WWW-Authenticate"] == (
        'Bearer error="insufficient_scope", scope="event:admin event:read event:write"'
    )


async def test_a_reader_may_read_but_not_write(sentry):
    """One of the route's scopes is enough."""
    token = sentry.server.world.tokens.reader.text

    assert (await sentry.get("/organizations/acme/issues/?limit=1", token=token))[0] == 200
    assert (await sentry.call("PUT", "/organizations/acme/issues/?id=1000009", token=token, json={}))[0] == 403


async def test_another_organization_does_not_exist(sentry):
    """A token without access to an organization gets a 404 for it and does not list it."""
    token = sentry.server.world.tokens.globex.text
    status, _, body = await sentry.get("/organizations/acme/", token=token)

    assert (status, body) == (404, {"detail": "The requested resource does not exist"})
    assert [o["slug"] for o in await sentry.body("/organizations/", token=token)] == ["globex"]


async def test_a_renamed_project_is_302(sentry):
    """The response contains the new slug and URL."""
    status, headers, body = await sentry.get("/projects/acme/frontend/events/")

    url = "/api/0/projects/acme/web/events/"
    assert (status, headers["Location"], body) == (
        302,
        url,
        {
            "slug": "web",
            "detail": {
                "code": "resource-moved",
                "message": "Resource has been moved",
                "extra": {"url": url, "slug": "web"},
            },
        },
    )


async def test_a_missing_slash_is_a_redirect(sentry):
    """A path without a trailing slash redirects to the one with it."""
    status, headers, _ = await sentry.get("/organizations/acme/issues")

    assert (status, headers["Location"]) == (301, "/api/0/organizations/acme/issues/")


async def test_another_method_is_405_and_an_unknown_path_404(sentry):
    """`Allow` lists the methods of the path."""
    status, headers, _ = await sentry.call("PATCH", "/organizations/acme/")

    assert (status, headers["Allow"]) == (405, "GET, PUT")
    assert (await sentry.get("/nothing/here/"))[0] == 404


async def test_a_bad_body_is_400(sentry):
    """Invalid JSON and JSON other than an object are rejected."""
    json_type = {"Content-Type": "application/json"}
    broken = await sentry.call("PUT", "/organizations/acme/issues/?id=1000009", data=b"{", headers=json_type)
    other = await sentry.call("PUT", "/organizations/acme/issues/?id=1000009", json=[1])

    assert broken[0] == other[0] == 400
    assert other[2] == {"nonFieldErrors": ["Invalid data. Expected a dictionary."]}


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("statsPeriod=soon", 400, "Invalid statsPeriod: 'soon'"),
        ("start=2026-03-01T00:00:00", 400, "start and end are both required"),
        ("start=2026-03-02&end=2026-03-01", 400, "start must be before end"),
        ("project=999", 403, "You do not have permission to perform this action."),
        ("environment=moon", 404, "The requested resource does not exist"),
        ("sort=colour", 400, "Invalid sort parameter: colour"),
        ("group=x", 400, "Group ids must be integers"),
    ],
)
async def test_invalid_parameters_are_rejected(sentry, query, status, detail):
    """Each parameter has its own message."""
    response = await sentry.get(f"/organizations/acme/issues/?{query}")

    assert (response[0], response[2]) == (status, {"detail": detail})


async def test_every_response_has_rate_limit_headers(sentry):
    """The rate limit headers count down within the window."""
    _, first, _ = await sentry.get("/organizations/")
    _, second, _ = await sentry.get("/organizations/")

    def limits(headers):
        return [headers[f"X-Sentry-Rate-Limit-{name}"] for name in ("Limit", "Remaining", "Reset")]

    reset = str(int(sentry.server.world.clock.time()) + 1)
    assert (limits(first), limits(second)) == (["999", "998", reset], ["999", "997", reset])


async def test_full_window_is_429_without_retry_after(clock, sentry):
    """The request above the limit gets a 429 with the start of the next window and no `Retry-After`."""
    sentry.server.app.limiter.limit = RateLimit(calls=2, window_s=10)

    statuses = [(await sentry.get("/organizations/"))[0] for _ in range(2)]
    status, headers, body = await sentry.get("/organizations/")

    assert statuses == [200, 200]
    detail = "You are attempting to use this endpoint too frequently. Limit is 2 requests in 10 seconds"
    assert (status, body) == (429, {"detail": detail})
    assert (headers["X-Sentry-Rate-Limit-Remaining"], "Retry-After" in headers) == ("0", False)
    assert (await sentry.get("/organizations/acme/"))[0] == 200


async def test_latency_is_waited_on_the_clock(clock):
    """Every response is delayed by the latency, on the sandbox's clock."""
    with borrowed_world(clock) as world:
        async with SandboxServer(world, latency_ms=250) as server, aiohttp.ClientSession() as session:
            status, _, body = await SandboxClient(server, session).get("/")
            assert (status, body["version"]) == (200, "0")

    assert clock.slept == [0.25]


async def test_requests_are_logged_by_route_template(sentry):
    """The request log counts and selects requests by method and route template."""
    await sentry.get("/organizations/acme/issues/WEB-9/?collapse=tags")
    await sentry.get("/organizations/acme/issues/WEB-9/events/latest/")

    route = "/organizations/{organization}/issues/{issue}/"
    assert sentry.server.requests.count("GET", route) == 1
    assert [(r.path, r.query, r.status, r.token) for r in sentry.server.requests.select(route=route)] == [
        ("/api/0/organizations/acme/issues/WEB-9/", [("collapse", "tags")], 200, "user")
    ]
    assert sentry.server.requests.lines()[1] == "GET /api/0/organizations/acme/issues/WEB-9/events/latest/"
