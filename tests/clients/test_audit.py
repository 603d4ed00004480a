"""The audits that graphql-http publishes for servers of GraphQL over HTTP."""

import pytest

from support.node import run_script
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

FEWEST = 60
"""The suite has this many audits or more."""


async def test_every_audit_is_passed():
    """Nothing that the specification demands, recommends or allows is missing."""
    async with running_site() as site:
        audits = await run_script("audit.mjs", site.graphql)

    assert len(audits) >= FEWEST
    assert [audit for audit in audits if audit["status"] != "ok"] == []
