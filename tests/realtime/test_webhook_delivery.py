"""Webhooks over real HTTP: what is refused, what is ignored, and what a webhook invalidates."""

import asyncio
import io
import time
from urllib.parse import urlsplit

import pytest

from dexter_graphql.parity.features import MetricsReader
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.server.webhooks import MAX_BODY_BYTES, MAX_WARNINGS, WARNINGS_PER_S
from support.live_changes import (
    WAIT_S,
    current_position,
    issue_data,
    issue_editor,
    issue_id,
    open_issues,
    post_webhook,
    short_ids,
    sign_webhook,
    subscribed,
)
from support.sandbox import running_sandbox
from support.server import running_site


@pytest.fixture
async def site():
    """A running Dexter over a sandbox of its own."""
    async with running_site() as running:
        yield running


async def test_webhook_makes_answers_stale(site):
    """A query after a webhook does not answer from the cache of before it."""
    issue = open_issues(site)[0]
    query = """query ($ids: [ID!]!, $short: String!) {
      nodes(ids: $ids) { ... on Issue { status } }
      organization(slug: "acme") { issue(shortId: $short) { status firstRelease { version } } } }"""
    variables = {"ids": [issue_id(one) for one in open_issues(site, 2)], "short": issue.short_id}
    before = await site.data(query, **variables)

    issue_editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    after = await site.data(query, **variables)

    assert [one["nodes"][0]["status"] for one in (before, after)] == ["UNRESOLVED", "RESOLVED"]
    assert [one["organization"]["issue"]["status"] for one in (before, after)] == ["UNRESOLVED", "RESOLVED"]


async def test_refused_webhooks(site):
    """What is not signed, not fresh, no webhook or too large is refused with a status that says so."""
    data = issue_data(1)
    attempts = {
        "wrong signature": (401, sign_webhook(site, data, Sentry_Hook_Signature="0" * 64)),
        "no signature": (401, sign_webhook(site, data, Sentry_Hook_Signature=None)),
        "no timestamp": (401, sign_webhook(site, data, Sentry_Hook_Timestamp=None)),
        "old timestamp": (401, sign_webhook(site, data, Sentry_Hook_Timestamp=str(int(time.time()) - 3600))),
        "no resource": (400, sign_webhook(site, data, Sentry_Hook_Resource=None)),
        "malformed resource": (400, sign_webhook(site, data, resource="a b")),
        "junk": (400, sign_webhook(site, b"junk")),
        "no object": (400, sign_webhook(site, b"[]")),
        "other organization": (401, sign_webhook(site, data, slug="globex")),
    }

    statuses = {name: (await post_webhook(site, *sent))[0] for name, (_, sent) in attempts.items()}
    large, headers = sign_webhook(site, b"x" * (MAX_BODY_BYTES + 1))
    too_large, _ = await post_webhook(site, io.BytesIO(large), headers)

    assert statuses == {name: status for name, (status, _) in attempts.items()}
    assert too_large == 413


async def test_webhooks_are_posted(site):
    """Other methods are not for this door."""
    async with site.session.get(f"{site.url}/webhooks/sentry") as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_replayed_and_unknown_webhooks_are_taken_quietly(site):
    """A body that came before, and a resource that nobody knows yet, answer 200 and are no items."""
    after = await current_position(site)
    once, last = sign_webhook(site, issue_data(1)), sign_webhook(site, issue_data(2))

    answers = [
        await post_webhook(site, *sent)
        for sent in (once, once, sign_webhook(site, {"x": 1}, resource="size_analysis"), last)
    ]
    async with subscribed(site, after=after) as reader:
        items = [await reader.item(), await reader.item()]

    assert answers == [(200, {"message": text}) for text in ("Accepted", "Known already", "Accepted", "Accepted")]
    assert short_ids(items) == ["WEB-1", "WEB-2"]


async def test_body_is_not_read_without_a_head(site):
    """A webhook that cannot be right is answered while its body is still on the way."""
    address = urlsplit(site.url)
    head = "POST /webhooks/sentry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n"
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head.encode())

    status = await asyncio.wait_for(reader.readline(), WAIT_S)
    writer.close()

    assert status.split()[1] == b"401"


async def test_floods_of_refused_webhooks_do_not_fill_the_log(site, capfd):
    """A burst of lines is written and then ten in a second; all are counted."""
    number = 3 * MAX_WARNINGS
    started = time.monotonic()
    answers = [await post_webhook(site, b"{}", {}) for _ in range(number)]
    lines = "".join(capfd.readouterr()).count("webhook rejected")

    assert {status for status, _ in answers} == {401}
    assert MAX_WARNINGS <= lines <= MAX_WARNINGS + (time.monotonic() - started) * WARNINGS_PER_S
    assert MetricsReader(site).sum("dexter_webhooks_total", status="401") == number


async def test_webhook_of_another_organization_is_set_aside(site):
    """It is answered with 200 and a reason for Sentry's log, and no stream shows it."""
    data = issue_data(1)
    data["issue"]["permalink"] = "https://globex.sentry.io/issues/1/"
    after = await current_position(site)

    body, headers = sign_webhook(site, data)
    async with site.session.post(f"{site.url}/webhooks/sentry", data=body, headers=headers) as answer:
        status, reason = answer.status, answer.headers["Sentry-Hook-Error"]
    await post_webhook(site, *sign_webhook(site, issue_data(2)))
    async with subscribed(site, after=after) as reader_of_changes:
        item = await reader_of_changes.item()

    assert (status, reason) == (200, "Not published: the payload names another organization than the secret")
    assert short_ids([item]) == ["WEB-2"]
    assert MetricsReader(site).sum("dexter_webhook_outcomes_total", resource="issue", outcome="set_aside") == 1


async def test_secret_decides_the_organization():
    """What one organization's secret signed is told in that organization's stream alone."""
    async with running_sandbox() as sandbox:
        secrets = tuple(f"{slug}={sandbox.webhooks.secret(slug)}" for slug in ("acme", "globex"))
        async with running_site(sandbox, webhook_secrets=secrets) as site:
            after = await current_position(site)
            await post_webhook(site, *sign_webhook(site, issue_data(1), slug="globex"))
            await post_webhook(site, *sign_webhook(site, issue_data(2)))
            async with subscribed(site, after=after) as reader:
                item = await reader.item()

    assert short_ids([item]) == ["WEB-2"]
