"""Reference counting alone frees all that an operation used: nothing is left for the garbage collector."""

import asyncio
import gc
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, islice, product

import aiohttp
import msgspec
import pytest
import uvloop

from dexter_graphql.app import create_app
from dexter_graphql.clock import Clock
from dexter_graphql.operations.library import load_library
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import html_page, internal_error
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.settings import Engine, load_settings
from support.asgi import ASGIClient
from support.command import run_dexter

UNCACHED = dict.fromkeys(POLICIES, CachePolicy(0.0))
WARM_UP = 2
"""Executions before the measured one: the second one makes the plan."""
BRANCHES = """query Branches($first: Int!) {
  organization(slug: "acme") {
    issues(first: $first) { nodes { title latestEvent { eventId platform } project { slug color } } }
    teams(first: 2) { nodes { slug } }
  }
}"""
CHANGES = """subscription {
  issueChanged(organization: { slug: "acme" }) { change { kind issue { id title eventCount } } }
}"""
RESOLVE = """mutation Resolve($ids: [ID!]!) {
  resolveIssues(input: { issues: { ids: $ids } }) { results { issue { status } } }
}"""
UNRESOLVE = """mutation Unresolve($ids: [ID!]!) {
  unresolveIssues(input: { issues: { ids: $ids } }) { results { issue { status } } }
}"""
DOCUMENTS = {
    **{document.name: (document.text, document.variables) for document in load_library()},
    "introspection": ('{ __type(name: "Issue") { name fields { name type { name } } } }', {}),
    "syntax error": ("{ organization(", {}),
    "invalid document": ("{ organization { nothing } }", {}),
    "invalid variable": (BRANCHES, {"first": "two"}),
    "null variable": (BRANCHES, {"first": None}),
    "invalid argument": (BRANCHES, {"first": -1}),
}
FAULTS = {
    "internal error": internal_error(),
    "page": html_page(),
    "not found": Fault(status=404, body={"detail": "The requested resource does not exist"}),
    "forbidden": Fault(status=403, body={"detail": "You do not have permission to perform this action."}),
    "rate limit": Fault(status=429, body={"detail": "You are attempting to use this endpoint too frequently."}),
    "unexpected": Fault(status=200, body={"surprise": True}),
    "unreadable": Fault(status=200, body="{]", headers={"Content-Type": "application/json"}),
    "reset": Fault("reset"),
    "truncated": Fault("truncate"),
}
MINUTE_S = 60
LEAVE_S = 0.05
CHANGE_S = 1.0
MAX_CHANGES = 30
SETTLE_S = 0.01
"""Time for the callbacks of tasks that have ended."""
ROUTES = ("/events/", "/teams/")


class SkippingClock(Clock):
    """Real time, ahead by what was slept; sleeping takes no time."""

    def __init__(self):
        self._ahead_s = 0.0

    def time(self):
        return super().time() + self._ahead_s

    def monotonic(self):
        return super().monotonic() + self._ahead_s

    async def sleep(self, seconds):
        self._ahead_s += seconds
        await asyncio.sleep(0)


class Site:
    """A server over a sandbox, without sockets between its clients and itself."""

    def __init__(self, client, faults, clock):
        self.client, self._faults, self._clock = client, faults, clock
        self.issue_id = None

    async def read(self, query, variables):
        """The answer to a document."""
        return await self.client.post(query, variables)

    async def fail(self, fault, route):
        """The answer to a document with several branches, one of which fails."""
        await self._clock.sleep(MINUTE_S)  # the circuits have closed again
        async with self._failing(fault, route):
            answer = await self.client.post(BRANCHES, {"first": 3})
        assert "data" in answer

    async def leave(self):
        """A client that leaves while Sentry is asked."""
        left = asyncio.Event()
        asyncio.get_running_loop().call_later(LEAVE_S, left.set)
        async with self._failing(Fault("hang"), "/issues/"):
            assert await self.client.post(BRANCHES, {"first": 3}, leave=left) is None

    async def converse(self):
        """A WebSocket with a query, an invalid document and two items of a subscription."""

        async def talk(say, hear):
            say(type="subscribe", id="query", payload={"query": BRANCHES, "variables": {"first": 2}})
            assert [(await hear())["type"] for _ in range(2)] == ["next", "complete"]
            say(type="subscribe", id="invalid", payload={"query": "{ nothing }"})
            assert (await hear())["type"] == "error"
            say(type="subscribe", id="changes", payload={"query": CHANGES})
            mutations = cycle((RESOLVE, UNRESOLVE))
            for _ in range(2):
                item = await self._change_until(asyncio.ensure_future(hear()), mutations)
                assert item["payload"]["data"]["issueChanged"]["change"]["issue"]["id"] == self.issue_id
            say(type="complete", id="changes")

        await self.client.converse(talk)

    async def _change_until(self, coming, mutations):
        """The message that a change brings; changes made before the subscription has begun bring none."""
        for mutation in islice(mutations, MAX_CHANGES):
            await self._clock.sleep(MINUTE_S)  # so that it is no duplicate of an earlier one
            await self.client.post(mutation, {"ids": [self.issue_id]})
            await asyncio.wait({coming}, timeout=CHANGE_S)
            if coming.done():
                return coming.result()
        raise AssertionError("No change arrived")

    @asynccontextmanager
    async def _failing(self, fault, route):
        """The sandbox fails so until the block ends."""
        async with aiohttp.ClientSession() as session:
            await session.post(self._faults, data=msgspec.json.encode(replace(fault, route=route, times=None)))
            yield
            await session.delete(self._faults)


@asynccontextmanager
async def running_sandbox():
    """URL and token of a sandbox in another process, whose garbage is not counted."""
    async with run_dexter("sandbox", "--port", "0") as sandbox:
        yield [(await sandbox.until(pattern))[0] for pattern in (r"http://[\d.:]+", r"sntryu_\w+")]


@asynccontextmanager
async def running_site(url, token, engine):
    """A server over a sandbox, whose answers are never cached."""
    clock = SkippingClock()
    settings = load_settings(sentry_url=url, sentry_auth_token=token, engine=engine)
    dexter = create_app(settings, is_sandbox=True, clock=clock, policies=UNCACHED)
    site = Site(ASGIClient(dexter.app), f"{url}/_sandbox/faults", clock)
    first = await site.read('{ organization(slug: "acme") { issues(first: 1) { nodes { id } } } }', {})
    site.issue_id = first["data"]["organization"]["issues"]["nodes"][0]["id"]
    try:
        yield site
    finally:
        await dexter.client.close()


async def garbage_of(work):
    """What one more execution of `work` leaves for the garbage collector, counted by class."""
    for _ in range(WARM_UP):
        await work()
    await asyncio.sleep(SETTLE_S)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        await work()
        await asyncio.sleep(SETTLE_S)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        return Counter(f"{type(item).__module__}.{type(item).__qualname__}" for item in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def measure():
    """What each work leaves on each engine, by kind of work."""
    garbage = {}
    async with running_sandbox() as (url, token):
        for engine in Engine:
            async with running_site(url, token, engine) as site:
                for kind, name, work in works(site):
                    garbage.setdefault(kind, {})[engine, name] = await garbage_of(work)
    return garbage


def works(site):
    """Everything that is done with a site: kind, name and coroutine function."""
    for name, (query, variables) in DOCUMENTS.items():
        yield "operation", name, partial(site.read, query, variables)
    for (name, fault), route in product(FAULTS.items(), ROUTES):
        yield "failure", f"{name} {route}", partial(site.fail, fault, route)
    yield "connection", "socket", site.converse
    yield "connection", "left", site.leave


@pytest.fixture(scope="module")
def garbage():
    """What each work leaves on each engine, by kind of work; only what leaves something."""
    # On the event loop of the server: asyncio's own one leaves garbage when it closes a connection.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(measure())
    return {kind: {name: count for name, count in counts.items() if count} for kind, counts in measured.items()}


@pytest.mark.parametrize("kind", ["operation", "failure", "connection"])
def test_nothing_is_left(garbage, kind):
    """Documents of the library, introspection, refused documents; calls that fail; sockets, and clients that leave."""
    assert garbage[kind] == {}
