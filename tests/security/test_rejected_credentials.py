"""Revoked and made-up tokens: what a caller still gets with them, and what they cost."""

from dataclasses import replace

import pytest
import pytest_asyncio

from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUES = '{ organization(slug: "acme") { issues(first: 3) { nodes { shortId latestEvent { title } } } } }'
TEAMS = '{ organization(slug: "acme") { teams(first: 3) { nodes { slug } } } }'
TWO_BRANCHES = '{ organization(slug: "acme") { name teams(first: 3) { nodes { slug } } } }'


@pytest_asyncio.fixture(loop_scope="module")
async def site():
    """A server in mode `passthrough`."""
    async with running_site(mode="passthrough") as running:
        yield running


async def ask(site, token, query):
    """The body of the answer to a query with this token."""
    _, _, body = await site.post(query, headers={"Authorization": f"Bearer {token}"})
    return body


def codes(body):
    return {error["extensions"]["code"] for error in body.get("errors", ())}


def revoke(site, purpose):
    """Make the sandbox reject a token that it accepted."""
    tokens = site.upstream.world.tokens
    revoked = replace(getattr(tokens, purpose), text="another text")
    site.upstream.world.tokens = replace(tokens, **{purpose: revoked})


async def test_revoked_token_reads_nothing_again(site):
    """After a 401 the same request, answered from caches a moment ago, is refused although everything is fresh."""
    token = site.upstream.world.tokens.admin.text
    warm = [await ask(site, token, ISSUES) for _ in range(3)]
    revoke(site, "admin")
    still_cached = await ask(site, token, ISSUES)

    rejected = await ask(site, token, TEAMS)
    after = [await ask(site, token, query) for query in (ISSUES, TEAMS, TWO_BRANCHES)]

    assert [codes(body) for body in (*warm, still_cached)] == [set()] * 4
    assert codes(rejected) == {"UNAUTHENTICATED"}
    assert [codes(body) for body in after] == [{"UNAUTHENTICATED"}] * 3
    assert [body["data"] for body in after] == [{"organization": None}] * 3


async def test_other_tokens_keep_their_answers(site):
    """The rejection of one token costs another one no call."""
    tokens = site.upstream.world.tokens
    admin, reader = tokens.admin.text, tokens.reader.text
    for token in (admin, reader):
        await ask(site, token, ISSUES)
    revoke(site, "admin")
    await ask(site, admin, TEAMS)
    calls = len(site.upstream.requests)

    body = await ask(site, reader, ISSUES)

    assert (codes(body), len(site.upstream.requests)) == (set(), calls)


async def test_made_up_token_costs_one_call(site):
    """Many requests with one made-up token, each of several branches, are one call to Sentry."""
    site.upstream.requests.clear()

    bodies = [await ask(site, "sntryu_made_up", TWO_BRANCHES) for _ in range(5)]

    assert [codes(body) for body in bodies] == [{"UNAUTHENTICATED"}] * 5
    assert [call.status for call in site.upstream.requests].count(401) == 1


async def test_made_up_tokens_leave_the_caches_alone(site):
    """A hundred made-up tokens cost the next request of a good one no call."""
    token = site.upstream.world.tokens.reader.text
    await ask(site, token, ISSUES)
    for number in range(100):
        await ask(site, f"sntryu_made_up_{number}", TEAMS)
    calls = len(site.upstream.requests)

    body = await ask(site, token, ISSUES)

    assert (codes(body), len(site.upstream.requests)) == (set(), calls)


@pytest.mark.parametrize(
    "query",
    [
        '{ organization(slug: "acme/../globex") { name } }',
        '{ organization(slug: "acme") { project(slug: "web/issues") { slug } } }',
        '{ organization(slug: "acme") { team(slug: "core?x=1") { slug } } }',
        '{ organization(slug: "acme") { release(version: "..") { version } } }',
        '{ organization(slug: "acme") { release(version: "a\\u0000b") { version } } }',
        '{ organization(slug: "acme") { issue(shortId: "WEB-1/comments") { title } } }',
    ],
)
async def test_forged_path_parameters_never_reach_sentry(site, query):
    """A slash in a slug and the like are the client's mistake; Sentry gets no such path."""
    token = site.upstream.world.tokens.admin.text

    body = await ask(site, token, query)

    assert codes(body) == {"BAD_USER_INPUT"}
    lines = [call.line for call in site.upstream.requests]
    assert not [line for line in lines if "%2F" in line or ".." in line or "%00" in line or "%3F" in line]
