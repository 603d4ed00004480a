"""One document with four branches below an organization, and a fault in one of them."""

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
    """A clock that advances only when it is slept on; sleeping takes no real time."""

    def now(self):
        return NOON + timedelta(seconds=sum(self.slept))

    def time(self):
        return self.now().timestamp()

    def monotonic(self):
        return sum(self.slept)


class Patient:
    """A client that queries all branches under a fault. `expected` is the organization without faults."""

    def __init__(self, asker, expected):
        self.asker, self.expected = asker, expected

    async def ask(self, fault, *, asker=None, route, times=None):
        """The answer under a fault of one route; fails when an error contains a token."""
        asker = asker or self.asker
        asker.server.faults.add(fault, route=route, times=times)
        answer = await asker.ask('{ organization(slug: "acme") {' + BRANCHES + "} }")
        self.assert_no_secret(answer.errors)
        return answer

    def assert_no_secret(self, errors):
        """Fail when errors contain a token of the sandbox."""
        shown = msgspec.json.encode(errors).decode()
        texts = [token.text for token in self.asker.server.world.tokens.all]
        assert len(texts) > 1
        assert [text for text in texts if text in shown] == []

    def without(self, *names):
        """The data of an answer in which only these branches are null."""
        return {"organization": self.expected | dict.fromkeys(names)}


async def acquainted(asker):
    """The client, with the organization in its directory."""
    answer = await asker.ask(KNOWN)
    assert answer.errors == []
    return asker


@pytest.fixture(scope="session")
def well():
    """A sandbox for tests that only read."""
    return build_world(7, StillClock())


@pytest.fixture
def skipping():
    """A clock that skips waits."""
    return SkippingClock()


@pytest.fixture
async def asker(graph, well, skipping):
    """A client of the graph over the read-only sandbox, with skipped waits."""
    async with SandboxServer(well) as server:
        asker = GraphClient(graph, server, skipping)
        yield asker
        await asker.client.close()


@pytest.fixture
async def patient(asker):
    """All branches over a sandbox without faults, with only the directory cached."""
    other = GraphClient(asker.graph, asker.server, asker.services.clock)
    healthy = await other.ask('{ organization(slug: "acme") {' + BRANCHES + "} }")
    await other.client.close()
    assert healthy.errors == []
    return Patient(await acquainted(asker), healthy["organization"])
