"""Hosts to which a token may be sent: an exact list, and the one-label regions of sentry.io."""

import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.errors import HostNotAllowed
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts, origin

SAAS = AllowedHosts.of("https://sentry.io")
OWN = AllowedHosts.of("http://sentry.local:9000", ("https://[2001:db8::1]:8443",))

NOT_SAAS = [
    "https://evil.com",
    "https://sentry.io.evil.com",
    "https://evilsentry.io",
    "https://evil-sentry.io",
    "http://sentry.io",
    "http://us.sentry.io",
    "https://a.b.sentry.io",
    "https://.sentry.io",
    "https://-us.sentry.io",
    "https://us.sentry.io.",
    "https://us.sentry.io:8443",
    "https://us.sentry.io:80",
    "https://us.sentry.io@evil.com",
    "https://evil.com#@us.sentry.io",
    "https://evil.com\\us.sentry.io",
]
UNREADABLE = [
    "",
    "us.sentry.io",
    "//us.sentry.io",
    "ftp://us.sentry.io",
    "https://",
    "https://us.sentry.io:x",
    "https://us.sentry.io:99999",
    "https://[",
    "https://[::1",
    "https://user@us.sentry.io",
    "https://@us.sentry.io",
    "https://user:secret@sentry.io",
    "https://us.sentry.io\u2100",
]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://sentry.io", "https://sentry.io"),
        ("https://us.sentry.io", "https://us.sentry.io"),
        ("https://US.Sentry.IO/api/0/?query=1#part", "https://us.sentry.io"),
        ("https://us.sentry.io:443", "https://us.sentry.io"),
        ("https://us-east-2.sentry.io", "https://us-east-2.sentry.io"),
    ],
)
def test_saas_regions_are_allowed(url, expected):
    """A label before sentry.io over HTTPS on its own port is a region; only its origin is used."""
    assert SAAS.checked(url) == expected


@pytest.mark.parametrize("url", NOT_SAAS)
def test_other_hosts_are_refused(url):
    """A host that only resembles sentry.io never gets the token."""
    with pytest.raises(HostNotAllowed) as refused:
        SAAS.checked(url, title="GET /")

    assert refused.value.title == "GET /"


@pytest.mark.parametrize("url", UNREADABLE)
def test_unreadable_addresses_are_refused(url):
    """An unreadable address is refused with an error of the client, and the message does not repeat it."""
    with pytest.raises(HostNotAllowed) as refused:
        SAAS.checked(url, title="GET /")

    assert str(refused.value) == "Sentry named a region whose address cannot be read"


def test_refusal_names_the_host_alone():
    """The rest of the address may be secret; the message has host and port and names the setting."""
    with pytest.raises(HostNotAllowed) as refused:
        SAAS.checked("https://evil.com/path?token=secret")

    assert str(refused.value) == (
        "The token is not sent to evil.com:443: add https://evil.com to DEXTER_SENTRY_HOSTS if it is your server"
    )


@pytest.mark.parametrize("url", ["http://sentry.local:9000", "https://[2001:db8::1]:8443/"])
def test_own_hosts_are_allowed(url):
    """A self-hosted server and the additional hosts are allowed."""
    assert OWN.checked(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "https://sentry.io",
        "https://us.sentry.io",
        "http://sentry.local",
        "http://sentry.local:9001",
        "https://sentry.local:9000",
        "http://us.sentry.local:9000",
        "https://[2001:db8::1]",
    ],
)
def test_own_hosts_have_no_regions(url):
    """With a self-hosted server, neither sentry.io and its regions nor another port or scheme get the token."""
    with pytest.raises(HostNotAllowed):
        OWN.checked(url)


@pytest.mark.parametrize("url", UNREADABLE)
def test_settings_must_be_addresses(url):
    """A setting that is no address is refused at the start, with a message for the setting."""
    with pytest.raises(SettingsError):
        AllowedHosts.of("https://sentry.io", (url,))


def test_origin_drops_the_default_port():
    """Two spellings of one server are one origin."""
    assert [origin("http://Sentry.Local:80/x"), origin("https://sentry.local:443")] == [
        "http://sentry.local",
        "https://sentry.local",
    ]
