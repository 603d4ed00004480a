"""Live mode of the sandbox: webhooks are counted by outcome, cut and restored, sent in order, at any rate."""

import asyncio
import json
from collections import Counter, defaultdict

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dexter_graphql.sandbox import webhooks
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sandbox.status_updates import Resolution

CONTROL = "/_sandbox"


class Control:
    """A client of the control API, and the issues that arrived at each receiver."""

    def __init__(self, sentry):
        self.sentry = sentry
        self.server = sentry.server
        self.arrived = defaultdict(list)

    async def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        async with self.sentry.session.request(method, f"{self.server.url}{CONTROL}{path}", data=data) as response:
            return await response.json() if response.content_length else None

    async def outcomes(self):
        await self.server.webhooks.drain()
        return (await self.call("GET", "/webhooks"))["outcomes"]

    async def receive(self, request):
        if "silent" in request.query:
            await asyncio.sleep(1)
        self.arrived[request.path].append(json.loads(await request.read())["data"]["issue"])
        return web.Response(status=int(request.query.get("status", "200")))


@pytest.fixture
async def control(sentry):
    """The control API of a sandbox with a receiver at `/0`, `/1` and so on."""
    control = Control(sentry)
    application = web.Application()
    application.router.add_post("/{replica}", control.receive)
    async with TestServer(application) as receiver:
        control.receiver = receiver
        yield control


def urls(control, *paths):
    return {"urls": [str(control.receiver.make_url(path)) for path in paths]}


async def test_outcomes_are_counted(control, monkeypatch):
    """Statuses, refused connections and missing answers are counted, each webhook once."""
    monkeypatch.setattr(webhooks, "TIMEOUT_S", 0.05)
    targets = [urls(control, "/0"), urls(control, "/0?status=401"), {"urls": ["http://127.0.0.1:9/"]}]
    targets.append(urls(control, "/1?silent=1"))
    for target in targets:
        await control.call("POST", "/webhooks", target)
        control.server.simulation.add_issue()
        await control.server.webhooks.drain()

    assert await control.outcomes() == {"200": 1, "401": 1, "refused": 1, "timed_out": 1}
    sent = await control.call("GET", "/webhooks/outcomes")
    assert [(resource, action, outcome) for resource, action, _, outcome, *_ in sent] == [
        ("issue", "created", outcome) for outcome in ("200", "401", "refused", "timed_out")
    ]
    assert all(seconds >= 0.05 for *_, outcome, _, seconds in sent if outcome == "timed_out")
    assert sent[0][2] == control.arrived["/0"][0]["id"]


async def test_cut_and_restored(control):
    """While webhooks are cut they are counted and never sent, and later ones are sent again."""
    await control.call("POST", "/webhooks", urls(control, "/0"))
    for is_cut in (False, True, False):
        state = await control.call("POST", "/webhooks", {"isCut": is_cut})
        assert state["isCut"] is is_cut
        control.server.simulation.add_issue()

    assert await control.outcomes() == {"200": 2, "cut": 1}
    await control.call("POST", "/webhooks/reset")
    assert await control.outcomes() == {}


async def test_webhooks_of_one_issue_stay_in_order(control):
    """Several lanes and replicas send at the same time, and the changes of each issue arrive in order."""
    state = await control.call("POST", "/webhooks", urls(control, "/0", "/1") | {"lanes": 8})
    acme = control.server.world.find_organization("acme")
    editor = IssueEditor(control.server.world, acme, None)
    issues = list(acme.issues.values())[:20]
    for _ in range(3):
        for issue in issues:
            editor.resolve(issue, Resolution())
            editor.unresolve(issue)

    assert await control.outcomes() == {"200": 120}
    statuses = defaultdict(list)
    for arrived in control.arrived.values():
        for issue in arrived:
            statuses[issue["id"]].append(issue["status"])
    assert state["lanes"] == 8
    assert dict(statuses) == {issue.id: ["resolved", "unresolved"] * 3 for issue in issues}
    assert sorted(control.arrived) == ["/0", "/1"]


@pytest.mark.parametrize("per_second", [None, 4000.0])
async def test_burst_opens_distinct_issues(control, per_second):
    """A burst sends each of its issues once, however fast, and leaves them in the world."""
    await control.call("POST", "/webhooks", urls(control, "/0") | {"lanes": 4})
    await control.call("POST", "/changes", {"changes": 700, "perSecond": per_second})
    while (await control.call("GET", "/webhooks"))["remaining"]:
        pass

    assert await control.outcomes() == {"200": 700}
    ids = Counter(issue["id"] for issue in control.arrived["/0"])
    assert set(ids.values()) == {1}
    assert set(ids) <= set(control.server.world.find_organization("acme").issues)


async def test_rate_can_be_changed(control):
    """A later request replaces the changes that remain, and 0 stops them."""
    await control.call("POST", "/changes", {"changes": 1000, "perSecond": 0.001})
    await control.call("POST", "/changes", {"changes": 0})

    assert (await control.call("GET", "/webhooks"))["remaining"] == 0


async def test_tokens_are_issued(control):
    """Issued tokens are distinct and read what `reader` reads."""
    tokens = await control.call("POST", "/tokens", {"tokens": 3})

    assert len(set(tokens)) == 3
    for token in tokens:
        assert (await control.sentry.get("/organizations/acme/issues/", token=token))[0] == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/webhooks", {"organization": "nowhere"}),
        ("/webhooks", {"unknown": 1}),
        ("/changes", {"changes": -1}),
        ("/changes", {"changes": 1, "perSecond": 0}),
        ("/tokens", {}),
    ],
)
async def test_mistakes_are_named(control, path, body):
    """A request that cannot be served has a message and changes nothing."""
    answer = await control.call("POST", path, body)

    assert list(answer) == ["detail"]
