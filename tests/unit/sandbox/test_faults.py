"""Scripted failures: each kind reaches the wire, as often as asked for."""

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
async def test_a_scripted_answer_is_sent_once(sentry, fault, status, content_type):
    """The first call fails as scripted, the second is answered."""
    sentry.server.faults.add(fault, route=LIST)

    first = await sentry.get("/organizations/acme/issues/?limit=1")
    second = await sentry.get("/organizations/acme/issues/?limit=1")

    assert (first[0], first[1]["Content-Type"], second[0]) == (status, content_type, 200)
    assert {key: first[1][key] for key in fault.headers} == dict(fault.headers)
    assert [request.status for request in sentry.server.requests] == [status, 200]


async def test_a_fault_is_about_its_method_and_route(sentry):
    """Other calls pass and do not use it up."""
    sentry.server.faults.add(internal_error(), method="PUT", route=LIST)

    assert (await sentry.get("/organizations/acme/issues/?limit=1"))[0] == 200
    assert (await sentry.call("PUT", "/organizations/acme/issues/?id=1", json={}))[0] == 500


async def test_a_reset_is_a_broken_connection(sentry):
    """The caller sees the connection go, twice because its first attempt is repeated on a fresh one."""
    sentry.server.faults.add(Fault(kind="reset", times=2))

    with pytest.raises(aiohttp.ClientConnectionError):
        await sentry.get("/organizations/")
    assert [request.status for request in sentry.server.requests][-1] is None


async def test_a_truncated_answer_ends_too_early(sentry):
    """The length promises more than arrives."""
    sentry.server.faults.add(Fault(kind="truncate"))

    with pytest.raises(aiohttp.ClientPayloadError):
        await sentry.get("/organizations/")
    assert (await sentry.get("/organizations/"))[0] == 200


async def test_a_hanging_call_is_let_go_when_the_server_stops(sentry):
    """The caller waits for ever, the stop does not."""
    sentry.server.faults.add(Fault(kind="hang", times=None))
    waiting = asyncio.create_task(sentry.get("/organizations/"))
    while not len(sentry.server.requests):  # noqa: ASYNC110 - the log is the only witness of a call without answer
        await asyncio.sleep(0.001)

    await asyncio.wait_for(sentry.server.stop(), 2)

    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_a_delay_waits_on_the_clock_and_goes_on(sentry, clock):
    """The answer is the true one."""
    sentry.server.faults.add(Fault(kind="delay", delay_s=30))

    assert (await sentry.get("/organizations/"))[0] == 200
    assert clock.slept == [30]


async def test_faults_can_be_scripted_from_another_process(sentry):
    """The control API adds, lists and clears faults, and shows and clears the requests."""
    base = f"{sentry.server.url}/_sandbox"
    fault = {"status": 503, "body": "<p>busy</p>", "route": LIST, "times": 2}
    async with sentry.session.post(f"{base}/faults", json=fault) as answer:
        assert answer.status == 201
    assert (await sentry.get("/organizations/acme/issues/"))[0] == 503
    async with sentry.session.get(f"{base}/faults") as answer:
        assert [(f["status"], f["times"]) for f in await answer.json()] == [(503, 1)]
    async with sentry.session.delete(f"{base}/faults") as answer:
        assert answer.status == 204
    async with sentry.session.get(f"{base}/requests") as answer:
        assert [request["route"] for request in await answer.json()] == [LIST]
    async with sentry.session.post(f"{base}/requests/reset") as answer:
        assert (answer.status, len(sentry.server.requests)) == (204, 0)
    async with sentry.session.post(f"{base}/faults", json={"kind": "sulk"}) as answer:
        assert answer.status == 400


def test_a_probability_is_a_share_of_calls():
    """About half of the calls fail, always the same ones for the same seed."""

    def story(seed):
        faults = FaultQueue(Random(seed))
        faults.add(Fault(probability=0.5, times=None))
        return [faults.take("GET", None, "/") is not None for _ in range(200)]

    assert story(1) == story(1) != story(2)
    assert 70 < sum(story(1)) < 130


def test_faults_are_bounded():
    """One more than the bound is refused."""
    faults = FaultQueue(Random(1))
    for _ in range(MAX_FAULTS):
        faults.add(Fault())

    with pytest.raises(ValueError, match="at most"):
        faults.add(Fault())


async def test_a_silent_close_is_after_the_answer(sentry):
    """The answer is whole and does not say that the connection ends; the next call needs another one."""
    sentry.server.faults.add(Fault(kind="close"))

    first = await sentry.get("/organizations/acme/issues/?limit=1")
    second = await sentry.get("/organizations/acme/issues/?limit=1")

    assert (first[0], second[0], first[2] == second[2]) == (200, 200, True)
    assert "close" not in first[1].get("Connection", "").lower()


async def test_an_oversized_answer_is_still_json(sentry):
    """As many bytes more as wanted, before a body that is the true one."""
    plain = await sentry.get("/organizations/acme/issues/?limit=1")
    sentry.server.faults.add(Fault(kind="oversize", size_bytes=1_000_000))

    large = await sentry.get("/organizations/acme/issues/?limit=1")

    assert int(large[1]["Content-Length"]) - int(plain[1]["Content-Length"]) == 1_000_000
    assert large[2] == plain[2]


async def test_a_trickle_is_whole_in_the_end(sentry):
    """The body comes piece by piece over the time that it was told to take."""
    plain = await sentry.get("/organizations/acme/issues/?limit=1")
    sentry.server.faults.add(Fault(kind="trickle", trickle_s=0.1, pieces=4))

    slow = await sentry.get("/organizations/acme/issues/?limit=1")

    assert sum(sentry.server.world.clock.slept) == pytest.approx(0.1)
    assert slow[2] == plain[2]


async def test_a_skewed_clock_moves_date_and_window_alike(sentry):
    """Whoever goes by the difference of the two finds the same window."""
    sentry.server.faults.add(Fault(kind="skew", skew_s=600))

    _, skewed, _ = await sentry.get("/organizations/acme/issues/?limit=1")
    _, plain, _ = await sentry.get("/organizations/acme/issues/?limit=1")

    reset = "X-Sentry-Rate-Limit-Reset"
    ahead_s = parsedate_to_datetime(skewed["Date"]).timestamp() - int(sentry.server.world.clock.time())
    assert (599 <= ahead_s <= 600, 599 <= int(skewed[reset]) - int(plain[reset]) <= 600) == (True, True)


def test_delays_are_spread():
    """Each call waits for its own time, around the one that was given and never less than nothing."""
    faults = FaultQueue(Random(1))

    waits = [faults.draw_delay_s(Fault(delay_s=0.1, spread_s=0.2)) for _ in range(200)]

    assert (min(waits), max(waits) <= 0.3, len(set(waits)) > 100) == (0.0, True, True)
