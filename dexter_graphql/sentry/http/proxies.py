"""Outbound proxies of the connections to Sentry."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from dexter_graphql.errors import SettingsError
from dexter_graphql.settings.addresses import is_loopback

SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Address of a proxy without its credentials, and the headers that carry them."""

    url: URL
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, address: str, variable: str) -> "Proxy":
        """The proxy at an address such as `http://user:password@proxy.example.org:3128`, the value of `variable`."""
        try:
            url = URL(address if "://" in address else f"http://{address}")
        except ValueError:
            url = URL()
        if url.scheme != "http" or not url.host:
            raise SettingsError(
                f"{variable}: must be the address of an HTTP proxy such as http://proxy.example.org:3128"
            )
        if url.user is None:
            return cls(url)
        basic = base64.b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
        return cls(url.with_user(None), {"Proxy-Authorization": f"Basic {basic}"})

    def request_options(self, host: str, headers: dict[str, str]) -> dict[str, Any]:
        """What aiohttp needs to send a request to `host` through this proxy.

        For https it opens a tunnel with CONNECT, and only that request has the credentials of the proxy. For http the
        proxy reads the request itself, so they are added to its `headers`.
        """
        if host.startswith("https:"):
            return {"proxy": self.url, "proxy_headers": self.headers}
        headers.update(self.headers)
        return {"proxy": self.url}


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Proxies by the scheme of the address that is called; `has_exceptions` says that `NO_PROXY` counts."""

    proxies: Mapping[str, Proxy] = field(default_factory=dict)
    has_exceptions: bool = False

    @classmethod
    def at(cls, address: str, variable: str) -> "ProxySettings":
        """One proxy for all hosts, at the address that is the value of `variable`."""
        return cls(MappingProxyType(dict.fromkeys(SCHEMES, Proxy.parse(address, variable))))

    @classmethod
    def from_environment(cls) -> "ProxySettings":
        """The proxies of `HTTPS_PROXY` and `HTTP_PROXY`, and the exceptions of `NO_PROXY`.

        They are read here, once: aiohttp's `trust_env` reads them for each call, and sends passwords from `.netrc` too.
        """
        addresses = getproxies()
        proxies = {
            scheme: Proxy.parse(addresses[scheme], f"{scheme.upper()}_PROXY")
            for scheme in SCHEMES
            if scheme in addresses
        }
        return cls(MappingProxyType(proxies), has_exceptions=True)

    def proxy_for(self, host: str) -> Proxy | None:
        """The proxy for an origin such as `https://sentry.io`; none for addresses of this machine."""
        parts = urlsplit(host)
        if is_loopback(parts.hostname or "") or (self.has_exceptions and proxy_bypass(parts.netloc)):
            return None
        return self.proxies.get(parts.scheme)
