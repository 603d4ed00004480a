"""Composition root: what settings become."""

import pytest

from dexter_graphql.app import create_app, transport_options
from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.http.proxies import ProxySettings
from dexter_graphql.sentry.http.transport import TransportOptions
from dexter_graphql.settings import load_settings

PROXY = "http://user:do-not-print-me@proxy.test:3128"


def test_options_of_the_transport():
    """Each setting of the connections to Sentry reaches the transport."""
    settings = load_settings(attempt_timeout_s=3, sentry_connections=8, http_proxy=PROXY, ca_file="/ca.pem")

    assert transport_options(settings) == TransportOptions(
        attempt_timeout_s=3, connections=8, proxy=ProxySettings.at(PROXY, "DEXTER_HTTP_PROXY"), ca_file="/ca.pem"
    )


def test_proxy_of_the_environment(monkeypatch):
    """The usual variables count when they are asked for and no proxy is configured."""
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.test:3128")

    trusting = transport_options(load_settings(proxy_from_environment=True)).proxy
    both = transport_options(load_settings(proxy_from_environment=True, http_proxy=PROXY)).proxy

    assert transport_options(load_settings()).proxy == ProxySettings()
    assert trusting == ProxySettings.from_environment()
    assert both == ProxySettings.at(PROXY, "DEXTER_HTTP_PROXY")


@pytest.mark.parametrize(
    ("setting", "variable"),
    [({"ca_file": "/missing"}, "DEXTER_CA_FILE"), ({"http_proxy": "ftp://x"}, "DEXTER_HTTP_PROXY")],
)
def test_network_settings_that_cannot_work(setting, variable):
    """A CA file that cannot be read and an address that is no proxy stop the start."""
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        create_app(load_settings(**setting))
