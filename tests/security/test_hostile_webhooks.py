"""Hostile webhooks over real sockets: each has the right answer, and the next real one is delivered."""

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager

import msgspec
import pytest

from support.live_changes import current_position, issue_data, post_webhook, short_ids, sign_webhook, subscribed
from support.raw_http import all_connected, connected, request_bytes
from support.server import running_site

PATH = "/webhooks/sentry"
LARGE = 5_000_000
BODY_TIMEOUT_S = 0.3
LAST = 999
"""Number of the issue of the real webhook after the hostile ones."""


@pytest.fixture
async def site():
    """A server over a sandbox."""
    async with running_site(body_timeout_s=BODY_TIMEOUT_S) as running:
        yield running


@asynccontextmanager
async def delivered_after(site, expected):
    """After the block a real webhook is accepted, and the stream has the issues with these numbers before it."""
    after = await current_position(site)
    yield
    status, _ = await post_webhook(site, *sign_webhook(site, issue_data(LAST) | {"nonce": time.monotonic_ns()}))
    async with subscribed(site, after=after) as reader:
        items = [await reader.item() for _ in range(len(expected) + 1)]
    assert status == 200
    assert short_ids(items) == [f"WEB-{number}" for number in (*expected, LAST)]


def raw_webhook(body, headers):
    """The bytes of a webhook."""
    return request_bytes("POST", PATH, headers.items(), body)


def skewed(seconds):
    return str(int(time.time()) + seconds)


FORGED = {
    "forged": (401, {"Sentry_Hook_Signature": "ab" * 32}),
    "signature of another length": (401, {"Sentry_Hook_Signature": "ab"}),
    "signature outside of ASCII": (401, {"Sentry_Hook_Signature": "\u00e9" * 64}),
    "unsigned": (401, {"Sentry_Hook_Signature": None}),
    "a year old": (401, {"Sentry_Hook_Timestamp": "1700000000"}),
    "no number": (401, {"Sentry_Hook_Timestamp": "1e9"}),
    "beyond all times": (401, {"Sentry_Hook_Timestamp": "9" * 300}),
    "resource of other characters": (400, {"Sentry_Hook_Resource": "issue/../x"}),
}


async def test_forged_webhooks(site):
    """What is not signed, not fresh or malformed is refused and published nowhere."""
    statuses = {}
    async with delivered_after(site, []), connected(site.url) as client:
        for name, (_, headers) in FORGED.items():
            await client.send(raw_webhook(*sign_webhook(site, issue_data(1) | {"name": name}, **headers)))
            statuses[name], _, _ = await client.response()

    assert statuses == {name: status for name, (status, _) in FORGED.items()}


async def test_another_organization_can_not_speak_for_this_one(site):
    """What the secret of one organization signs is no change of another one, whatever the body says."""
    async with delivered_after(site, []):
        status, _ = await post_webhook(site, *sign_webhook(site, issue_data(1), slug="globex"))
        assert status == 401


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_large_webhooks(site, is_chunked):
    """5 MB are refused before they have arrived, with and without an announced length, and are not kept."""
    body, headers = sign_webhook(site, b"x" * LARGE)
    if is_chunked:
        head = request_bytes("POST", PATH, [*headers.items(), ("Transfer-Encoding", "chunked")])
        sent = head + b"".join(
            b"10000\r\n" + body[at : at + 65536].ljust(65536) + b"\r\n" for at in range(0, LARGE, 65536)
        )
    else:
        sent = raw_webhook(body, headers)
    async with delivered_after(site, []), connected(site.url) as client:
        sending = asyncio.ensure_future(client.send(sent))
        assert await client.status() == 413
        await sending
    assert "dexter_request_bytes_in_flight 0" in site.dexter.metrics.text().decode()


async def test_slow_webhooks(site):
    """Bodies that do not arrive are given up, and other webhooks are answered meanwhile."""
    body, headers = sign_webhook(site, issue_data(1))
    async with delivered_after(site, [2]), all_connected(site.url, 50) as clients:
        for client in clients:
            await client.send(raw_webhook(body, headers)[:-5])
        status, _ = await post_webhook(site, *sign_webhook(site, issue_data(2)))
        assert Counter([await client.status() for client in clients]) == {408: 50}
    assert status == 200


async def test_duplicates_at_the_same_time(site):
    """Twenty copies of one delivery are one change, and all are answered 200."""
    sent = sign_webhook(site, issue_data(3))
    async with delivered_after(site, [3]):
        answers = await asyncio.gather(*(post_webhook(site, *sent) for _ in range(20)))
    assert {status for status, _ in answers} == {200}


async def test_out_of_order_and_skewed(site):
    """Webhooks of a clock that is four minutes off are delivered in the order of arrival, of six minutes refused."""
    offsets = {11: -240, 12: 240, 13: -120, 14: -360, 15: 360}
    async with delivered_after(site, [11, 12, 13]):
        statuses = {
            number: (
                await post_webhook(site, *sign_webhook(site, issue_data(number), Sentry_Hook_Timestamp=skewed(offset)))
            )[0]
            for number, offset in offsets.items()
        }
    assert statuses == {11: 200, 12: 200, 13: 200, 14: 401, 15: 401}


ODD_VALUES = [
    None, True, 0, -1, 2**63, 1e308, "", "\u0000", "a" * 9999, [], {}, [[]], {"id": {}}, {"id": None}, {"id": "../x"},
]  # fmt: skip
ODD_BODIES = [
    b"", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff\xfe", b'{"action": "\xed\xa0\x80"}', b'{"action": "\\ud800"}',
    b"[" * 100_000, b'{"a":' * 100_000, b'{"action": 1e999}', b'{"action": NaN}', b'{"action":"a","action":1}',
]  # fmt: skip


@pytest.mark.parametrize("resource", ["issue", "comment", "error", "event_alert", "metric_alert", "unknown"])
async def test_odd_bodies_that_are_signed(site, resource):
    """Whatever a signed body contains is accepted or refused as malformed, never a failure of the server."""
    key = {"event_alert": "event"}.get(resource, resource)
    envelopes = [{"action": "created", "installation": {}, "data": {key: value}} for value in ODD_VALUES]
    envelopes += [{"action": value, "data": {}, "actor": value} for value in ODD_VALUES]
    envelopes += [{"action": "created", "installation": value, "data": value} for value in ODD_VALUES]
    bodies = [*ODD_BODIES, *map(msgspec.json.encode, envelopes)]

    answers = [await post_webhook(site, *sign_webhook(site, body, resource=resource)) for body in bodies]
    status, _ = await post_webhook(site, *sign_webhook(site, issue_data(LAST) | {"nonce": time.monotonic_ns()}))

    assert {status for status, _ in answers} <= {200, 400}
    assert status == 200
