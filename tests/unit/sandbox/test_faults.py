"""Scripted faults over HTTP."""

import asyncio
from email.utils import parsedate_to_datetime
from random import Random

import aiohttp
import pytest

from dexter_graphql.sandbox import Fault, FaultQueue
from dexter_graphql.sandbox.faults import (
    MAX_FAULTS,
    brownout,
    concurrency_limit,
    html_page,
    internal_error,
    store_limit,
    unexpected_body,
    window_limit,
)

LIST = "/organizations/{organization}/issues/"


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        (internal_error(), 500, "application/json"),
        (html_page(503), 503, "text/html"),
        (unexpected_body(), 200, "application/json"),
        (window_limit(5, 1, 99), 429, "application/json"),
        (concurrency_limit(5, 99), 429, "application/json"),
        (store_limit(), 429, "application/json"),
        (brownout(replacement="/api/0/x/"), 410, "application/json"),
    ],
)
async def test_scripted_response_is_sent_once(sentry, fault, status, content_type):
    """The first request gets the scripted response, the second one the correct response."""
    sentry.server.faults.add(fault, route=LIST)

    first = await sentry.get("/organizations/acme/issues/?limit=1")
    second = await sentry.get("/organizations/acme/issues/?limit=1")

    assert (first[0], first[1]["Content-Type"], second[0]) == (status, content_type, 200)
    assert {key: first[1][key] for key in fault.headers} == dict(fault.headers)
    assert [request.status for request in sentry.server.requests] == [status, 200]


async def test_a_fault_applies_to_its_method_and_route(sentry):
    """Other requests are unaffected and do not use the fault up."""
    sentry.server.faults.add(internal_error(), method="PUT", route=LIST)

    assert (await sentry.get("/organizations/acme/issues/?limit=1"))[0] == 200
    assert (await sentry.call("PUT", "/organizations/acme/issues/?id=1", json={}))[0] == 500


async def test_reset_breaks_the_connection(sentry):
    """The client sees a reset connection; two faults are needed because aiohttp retries once."""
    sentry.server.faults.add(Fault(kind="reset", times=2))

    with pytest.raises(aiohttp.ClientConnectionError):
        await sentry.get("/organizations/")
    assert [request.status for request in sentry.server.requests][-1] is None


async def test_truncated_response_is_incomplete(sentry):
    """The body is shorter than its announced length."""
    sentry.server.faults.add(Fault(kind="truncate"))

    with pytest.raises(aiohttp.ClientPayloadError):
        await sentry.get("/organizations/")
    assert (await sentry.get("/organizations/"))[0] == 200


async def test_stop_ends_hanging_requests(sentry):
    """Stopping the server ends hanging requests."""
    sentry.server.faults.add(Fault(kind="hang", times=None))
    waiting = asyncio.create_task(sentry.get("/organizations/"))
    while not len(sentry.server.requests):  # noqa: ASYNC110 - the log is the only witness of a call without answer
        await asyncio.sleep(0.001)

    await asyncio.wait_for(sentry.server.stop(), 2)

    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_delay_waits_on_the_clock(sentry, clock):
    """A delayed request gets the correct response."""
    sentry.server.faults.add(Fault(kind="delay", delay_s=30))

    assert (await sentry.get("/organizations/"))[0] == 200
    assert clock.slept == [30]


async def test_faults_can_be_scripted_from_another_process(sentry):
    """The control API adds, lists and clears faults, and lists and clears requests."""
    base = f"{sentry.server.url}/_sandbox"
    fault = {"status": 503, "body": "<p>busy</p>", "route": LIST, "times": 2}
    async with sentry.session.post(f"{base}/faults", json=fault) as response:
        assert response.status == 201
    assert (await sentry.get("/organizations/acme/issues/"))[0] == 503
    async with sentry.session.get(f"{base}/faults") as response:
        assert [(f["status"], f["times"]) for f in await response.json()] == [(503, 1)]
    async with sentry.session.delete(f"{base}/faults") as response:
        assert response.status == 204
    async with sentry.session.get(f"{base}/requests") as response:
        assert [request["route"] for request in await response.json()] == [LIST]
    async with sentry.session.post(f"{base}/requests/reset") as response:
        assert (response.status, len(sentry.server.requests)) == (204, 0)
    async with sentry.session.post(f"{base}/faults", json={"kind": "sulk"}) as response:
        assert response.status == 400


def test_probability_is_a_share_of_requests():
    """About half of the requests fail, the same ones for the same seed."""

    def outcomes(seed):
        faults = FaultQueue(Random(seed))
        faults.add(Fault(probability=0.5, times=None))
        return [faults.take("GET", None, "/") is not None for _ in range(200)]

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert 70 < sum(outcomes(1)) < 130


def test_faults_are_bounded():
    """Adding more faults than the maximum raises."""
    faults = FaultQueue(Random(1))
    for _ in range(MAX_FAULTS):
        faults.add(Fault())

    with pytest.raises(ValueError, match="at most"):
        faults.add(Fault())


async def test_close_follows_a_complete_response(sentry):
    """The response is complete and does not announce that the connection closes."""
    sentry.server.faults.add(Fault(kind="close"))

    first = await sentry.get("/organizations/acme/issues/?limit=1")
    second = await sentry.get("/organizations/acme/issues/?limit=1")

    assert (first[0], second[0], first[2] == second[2]) == (200, 200, True)
    assert "close" not in first[1].get("Connection", "").lower()


async def test_oversized_response_is_still_json(sentry):
    """The response is longer by the given size and decodes to the same body."""
    plain = await sentry.get("/organizations/acme/issues/?limit=1")
    sentry.server.faults.add(Fault(kind="oversize", size_bytes=1_000_000))

    large = await sentry.get("/organizations/acme/issues/?limit=1")

    assert int(large[1]["Content-Length"]) - int(plain[1]["Content-Length"]) == 1_000_000
    assert large[2] == plain[2]


async def test_trickle_sends_the_complete_body(sentry):
    """The pieces of the body are sent over the given time and are complete."""
    plain = await sentry.get("/organizations/acme/issues/?limit=1")
    sentry.server.faults.add(Fault(kind="trickle", trickle_s=0.1, pieces=4))

    slow = await sentry.get("/organizations/acme/issues/?limit=1")

    assert sum(sentry.server.world.clock.slept) == pytest.approx(0.1)
    assert slow[2] == plain[2]


async def test_skewed_clock_moves_date_and_window_alike(sentry):
    """`Date` and the reset of the rate limit window are ahead by the same time."""
    sentry.server.faults.add(Fault(kind="skew", skew_s=600))

    _, skewed, _ = await sentry.get("/organizations/acme/issues/?limit=1")
    _, plain, _ = await sentry.get("/organizations/acme/issues/?limit=1")

    reset = "X-Sentry-Rate-Limit-Reset"
    ahead_s = parsedate_to_datetime(skewed["Date"]).timestamp() - int(sentry.server.world.clock.time())
    assert (599 <= ahead_s <= 600, 599 <= int(skewed[reset]) - int(plain[reset]) <= 600) == (True, True)


def test_delays_are_spread():
    """Delays vary around the given one and are never negative."""
    faults = FaultQueue(Random(1))

    waits = [faults.draw_delay_s(Fault(delay_s=0.1, spread_s=0.2)) for _ in range(200)]

    assert (min(waits), max(waits) <= 0.3, len(set(waits)) > 100) == (0.0, True, True)
