"""The audit log of a running server: who changed what, who was denied what, and what happens without the log."""

import json
import os

import pytest

from dexter_graphql.sentry.restriction import AccessLevel
from support.files import upload_url
from support.issuer import SigningKey, jwt_site, running_issuer
from support.keys import bearer, keys_site
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

RESOLVE = """mutation Triage($ids: [ID!]!) {
  resolveIssues(input: { issues: { ids: $ids } }) { results { issue { status } } userErrors { code } }
}"""
ISSUES = '{ organization(slug: "acme") { issues(first: 2) { nodes { id } } } }'
SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "nowhere" }) { position } }'
UNKNOWN = "dxk_0123456789_" + "A" * 43


@pytest.fixture
def path(tmp_path):
    """Path of the audit log."""
    return tmp_path / "audit.jsonl"


def lines(path):
    """All lines so far."""
    return [json.loads(line) for line in path.read_text().splitlines()]


async def issue_ids(site, headers=None):
    """IDs of two issues."""
    _, _, body = await site.post(ISSUES, headers=headers)
    return [node["id"] for node in body["data"]["organization"]["issues"]["nodes"]]


async def test_mutation_has_a_line(path, tmp_path):
    """Who, with which key, did what, on what, with which result. Reads have none."""
    async with keys_site(tmp_path / "keys.json", audit=str(path)) as (site, keys):
        text, key = await keys.create("bot", access=AccessLevel.ADMIN, email="bot@acme.example")
        ids = await issue_ids(site, bearer(text))
        status, headers, _ = await site.post(RESOLVE, variables={"ids": ids}, headers=bearer(text))
        await site.post(RESOLVE, variables={"ids": []}, headers=bearer(text))

    first, second = lines(path)
    assert status == 200
    assert first.pop("time").endswith("Z")
    assert first == {
        "event": "mutation",
        "requestId": headers["x-request-id"],
        "caller": "key:bot",
        "name": "bot",
        "email": "bot@acme.example",
        "credential": f"key:{key.id}",
        "access": "admin",
        "operation": "Triage",
        "fields": {"resolveIssues": {"issues.ids": ids}},
        "result": "ok",
    }
    assert second["result"] == "refused"
    assert second["userErrors"] == 1
    assert text not in path.read_text()


async def test_denied_requests_have_a_line(path, tmp_path):
    """Credentials that are not accepted, and what a caller may not do, on every transport."""
    async with keys_site(tmp_path / "keys.json", audit=str(path)) as (site, keys):
        text, key = await keys.create("reader")
        ids = await issue_ids(site, bearer(text))
        for headers in ({}, bearer(UNKNOWN), bearer("sntryu_" + "0" * 64)):
            await site.post(ISSUES, headers=headers)
        await site.post(RESOLVE, variables={"ids": ids}, headers=bearer(text))
        await site.session.get(f"{site.url}/api/v1/issues", headers=bearer(UNKNOWN))
        async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
            await ws.send_json({"type": "connection_init", "payload": bearer(UNKNOWN)})
            await ws.receive(timeout=5)

    written = lines(path)
    assert [(line["event"], line.get("credential"), line["codes"]) for line in written] == [
        ("denied", None, ["UNAUTHENTICATED"]),
        ("denied", "key:0123456789", ["UNAUTHENTICATED"]),
        ("denied", None, ["UNAUTHENTICATED"]),
        ("mutation", f"key:{key.id}", ["FORBIDDEN"]),
        ("denied", "key:0123456789", ["UNAUTHENTICATED"]),
        ("denied", "key:0123456789", ["UNAUTHENTICATED"]),
    ]
    assert (written[0]["address"], written[0]["path"]) == ("127.0.0.1", "/graphql")
    assert written[3]["result"] == "failed"
    assert written[4]["path"] == "/api/v1/issues"
    assert UNKNOWN not in path.read_text()


async def test_rejection_by_sentry_has_a_line(path):
    """In mode `passthrough` the answer of Sentry decides: a query is denied as well, and so is a stream."""
    async with running_site(mode="passthrough", audit=str(path)) as site:
        headers = bearer("sntryu_" + "0" * 64)
        await site.post(ISSUES, headers=headers)
        stream = await site.session.post(
            site.graphql, json={"query": SUBSCRIPTION}, headers={"accept": "text/event-stream", **headers}
        )
        await stream.read()

    query, subscription = lines(path)
    assert query["codes"] == subscription["codes"] == ["UNAUTHENTICATED"]
    assert (query["fields"], list(subscription["fields"])) == ({"organization": {"slug": ["acme"]}}, ["issueChanged"])
    assert "sntryu" not in path.read_text()


async def test_forged_token_has_a_line(path):
    """The line has no part of the token."""
    async with running_issuer() as issuer, jwt_site(issuer, audit=str(path)) as site:
        forged = issuer.token(SigningKey("first"))
        await site.post(ISSUES, headers=bearer(forged))

    assert [line["codes"] for line in lines(path)] == [["UNAUTHENTICATED"]]
    assert not [part for part in forged.split(".") if part in path.read_text()]


async def test_without_the_log_nothing_is_changed(path, monkeypatch):
    """While the log cannot be written, mutations are refused and reads go on; nothing that happened is lost."""
    async with running_site(audit=str(path)) as site:
        ids, write = await issue_ids(site), os.write

        def fail(descriptor, content):
            if content.startswith(b'{"time":'):
                raise OSError(28, "No space left on device")
            return write(descriptor, content)

        monkeypatch.setattr(os, "write", fail)
        unnoticed = await site.post(RESOLVE, variables={"ids": ids[:1]})
        calls = [call.method for call in site.upstream.requests].count("PUT")
        refused = await site.post(RESOLVE, variables={"ids": ids[1:]})
        calls_after = [call.method for call in site.upstream.requests].count("PUT")
        read = await issue_ids(site)
        monkeypatch.setattr(os, "write", write)
        again = await site.post(RESOLVE, variables={"ids": ids[1:]})

    assert [body["data"]["resolveIssues"]["userErrors"] for _, _, body in (unnoticed, again)] == [[], []]
    assert refused[2]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "audit log" in refused[2]["errors"][0]["message"]
    assert (calls, calls_after, read) == (1, 1, ids)
    assert [(line["event"], line.get("result")) for line in lines(path)] == [
        ("mutation", "ok"),
        ("denied", None),
        ("mutation", "ok"),
    ]


async def test_upload_has_a_line(path):
    """The content of a file that is sent, cut or refused has a line of its own, and no line has an address."""
    async with running_site(audit=str(path)) as site:
        url = await upload_url(site, "~/a.js")
        async with site.session.put(url, data=b"a") as sent:
            request_id = sent.headers["x-request-id"]
        other = await upload_url(site, "~/a.js")
        async with site.session.put(other, data=b"b") as refused:
            assert refused.status == 409

    first, second = [line for line in lines(path) if line["event"] == "upload"]
    endpoint = "POST /organizations/{organization}/releases/{release}/files/"
    assert (first["requestId"], first["caller"], first["result"]) == (request_id, "local", "ok")
    assert first["target"] == {"endpoint": endpoint, "organization": "acme", "release": "web@1.8.2"}
    assert (second["result"], second["codes"]) == ("failed", ["CONFLICT"])
    assert url.rpartition("/")[2] not in path.read_text()


async def test_denied_transfer_has_a_line_without_its_address(path, tmp_path):
    """The path in a line does not open the file."""
    async with (
        keys_site(tmp_path / "keys.json", audit=str(path)) as (site, _),
        site.session.get(f"{site.url}/files/secret") as answer,
    ):
        assert answer.status == 401

    assert [line["path"] for line in lines(path)] == ["/files/…"]


async def test_upload_without_the_log(path):
    """While the log cannot be written nothing is uploaded."""
    async with running_site(audit=str(path)) as site:
        url = await upload_url(site, "~/b.js")
        path.unlink()
        path.mkdir()
        async with site.session.put(url, data=b"a") as answer:
            error = (await answer.json())["errors"][0]

    assert (answer.status, error["extensions"]["code"]) == (403, "FORBIDDEN")
