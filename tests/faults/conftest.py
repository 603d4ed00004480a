"""One document with four branches below an organization, of which a fault hits one."""

from datetime import timedelta

import msgspec
import pytest

from dexter_graphql.sandbox import SandboxServer, build_world
from support.graph import GraphClient
from support.sandbox import NOON, StillClock

KNOWN = '{ organization(slug: "acme") { slug } }'
BRANCHES = """
    projects(first: 2) { nodes { slug } }
    issues(first: 3) { nodes { shortId latestEvent { eventId } } }
    teams(first: 2) { nodes { slug } }
    usage(groupBy: [CATEGORY]) { groups { category total } }
"""


class SkippingClock(StillClock):
    """Stands at noon until somebody waits, and is then as much later; waiting takes no real time."""

    def now(self):
        return NOON + timedelta(seconds=sum(self.slept))

    def time(self):
        return self.now().timestamp()

    def monotonic(self):
        return sum(self.slept)


class Patient:
    """Asks for all branches while something is wrong. `whole` is the organization when nothing is."""

    def __init__(self, asker, whole):
        self.asker, self.whole = asker, whole

    async def ask(self, fault, *, asker=None, route, times=None):
        """The answer under a fault of one route; no error may hold the text of a token."""
        asker = asker or self.asker
        asker.server.faults.add(fault, route=route, times=times)
        told = await asker.ask('{ organization(slug: "acme") {' + BRANCHES + "} }")
        self.assert_no_secret(told.errors)
        return told

    def assert_no_secret(self, errors):
        """No token of the sandbox stands in what clients see."""
        shown = msgspec.json.encode(errors).decode()
        tokens = self.asker.server.world.tokens
        texts = [getattr(tokens, name).text for name in tokens.__slots__]
        assert len(texts) > 1
        assert [text for text in texts if text in shown] == []

    def without(self, *names):
        """The data of an answer in which these branches are null and all others whole."""
        return {"organization": self.whole | dict.fromkeys(names)}


async def acquainted(asker):
    """The asker, which knows the organization from now on, as a server does soon after its start."""
    told = await asker.ask(KNOWN)
    assert told.errors == []
    return asker


@pytest.fixture(scope="session")
def well():
    """A world for tests that only read."""
    return build_world(7, StillClock())


@pytest.fixture
def skipping():
    """A clock that skips waits."""
    return SkippingClock()


@pytest.fixture
async def asker(graph, well, skipping):
    """The graph over a sandbox for reading only; waits of the client are skipped."""
    async with SandboxServer(well) as server:
        asker = GraphClient(graph, server, skipping)
        yield asker
        await asker.client.close()


@pytest.fixture
async def patient(asker):
    """All branches over a sandbox that is well until a fault is added; nothing but the directory is known."""
    other = GraphClient(asker.graph, asker.server, asker.services.clock)
    healthy = await other.ask('{ organization(slug: "acme") {' + BRANCHES + "} }")
    await other.client.close()
    assert healthy.errors == []
    return Patient(await acquainted(asker), healthy["organization"])
