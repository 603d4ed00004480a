"""What a client is told of a mistake of ours over HTTP: that there was one and how to find it, nothing else."""

import pytest

from dexter_graphql.graph.errors import INTERNAL_MESSAGE
from dexter_graphql.loaders import teams
from support.server import running_site

QUERY = '{ organization(slug: "acme") { teams(first: 2) { nodes { slug } } projects(first: 1) { nodes { slug } } } }'
SECRET = "sntryu_" + "5ec2e7" * 10 + "abcd"


@pytest.fixture
async def site(monkeypatch):
    """A running Dexter in which one loader raises what nobody foresaw."""

    def broken(*_arguments, **_more):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(teams, "fetch_list", broken)
    async with running_site() as running:
        yield running


async def test_own_mistake_shows_the_request_id_alone(site):
    """The branch is null and its neighbour stands; the exception's words are nowhere in the answer."""
    status, headers, body = await site.post(QUERY, headers={"X-Request-Id": "find-me-0123456789"})

    [error] = body["errors"]
    assert status == 200
    assert body["data"]["organization"] == {"teams": None, "projects": {"nodes": [{"slug": "web"}]}}
    assert (error["message"], error["path"]) == (INTERNAL_MESSAGE, ["organization", "teams"])
    assert error["extensions"] == {"code": "INTERNAL", "retryable": False, "requestId": headers["X-Request-Id"]}
    assert SECRET not in str(body) + str(headers)


async def test_log_of_own_mistake_has_no_secret(site, capsys):
    """The traceback is there to be read, with the request id; credentials in the exception's words are not."""
    await site.post(QUERY, headers={"X-Request-Id": "find-me-too"})

    printed = "".join(capsys.readouterr())
    assert "RuntimeError" in printed
    assert "find-me-too" in printed
    assert SECRET not in printed
    assert site.upstream.token not in printed
