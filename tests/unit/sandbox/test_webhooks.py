"""Webhooks: events, delivery and signatures, and the simulation that causes them."""

import asyncio
import collections
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
    """Webhooks received by an application, as (headers, raw body)."""
    arrived = []

    async def take(request):
        arrived.append((request.headers, await request.read()))
        return web.Response()

    application = web.Application()
    application.router.add_post("/hook", take)
    async with TestServer(application) as receiver:
        server.webhooks.set_url(str(receiver.make_url("/hook")))
        yield arrived


def list_events(received):
    return [f"{h['Sentry-Hook-Resource']}.{json.loads(body)['action']}" for h, body in received]


async def test_a_webhook_is_signed_over_its_bytes(sentry, received):
    """The signature matches the raw body, and the payload names installation and actor."""
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
    """Archiving sends two webhooks; flags and priorities send none."""
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

    assert list_events(received) == [
        "issue.ignored", "issue.archived", "issue.unresolved", "issue.assigned", "issue.resolved",
        "comment.created", "comment.updated", "comment.deleted",
    ]  # fmt: skip


async def test_without_a_url_nothing_is_sent(sentry):
    """Without a webhook URL no webhook is sent."""
    await sentry.call("PUT", f"{ISSUES}WEB-9/", json={"status": "resolved"})
    await sentry.server.webhooks.drain()

    assert list(sentry.server.webhooks.deliveries) == []


async def test_failed_delivery_is_not_retried(sentry):
    """A failed delivery is recorded without a status and not retried."""
    sentry.server.webhooks.set_url("http://127.0.0.1:9/hook")
    await sentry.call("PUT", f"{ISSUES}WEB-9/", json={"status": "resolved"})
    await sentry.server.webhooks.drain()

    assert [(d.action, d.status) for d in sentry.server.webhooks.deliveries] == [("resolved", None)]


async def test_simulation_sends_webhooks(sentry, received):
    """A new issue, and a regression, send the issue, its event and the triggered alert."""
    simulation = sentry.server.simulation
    issue = simulation.open_issue()
    simulation.regress_issue()
    simulation.fire_metric_alert()
    await sentry.server.webhooks.drain()

    assert list_events(received) == [
        "issue.created", "error.created", "event_alert.triggered",
        "issue.unresolved", "error.created", "event_alert.triggered", "metric_alert.critical",
    ]  # fmt: skip
    assert (await sentry.body(f"{ISSUES}{issue.short_id}/"))["substatus"] == "new"


STAGES = ("root_cause", "solution", "coding", "iteration")
ACTIONS = {
    "issue": {"created", "resolved", "unresolved", "assigned", "ignored", "archived"},
    "error": {"created"},
    "comment": {"created", "updated", "deleted"},
    "event_alert": {"triggered"},
    "metric_alert": {"critical", "warning", "resolved", "open"},
    "activity_alert": {"triggered"},
    "seer": {f"{stage}_{state}" for stage in STAGES for state in ("started", "completed")}
    | {"pr_created"},
    "preprod_artifact": {"size_analysis_completed", "build_distribution_completed"},
    "installation": {"created", "deleted"},
}  # fmt: skip


def test_simulation_makes_every_kind_of_webhook(world):
    """Every resource and action that Sentry sends occurs in the simulation."""
    events = collections.defaultdict(set)
    world.listeners.append(lambda event: events[event.resource].add(event.action))
    simulation = Simulation(world)
    for _ in range(1000):
        simulation.step()

    assert events == ACTIONS


async def test_seer_sends_each_step_and_the_alert_on_it(sentry, received):
    """A step that starts names the run alone; one that completed has its result, and triggers the alerts on it."""
    issue = sentry.server.simulation.fix_issue()
    await sentry.server.webhooks.drain()

    bodies = [json.loads(body)["data"] for headers, body in received if headers["Sentry-Hook-Resource"] == "seer"]
    assert {(body["run_id"], body["group_id"]) for body in bodies} == {(issue.autofix["run_id"], int(issue.id))}
    assert [sorted(set(body) - {"run_id", "group_id"}) for body in bodies] == [
        [], ["root_cause"], [], ["solution"], [], ["changes"], ["pull_requests"], [], ["changes"]
    ]  # fmt: skip
    alerts = [
        json.loads(body)["data"] for headers, body in received if headers["Sentry-Hook-Resource"] == "activity_alert"
    ]
    assert [alert["activity"]["type"] for alert in alerts] == [
        "seer_rca_completed", "seer_solution_completed", "seer_coding_completed", "seer_pr_created"
    ]  # fmt: skip
    assert {alert["issue"]["id"] for alert in alerts} == {issue.id}
    assert alerts[0]["alert"]["settings"] == [{"name": "channel", "value": "#seer"}]


async def test_alert_with_settings_of_the_app_has_them(sentry, received, acme):
    """An issue alert whose action is the app with a filled-in form has `issue_alert`; others have its name alone."""
    issue = sentry.server.simulation.open_issue()
    settings = [{"name": "channel", "value": "#oncall"}]
    [workflow] = [w for w in acme.workflows if w.last_triggered == sentry.server.world.now()]
    workflow.action_filters[0]["actions"].append({"type": "sentry_app", "data": {"settings": settings}})
    sentry.server.simulation._trigger_alerts(issue, issue.events[-1], "new issues")
    await sentry.server.webhooks.drain()

    plain, detailed = [json.loads(b)["data"] for h, b in received if h["Sentry-Hook-Resource"] == "event_alert"]
    assert plain["triggered_rule"] == detailed["triggered_rule"] == workflow.name
    assert "issue_alert" not in plain
    assert (detailed["issue_alert"]["title"], detailed["issue_alert"]["settings"]) == (workflow.name, settings)


async def test_simulation_keeps_its_rate(server, clock):
    """The simulation waits for the interval of its rate."""
    await server.simulation.start(4)
    while sum(server.simulation.step_counts.values()) < 3:  # noqa: ASYNC110 - the clock does not wait, so turns are what passes
        await asyncio.sleep(0)
    await server.simulation.stop()

    assert set(clock.slept) == {0.25}


def test_same_seed_makes_the_same_changes(clock):
    """Two simulations with the same seed make the same changes."""

    def simulate():
        world = build_world(7, clock)
        events = []
        world.listeners.append(lambda event: events.append((event.resource, event.action, str(event.data)[:80])))
        simulation = Simulation(world)
        return [simulation.step() for _ in range(200)], events

    assert simulate() == simulate()


def test_simulation_needs_a_known_organization(world):
    """A simulation of an unknown organization raises."""
    with pytest.raises(KeyError):
        Simulation(world, "nowhere")
