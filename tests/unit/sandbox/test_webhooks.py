"""Webhooks: what is told, to whom, and the signature over the raw bytes."""

import asyncio
import hashlib
import hmac
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dexter_graphql.sandbox import Simulation, build_world

ISSUES = "/organizations/acme/issues/"


@pytest.fixture
async def received(server):
    """What an application behind the webhook address gets: (headers, raw body)."""
    arrived = []

    async def take(request):
        arrived.append((request.headers, await request.read()))
        return web.Response()

    application = web.Application()
    application.router.add_post("/hook", take)
    async with TestServer(application) as receiver:
        server.webhooks.set_url(str(receiver.make_url("/hook")))
        yield arrived


def told(received):
    return [f"{h['Sentry-Hook-Resource']}.{json.loads(body)['action']}" for h, body in received]


async def test_a_webhook_is_signed_over_its_bytes(sentry, received):
    """The headers are Sentry's, the signature fits the bytes, the envelope names installation and actor."""
    await sentry.call("PUT", f"{ISSUES}WEB-9/", json={"status": "resolved"})
    await sentry.server.webhooks.drain()

    [(headers, body)] = received
    secret = sentry.server.webhooks.secret().encode()
    assert headers["Sentry-Hook-Signature"] == hmac.new(secret, body, hashlib.sha256).hexdigest()
    assert (headers["Sentry-Hook-Resource"], headers["Sentry-Hook-Timestamp"]) == ("issue", "1772625600")
    assert len(headers["Request-ID"]) == 32
    envelope = json.loads(body)
    acme, user = sentry.server.world.organizations[0], sentry.server.world.users[0]
    assert envelope["installation"] == {"uuid": acme.installations[0].uuid}
    assert envelope["actor"] == {"type": "user", "id": int(user.id), "name": user.name}
    assert (envelope["data"]["issue"]["shortId"], envelope["data"]["resolution_type"]) == ("WEB-9", "now")


async def test_each_change_has_its_webhooks(sentry, received, acme):
    """Archiving is told under two names; marks and priorities are not told at all."""
    for body in (
        {"status": "ignored"},
        {"status": "unresolved"},
        {"assignedTo": sentry.server.world.users[0].email},
        {"assignedTo": ""},
        {"priority": "low", "hasSeen": True},
        {"status": "resolved", "statusDetails": {"inNextRelease": True}},
    ):
        await sentry.call("PUT", f"{ISSUES}WEB-9/", json=body)
    _, _, comment = await sentry.call("POST", f"{ISSUES}WEB-9/notes/", json={"text": "hm"})
    await sentry.call("PUT", f"{ISSUES}WEB-9/notes/{comment['id']}/", json={"text": "aha"})
    await sentry.call("DELETE", f"{ISSUES}WEB-9/notes/{comment['id']}/")
    await sentry.server.webhooks.drain()

    assert told(received) == [
        "issue.ignored", "issue.archived", "issue.unresolved", "issue.assigned", "issue.resolved",
        "comment.created", "comment.updated", "comment.deleted",
    ]  # fmt: skip


async def test_without_an_address_nothing_is_sent(sentry):
    """Changes are not even queued."""
    await sentry.call("PUT", f"{ISSUES}WEB-9/", json={"status": "resolved"})
    await sentry.server.webhooks.drain()

    assert list(sentry.server.webhooks.deliveries) == []


async def test_a_lost_webhook_is_not_repeated(sentry):
    """When nobody answers, the delivery is noted without a status and the next one is sent."""
    sentry.server.webhooks.set_url("http://127.0.0.1:9/hook")
    await sentry.call("PUT", f"{ISSUES}WEB-9/", json={"status": "resolved"})
    await sentry.server.webhooks.drain()

    assert [(d.action, d.status) for d in sentry.server.webhooks.deliveries] == [("resolved", None)]


async def test_live_mode_tells_what_happens(sentry, received):
    """A new issue is told with its first event and the alert it fires; a regression likewise."""
    simulation = sentry.server.simulation
    issue = simulation.open_issue()
    simulation.regress_issue()
    simulation.fire_metric_alert()
    await sentry.server.webhooks.drain()

    assert told(received) == [
        "issue.created", "error.created", "event_alert.triggered",
        "issue.unresolved", "error.created", "event_alert.triggered", "metric_alert.critical",
    ]  # fmt: skip
    assert (await sentry.body(f"{ISSUES}{issue.short_id}/"))["substatus"] == "new"


async def test_live_mode_keeps_its_rate_on_the_clock(server, clock):
    """Four per second wait a quarter of a second each."""
    await server.simulation.start(4)
    while sum(server.simulation.step_counts.values()) < 3:  # noqa: ASYNC110 - the clock does not wait, so turns are what passes
        await asyncio.sleep(0)
    await server.simulation.stop()

    assert set(clock.slept) == {0.25}


def test_the_same_seed_tells_the_same_story(clock):
    """Two hundred steps in two worlds of one seed are the same happenings on the same issues."""

    def story():
        world = build_world(7, clock)
        told = []
        world.listeners.append(lambda change: told.append((change.resource, change.action, str(change.data)[:80])))
        simulation = Simulation(world)
        return [simulation.step() for _ in range(200)], told

    assert story() == story()


def test_live_mode_wants_a_known_organization(world):
    """An organization that does not exist is an error at once."""
    with pytest.raises(KeyError):
        Simulation(world, "nowhere")
