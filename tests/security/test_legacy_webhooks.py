"""Legacy webhooks over HTTP: the secret in the path, and what a hint shows to whom."""

import io

import msgspec
import pytest

from dexter_graphql.server.webhooks import MAX_BODY_BYTES
from support.live_changes import current_position, open_issues, subscribed
from support.server import running_site

SECRET = "legacy-secret-of-acme-0123456789abcd"


@pytest.fixture
async def site():
    """A running Dexter that takes legacy webhooks of acme."""
    async with running_site(legacy_webhook_secrets=(f"acme={SECRET}",)) as running:
        yield running


async def send_hint(site, body, secret=SECRET):
    """Status of the answer to a legacy webhook."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    async with site.session.post(f"{site.url}/webhooks/legacy/{secret}", data=io.BytesIO(data)) as answer:
        return answer.status


async def test_hint_makes_subscribers_fetch(site):
    """The item has the issue as Sentry has it, not as the body says."""
    issue, after = open_issues(site)[0], await current_position(site)

    status = await send_hint(site, {"id": issue.id, "message": "made up", "level": "fatal"})
    selection = "change { kind origin action issue { shortId title } }"
    async with subscribed(site, selection, after=after) as reader:
        change = (await reader.item())["change"]

    assert status == 200
    assert (change["kind"], change["origin"], change["action"]) == ("UPDATED", "WEBHOOK", "legacy_webhook.triggered")
    assert change["issue"] == {"shortId": issue.short_id, "title": issue.title}


async def test_made_up_id_shows_nothing(site):
    """An issue that does not exist, or that the credential may not read, is no item."""
    after = await current_position(site)
    issue = open_issues(site)[0]

    statuses = [await send_hint(site, {"id": number}) for number in ("999999999", issue.id)]
    async with subscribed(site, after=after) as reader:
        item = await reader.item()

    assert statuses == [200, 200]
    assert item["change"]["issue"]["shortId"] == issue.short_id


@pytest.mark.parametrize("secret", ["x" * 36, SECRET[:-1], f"{SECRET}0", "%00", "ü", f"{SECRET}/x"])
async def test_wrong_secret_is_no_path(site, secret):
    """A guess learns nothing: the answer is that of a path that does not exist."""
    assert await send_hint(site, {"id": "1"}, secret) == 404


async def test_refused_hints(site):
    """Bodies that are no webhook or too large, and more than the rate admits."""
    junk, large = await send_hint(site, b"junk"), await send_hint(site, b"x" * (MAX_BODY_BYTES + 1))
    statuses = {await send_hint(site, {"id": str(number)}) for number in range(60)}

    assert (junk, large) == (400, 413)
    assert statuses == {200, 429}


async def test_secret_is_not_logged(site, capfd):
    """Neither by the access log nor with the reason of a rejection."""
    await send_hint(site, {"id": "1"})
    await send_hint(site, b"junk")
    written = "".join(capfd.readouterr())

    assert "/webhooks/legacy/…" in written
    assert SECRET not in written
