"""Fixtures of the cache's tests."""

import msgspec
import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.stages.cache import (
    Cache,
)
from support.cached_answers import BODY, ENTRY
from support.upstream import FakeTransport, MovedClock, a_reply


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def tag_versions(clock):
    return TagVersions(clock)


@pytest.fixture
def cache(clock, tag_versions):
    """A cache with room for four small answers."""
    return Cache(clock, tag_versions, limit_bytes=4 * ENTRY)


@pytest.fixture
def transport(clock):
    return FakeTransport(lambda _: msgspec.structs.replace(a_reply(BODY), fetched_at=clock.time()))
