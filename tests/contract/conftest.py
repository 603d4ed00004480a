"""The published documents for every contract test, or one clear sentence about their absence."""

import os

import published
import pytest


@pytest.fixture(scope="session")
def documents() -> published.Documents:
    folder = published.directory()
    try:
        return published.load(folder)
    except FileNotFoundError as missing:
        reason = f"no published documents: {missing.filename} (DEXTER_OPENAPI_DIR names their folder)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
