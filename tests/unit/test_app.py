"""Composition root: what settings become."""

from dexter_graphql.app import transport_options
from dexter_graphql.sentry.http.transport import TransportOptions
from dexter_graphql.settings import load_settings


def test_options_of_the_transport():
    """Each setting of the connections to Sentry reaches the transport."""
    settings = load_settings(attempt_timeout_s=3, sentry_connections=8)

    assert transport_options(settings) == TransportOptions(attempt_timeout_s=3, connections=8)
