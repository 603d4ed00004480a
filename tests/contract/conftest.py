"""The published documents for every contract test, or one clear sentence about their absence; a sandbox to ask."""

import json
import os
from collections.abc import AsyncIterator

import aiohttp
import published
import pytest
import pytest_asyncio

from dexter_graphql.sandbox.server import SandboxServer


@pytest.fixture(scope="session")
def documents() -> published.Documents:
    folder = published.directory()
    try:
        return published.load(folder)
    except FileNotFoundError as missing:
        reason = f"no published documents: {missing.filename} (DEXTER_OPENAPI_DIR names their folder)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        # They belong to Sentry and are no part of the project: who works on it without them is told so, CI has them.
        pytest.skip(reason)


@pytest.fixture(scope="session")
def cases() -> dict[str, dict]:
    """Answers of Sentry and requests that broke other clients and servers, by number."""
    path = published.directory().parent / "cases" / "given.json"
    if not path.exists():
        reason = f"no cases: {path}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        # They are shared beside the project and are no part of it; CI has them, and fails without them.
        pytest.skip(reason)
    return {case["id"]: case for case in json.loads(path.read_text())}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with SandboxServer() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(sandbox: SandboxServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    async with aiohttp.ClientSession(headers=headers, max_field_size=65_536) as session:
        yield session
