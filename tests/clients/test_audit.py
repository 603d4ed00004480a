"""The audit suite of graphql-http for servers of GraphQL over HTTP."""

import pytest

from support.node import run_script
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

FEWEST = 60
"""Minimum number of audits in the suite."""


async def test_every_audit_is_passed():
    """All audits pass: required, recommended and optional ones."""
    async with running_site() as site:
        audits = await run_script("audit.mjs", site.graphql)

    assert len(audits) >= FEWEST
    assert [audit for audit in audits if audit["status"] != "ok"] == []
