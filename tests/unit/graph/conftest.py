"""Fixtures of several tests of the graph."""

import pytest

from dexter_graphql.sandbox.alert_backends import disable_workflow_engine
from support.alerts import ASK


@pytest.fixture
async def old(asker):
    """An old server, which has rules and nothing newer."""
    disable_workflow_engine(asker.server.faults)
    await asker.ask(ASK % "slug")
    return asker


@pytest.fixture
async def known_old(old):
    """An old server that was found to be one."""
    await old.organization("monitors(first: 1) { nodes { id } }")
    old.client.invalidate(["alerts/acme"])
    return old
