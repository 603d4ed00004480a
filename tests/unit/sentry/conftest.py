"""Fixtures of the Sentry client's tests."""

import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.stages.cache import Cache
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from support.upstream import FakeTransport, MovedClock, a_reply


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def transport():
    return FakeTransport(lambda _: a_reply(b'[{"id": 1}]'))


@pytest.fixture
def client(clock, transport):
    """A client with real stages over a transport in memory."""
    tag_versions = TagVersions(clock)
    stages = (Cache(clock, tag_versions), SingleFlightStage(clock, tag_versions))
    return SentryClient(clock, transport, stages, AllowedHosts.of("https://sentry.io"), tag_versions)
