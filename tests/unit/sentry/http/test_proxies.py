"""Outbound proxies: which one is used, and what it gets to see."""

import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.errors import Unavailable, WriteOutcome
from dexter_graphql.sentry.http.proxies import Proxy, ProxySettings
from support.certificate import authority_signed_context
from support.proxy import LoopbackProxy
from support.transport import open_transport
from support.upstream import Scripted, Step, a_call, answer

NAME = "sentry.test"
"""A host that only the proxy can reach."""
VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"]


@pytest.fixture(autouse=True)
def _no_proxy_variables(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def tls_server(tmp_path):
    """A server with a certificate for the host that only the proxy can reach; `ca_file` signed it."""
    tls, ca_file = authority_signed_context(tmp_path, NAME)
    async with Scripted([Step(answer(b"[1]"))], tls) as server:
        server.ca_file = str(ca_file)
        yield server


def configured(address):
    """The settings of one proxy for all hosts."""
    return ProxySettings.at(address, "SOME_PROXY")


def proxy_at(address):
    """The proxy at this address."""
    return Proxy.parse(address, "SOME_PROXY")


def port_of(server):
    """Port of a scripted server."""
    return int(server.url.rpartition(":")[2])


@pytest.mark.parametrize("credentials", [None, "dexter:secret", "de%40xter:se%3Acret"])
async def test_https_through_a_tunnel(tls_server, credentials):
    """Calls over https go through a tunnel that is kept; the proxy sees host and port, and neither token nor path."""
    plain = None if credentials is None else credentials.replace("%40", "@").replace("%3A", ":")
    async with LoopbackProxy(port_of(tls_server), plain) as proxy:
        address = proxy.url if plain is None else proxy.url.replace(plain, credentials)
        options = {"proxy": configured(address), "ca_file": tls_server.ca_file}
        async with open_transport(**options) as transport:
            replies = [await transport(a_call(host=f"https://{NAME}")) for _ in range(2)]
            await transport(a_call(host=f"https://{NAME}", method="POST", body=b"{}"))

    assert [reply.body for reply in replies] == [b"[1]", b"[1]"]
    assert [head.partition("\r\n")[0] for head in proxy.heads] == [f"CONNECT {NAME}:443 HTTP/1.1"] * 2
    seen = "".join(proxy.heads).encode() + proxy.tunnelled
    assert b"sntryu_secret" not in seen
    assert b"/api/0/" not in seen
    assert not any(b"proxy-authorization" in head.lower() for head in tls_server.requests)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_proxy_that_refuses(tls_server, method):
    """A proxy that wants other credentials is named as the cause, without the ones that it got."""
    async with LoopbackProxy(port_of(tls_server), "dexter:secret") as proxy:
        address = proxy.url.replace("secret", "wrong-password")
        async with open_transport(proxy=configured(address), ca_file=tls_server.ca_file) as transport:
            with pytest.raises(Unavailable) as raised:
                await transport(a_call(host=f"https://{NAME}", method=method))

    assert str(raised.value).startswith("The proxy refused the connection to Sentry with status 407")
    assert raised.value.outcome is (None if method == "GET" else WriteOutcome.NOT_SENT)
    assert "wrong-password" not in repr(raised.value.__cause__) + str(raised.value.__cause__)
    assert tls_server.requests == []


async def test_proxy_that_refuses_plain_http():
    """The same for calls over http, where the refusal looks like an answer."""
    async with Scripted([Step(answer())]) as server, LoopbackProxy(port_of(server), "dexter:secret") as proxy:
        address = proxy.url.replace("secret", "wrong-password")
        async with open_transport(proxy=configured(address)) as transport:
            with pytest.raises(Unavailable) as raised:
                await transport(a_call(host=f"http://{NAME}"))

    assert str(raised.value) == "The proxy refused the connection to Sentry with status 407"
    assert server.requests == []


async def test_proxy_that_is_down(tls_server):
    """Without its proxy Sentry cannot be reached; it is not asked directly."""
    async with LoopbackProxy(port_of(tls_server)) as proxy:
        address = proxy.url.replace("//", "//dexter:secret@")
    async with open_transport(proxy=configured(address)) as transport:
        with pytest.raises(Unavailable) as raised:
            await transport(a_call(host=f"https://{NAME}"))

    assert str(raised.value) == "Sentry cannot be reached"
    assert "secret" not in repr(raised.value.__cause__) + str(raised.value.__cause__)


@pytest.mark.parametrize("credentials", [None, "dexter:secret"])
async def test_plain_http(credentials):
    """Calls over http are forwarded by the proxy, which gets its own credentials."""
    async with (
        Scripted([Step(answer(b"[1]"))]) as server,
        LoopbackProxy(port_of(server), credentials) as proxy,
        open_transport(proxy=configured(proxy.url)) as transport,
    ):
        reply = await transport(a_call(host=f"http://{NAME}"))

    assert reply.body == b"[1]"
    assert server.lines == [f"GET http://{NAME}/api/0/organizations/acme/issues/ HTTP/1.1"]


@pytest.mark.parametrize("host", ["http://localhost:9000", "https://127.0.0.1", "http://[::1]:1"])
def test_addresses_of_this_machine_are_reached_directly(monkeypatch, host):
    """No proxy is used for the loopback, where the sandbox is."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")

    assert configured("http://proxy.test:3128").proxy_for(host) is None
    assert ProxySettings.from_environment().proxy_for(host) is None


def test_proxies_of_the_environment(monkeypatch):
    """The usual variables name a proxy for each scheme and the hosts that need none."""
    monkeypatch.setenv("HTTP_PROXY", "plain.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure.test:3128")
    monkeypatch.setenv("NO_PROXY", "internal.test")
    settings = ProxySettings.from_environment()

    assert settings.proxy_for("http://sentry.io") == proxy_at("http://plain.test:3128")
    assert settings.proxy_for("https://sentry.io") == proxy_at("http://secure.test:3128")
    assert settings.proxy_for("https://sentry.internal.test") is None


def test_environment_does_not_count_for_a_configured_proxy(monkeypatch):
    """A configured proxy is used for every host, whatever the environment says."""
    monkeypatch.setenv("HTTPS_PROXY", "http://other.test:3128")
    monkeypatch.setenv("NO_PROXY", "sentry.io")

    assert configured("http://proxy.test:3128").proxy_for("https://sentry.io") == proxy_at("http://proxy.test:3128")


def test_no_proxy():
    """Without settings, and with an environment that names no proxy, connections are direct."""
    assert ProxySettings().proxy_for("https://sentry.io") is None
    assert ProxySettings.from_environment().proxy_for("https://sentry.io") is None


def test_environment_is_not_read_unless_asked(monkeypatch):
    """The default settings do not look at the variables."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")

    assert ProxySettings().proxy_for("https://sentry.io") is None


@pytest.mark.parametrize(
    "address",
    ["socks5://dexter:secret@proxy.test", "https://dexter:secret@proxy.test", "http://", "http://secret[", ""],
)
def test_addresses_that_are_no_proxy(address):
    """Another kind of address is refused without being repeated, since it may hold a password."""
    with pytest.raises(SettingsError) as raised:
        proxy_at(address)

    assert str(raised.value) == "SOME_PROXY: must be the address of an HTTP proxy such as http://proxy.example.org:3128"


def test_credentials_never_print():
    """Neither the settings nor a proxy print credentials, and the address holds none."""
    settings = configured("http://dexter:secret@proxy.test:3128")
    proxy = settings.proxy_for("https://sentry.io")

    assert str(proxy.url) == "http://proxy.test:3128"
    assert proxy.headers == {"Proxy-Authorization": "Basic ZGV4dGVyOnNlY3JldA=="}
    assert "secret" not in repr(settings) + repr(proxy)
    assert "ZGV4" not in repr(settings) + repr(proxy)
