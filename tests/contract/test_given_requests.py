"""Requests, messages and webhooks that broke other servers, read from the folder of cases beside the checkout."""

import gzip

import msgspec
import pytest
import pytest_asyncio

from support.live_changes import current_position, open_issues, post_webhook, sign_webhook, subscribed
from support.sandbox import running_sandbox
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")
MESSAGES = {
    "62": [{"type": "connection_ack"}],
    "64": [{"type": "connection_ack"}, {"type": "pong"}],
    "65": [
        {"type": "connection_ack"},
        {"type": "next", "id": "1", "payload": {"data": {"__typename": "Query"}}},
        {"type": "complete", "id": "1"},
    ],
}
"""Number of a case → what is answered to its messages."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server that allows pages of one origin."""
    async with running_sandbox() as sandbox, running_site(sandbox, allowed_origins="https://dash.example.org") as site:
        yield site


async def send(site, case):
    """Status, headers and decoded body of the answer to the request of a case."""
    request = case["input"]["request"]
    body = request.get("body", b"")
    document = msgspec.json.encode({"query": case["asks"]})
    if isinstance(body, dict):
        body = msgspec.json.encode(body)
    elif body:
        body = gzip.compress(document) if "gzip" in body else document.decode().encode("utf-16")
    headers = {"Content-Type": "application/json"} | request["headers"] if body else request["headers"]
    async with site.session.request(request["method"], site.graphql, data=body, headers=headers) as answer:
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, answer.headers, await answer.json(content_type=None) if is_json else await answer.text()


@pytest.mark.parametrize("number", ["56", "58"])
async def test_request_is_answered(site, cases, number):
    """Media types with parameters, and lists of them, are understood."""
    status, headers, body = await send(site, cases[number])

    assert (status, body) == (200, {"data": {"__typename": "Query"}})
    assert headers["Content-Type"].startswith("application/json")


async def test_unknown_hash_asks_for_the_document(site, cases):
    """Case 54: the code is one that clients of automatic persisted queries answer with the document."""
    _, _, body = await send(site, cases["54"])

    [error] = body["errors"]
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_compressed_body_is_refused_by_name(site, cases):
    """Case 57: the answer says which header is not supported, instead of reading the bytes as JSON."""
    status, _, body = await send(site, cases["57"])

    assert status == 415
    assert "Content-Encoding" in repr(body)


async def test_other_charsets_are_refused(site, cases):
    """Case 59: the status says that the media type is not supported."""
    status, _, _ = await send(site, cases["59"])

    assert status == 415


async def test_options_name_the_methods(site, cases):
    """Case 61: the status and the header agree."""
    status, headers, _ = await send(site, cases["61"])

    methods = {name.strip() for name in headers["Allow"].split(",")}
    assert (status, {"GET", "POST", "OPTIONS"} <= methods) == (204, True)


async def test_preflight_of_a_traced_page_is_allowed(site, cases):
    """Case 83: the headers of Sentry's own SDK are allowed to pages of the configured origin."""
    setting, _, origin = cases["83"]["input"]["setting"].partition("=")
    assert (setting, origin) == ("DEXTER_ALLOWED_ORIGINS", "https://dash.example.org")

    status, headers, _ = await send(site, cases["83"])

    requested = cases["83"]["input"]["request"]["headers"]["Access-Control-Request-Headers"]
    allowed = {name.strip().lower() for name in headers["Access-Control-Allow-Headers"].split(",")}
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, origin)
    assert set(requested.split(",")) <= allowed


@pytest.mark.parametrize("number", MESSAGES)
async def test_messages_are_answered(site, cases, number):
    """A null payload is as good as none, and unknown keys are ignored; the connection stays open."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as socket:
        for message in cases[number]["input"]["messages"]:
            await socket.send_json(message)
        answers = [await socket.receive_json() for _ in MESSAGES[number]]
        await socket.send_json({"type": "ping"})

        assert answers == MESSAGES[number]
        assert await socket.receive_json() == {"type": "pong"}


async def test_older_subprotocol_is_refused(site, cases):
    """Case 66: the code says that the subprotocol is not acceptable."""
    _, _, protocol = cases["66"]["input"]["header"].partition(": ")

    async with site.session.ws_connect(site.graphql, protocols=[protocol]) as socket:
        await socket.receive()

        assert socket.close_code == 4406


async def test_same_bytes_after_another_change_are_a_change(site, cases):
    """Case 80: resolved, reopened, resolved again with the same bytes are three changes; a redelivery is none."""
    [issue] = open_issues(site)
    position = await current_position(site)
    async with subscribed(site, "change { issue { status } }", after=position) as reader:
        statuses = []
        *webhooks, redelivery = cases["80"]["input"]["webhooks"]
        assert "Request-ID" in redelivery
        for webhook in webhooks:
            issue.status = webhook["issue"]["status"]
            project = {"id": issue.project.id, "slug": issue.project.slug}
            data = {"issue": webhook["issue"] | {"id": issue.id, "shortId": issue.short_id, "project": project}}
            signed = sign_webhook(site, data, action=webhook["action"])
            assert (await post_webhook(site, *signed))[0] == 200
            statuses.append((await reader.item())["change"]["issue"]["status"])
        await post_webhook(site, *signed)
        issue.status = "resolved"
        last = data | {"issue": data["issue"] | {"status": "ignored"}}
        await post_webhook(site, *sign_webhook(site, last, action="archived"))
        item = await reader.item()

    assert statuses == ["RESOLVED", "UNRESOLVED", "RESOLVED"]
    assert item["change"]["issue"]["status"] != "RESOLVED"
