"""Internal errors over HTTP: clients get a code and the request id, and no details."""

import pytest

from dexter_graphql.graph.errors import INTERNAL_MESSAGE
from dexter_graphql.loaders import teams
from support.server import running_site

QUERY = '{ organization(slug: "acme") { teams(first: 2) { nodes { slug } } projects(first: 1) { nodes { slug } } } }'
SECRET = "sntryu_" + "5ec2e7" * 10 + "abcd"


@pytest.fixture
async def site(monkeypatch):
    """A server in which one loader raises an unexpected exception."""

    def raise_error(*_arguments, **_more):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(teams, "fetch_list", raise_error)
    async with running_site() as site:
        yield site


async def test_internal_error_shows_only_the_request_id(site):
    """The branch is null and its sibling is unaffected; the exception's text is not in the answer."""
    status, headers, body = await site.post(QUERY, headers={"X-Request-Id": "find-me-0123456789"})

    [error] = body["errors"]
    assert status == 200
    assert body["data"]["organization"] == {"teams": None, "projects": {"nodes": [{"slug": "web"}]}}
    assert (error["message"], error["path"]) == (INTERNAL_MESSAGE, ["organization", "teams"])
    assert error["extensions"] == {"code": "INTERNAL", "retryable": False, "requestId": headers["X-Request-Id"]}
    assert SECRET not in str(body) + str(headers)


async def test_log_of_internal_error_has_no_secret(site, capsys):
    """The log has the traceback and the request id, but no credentials from the exception's text."""
    await site.post(QUERY, headers={"X-Request-Id": "find-me-too"})

    printed = "".join(capsys.readouterr())
    assert "RuntimeError" in printed
    assert "find-me-too" in printed
    assert SECRET not in printed
    assert site.upstream.token not in printed
