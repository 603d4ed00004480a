"""What the sandbox sends: the envelope of a webhook, the issue inside it, and what the server reads of each kind."""

import hashlib
import hmac

import aiohttp
import msgspec
import pytest
from conformance import violations
from own_schemas import WEBHOOK

from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.realtime.webhooks.named_organizations import foreign_organization
from dexter_graphql.realtime.webhooks.payloads import KINDS_BY_ACTION, decode_envelope, parse_change
from dexter_graphql.sandbox import Simulation, build_world
from dexter_graphql.sandbox.server import SandboxServer
from dexter_graphql.sandbox.webhooks import WebhookSender
from dexter_graphql.sandbox.world.state import WebhookEvent
from support.sandbox import NOON, StillClock

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"status": "resolved"}, "resolved"),
        ({"status": "ignored", "substatus": "archived_forever"}, "ignored"),
        ({"assignedTo": "user:1001"}, "assigned"),
    ],
)
async def test_a_change_is_told(change: dict, action: str, sandbox: SandboxServer, client: aiohttp.ClientSession):
    """A change of an issue sends the known envelope, with the issue in it, signed over its raw bytes."""
    acme = sandbox.world.organizations[0]
    issue = next(one for one in acme.issues.values() if one.status == "unresolved" and one.assignee is None)
    told: list[WebhookEvent] = []
    sandbox.world.listeners.append(told.append)
    async with client.put(f"{sandbox.url}/api/0/organizations/acme/issues/{issue.id}/", json=change) as response:
        assert response.status == 200, await response.text()
    sandbox.world.listeners.remove(told.append)

    delivery = sandbox.webhooks.build_delivery(next(one for one in told if one.action == action))
    body = msgspec.json.decode(delivery.body)
    signature = hmac.new(sandbox.webhooks.secret().encode(), delivery.body, hashlib.sha256).hexdigest()
    assert violations(WEBHOOK, body) == []
    assert (body["action"], body["data"]["issue"]["id"]) == (action, issue.id)
    assert delivery.headers["Sentry-Hook-Resource"] == "issue"
    assert delivery.headers["Sentry-Hook-Signature"] == signature


STEPS = 1000
"""Steps of the simulation in which every kind of webhook occurs."""
WITHOUT_ORGANIZATION = {"comment", "seer"}
"""Resources whose payloads name no organization."""
WITHOUT_TAGS = {"preprod_artifact"}
"""Resources that no cached answer shows."""


@pytest.fixture(scope="module")
def deliveries():
    """A webhook of each action that the simulation sends."""
    world = build_world(7, StillClock())
    sender, events = WebhookSender(world), {}
    world.listeners.append(lambda event: events.setdefault(f"{event.resource}.{event.action}", event))
    simulation = Simulation(world)
    for _ in range(STEPS):
        simulation.step()
    return {name: sender.build_delivery(event) for name, event in events.items()}


@pytest.mark.parametrize("name", KINDS_BY_ACTION)
async def test_every_webhook_is_typed(deliveries, name):
    """The change has the kind of the action, a subject and its tags, and no member of it is unreadable."""
    resource = name.partition(".")[0]
    envelope = decode_envelope(deliveries[name].body)

    change = parse_change(resource, envelope, ChangeSource("acme", name, Origin.WEBHOOK, None, NOON, NOON))

    assert (change.kind, change.entity) == (KINDS_BY_ACTION[name], resource)
    assert change.kind is not Kind.UNKNOWN
    assert change.subject
    assert bool(change.tags) is (resource not in WITHOUT_TAGS)


@pytest.mark.parametrize("name", KINDS_BY_ACTION)
async def test_every_webhook_names_its_organization(deliveries, name):
    """It is that of acme and of no other organization, where its payload names one."""
    data, ids = bytes(decode_envelope(deliveries[name].body).data), {"acme": "100000", "globex": "200000"}

    assert foreign_organization(data, "acme", ids.get) is None
    is_named = foreign_organization(data, "globex", ids.get) is not None
    assert is_named is (name.partition(".")[0] not in WITHOUT_ORGANIZATION)
