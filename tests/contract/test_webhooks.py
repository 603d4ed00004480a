"""What the sandbox sends: the envelope of a webhook and the issue inside it."""

import hashlib
import hmac

import aiohttp
import msgspec
import pytest
from conformance import violations
from own_schemas import WEBHOOK

from dexter_graphql.sandbox.server import SandboxServer
from dexter_graphql.sandbox.world.state import WebhookEvent

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
