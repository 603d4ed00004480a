"""`dexter doctor`: who may do what."""

import pytest

from dexter_graphql.cli.access_report import report_access
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.key_files import KeyFile
from dexter_graphql.settings import load_settings
from support.issuer import running_issuer
from support.keys import SECRET, Keys


async def reported(**settings):
    """The lines and the problems of some settings."""
    problems = []
    lines = [line async for line in report_access(load_settings(**settings), problems)]
    return lines, problems


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "open: everybody on this machine reads with the server's token"),
        ({"allow_writes": True}, "open: everybody on this machine reads and writes with the server's token"),
        ({"mode": "passthrough"}, "passthrough: each client does what its own Sentry token permits"),
    ],
)
async def test_modes_without_own_credentials_have_a_line(settings, line):
    """It says whose permissions count."""
    assert await reported(**settings) == ([line], [])


async def test_each_active_key_has_a_line(tmp_path):
    """With its access, reach and expiry; keys that ended have none, and no hash is shown."""
    path = tmp_path / "keys.json"
    keys = Keys(KeyFile(str(path)))
    settings = {"mode": "keys", "secret": SECRET, "keys_file": str(path)}
    missing = await reported(**settings)
    _, wide = await keys.create("reader", expires_at=None)
    _, narrow = await keys.create("bot", access=AccessLevel.TRIAGE, projects=("acme/web",), documents_only=True)
    _, revoked = await keys.create("old")
    await keys.revoke(revoked)

    end = f"{narrow.expires_at:%Y-%m-%d %H:%M}"
    lines, problems = await reported(**settings)
    await keys.revoke(wide)
    await keys.revoke(narrow)
    none = await reported(**settings)

    assert (missing[0], "keys.json" in missing[1][0]) == ([], True)
    assert lines == [
        f"key {wide.id} (reader): read in all projects, does not expire",
        f"key {narrow.id} (bot): triage in acme/web, stored documents only, until {end} UTC",
    ]
    assert problems == []
    assert none == (["keys: there is no active key; create one with 'dexter keys create'"], [])


async def test_claims_are_described_and_the_issuer_is_asked():
    """What each value permits has a line; an issuer that does not answer is a problem."""
    async with running_issuer() as issuer:
        settings = {
            "mode": "jwt",
            "jwt_issuer": issuer.url,
            "jwt_audience": ("dexter", "other"),
            "jwt_access_claim": "groups",
            "jwt_access": "sre=admin,dev=triage",
            "jwt_default_access": "none",
            "jwt_projects_claim": "teams",
            "jwt_projects": "web=acme/web,sre=*",
        }
        lines, problems = await reported(**settings)
        plain, _ = await reported(mode="jwt", jwt_issuer=issuer.url, jwt_audience="dexter", jwt_documents_only=True)
        named, _ = await reported(mode="jwt", jwt_issuer=issuer.url, jwt_audience="d", jwt_projects_claim="projects")
    _, absent = await reported(**settings)

    assert lines == [
        f"jwt: tokens of {issuer.url} for dexter or other; the caller is 'sub'",
        "jwt: 'groups' with 'sre' gives admin",
        "jwt: 'groups' with 'dev' gives triage",
        "jwt: all other callers are refused",
        "jwt: projects by 'teams': web=acme/web sre=*",
    ]
    assert plain[1:] == ["jwt: all callers have read", "jwt: all projects, stored documents only"]
    assert named[-1] == "jwt: projects by 'projects': as named there"
    assert (problems, absent) == ([], ["The issuer of the tokens does not answer"])
