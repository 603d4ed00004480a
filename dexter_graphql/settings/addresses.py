"""Addresses in settings: hosts, ports and origins, as they are written and compared."""

import ipaddress
from urllib.parse import urlsplit

MAX_PORT = 65535
DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """True for an address, or the name `localhost`, that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_safe_address(url: str) -> bool:
    """True for https, and for plain http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def origin_of(url: str) -> str | None:
    """Scheme, host and port as browsers write them; None without a scheme or a host, and for URLs with credentials."""
    try:
        parts = urlsplit(url)
        port = parts.port
        name = parts.hostname or ""
        host = name if name.isascii() else name.encode("idna").decode()
    except ValueError:
        return None
    if not parts.scheme or not host or "*" in host or parts.username is not None or port == 0:
        return None
    suffix = "" if port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    return f"{parts.scheme}://{bracketed(host)}{suffix}"


def server_address(url: str) -> str:
    """The origin of a Sentry server; raises ValueError when calls to its root would miss it."""
    address = origin_of(url)
    if address is None or urlsplit(address).scheme not in DEFAULT_PORTS:
        raise ValueError("must be an address such as https://sentry.io, without user and password")
    parts = urlsplit(url)
    if parts.path.strip("/") not in {"", "api/0"} or parts.query or parts.fragment:
        raise ValueError(
            "must not have a path: Sentry is called at /api/0/ of its host, and the token goes nowhere else"
        )
    return address


def page_origin(url: str) -> str:
    """The origin of a page; raises ValueError for what no browser sends as `Origin`."""
    origin = origin_of(url)
    if origin is None or urlsplit(url).path.strip("/") or urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError("must be origins such as https://dash.example.org: a scheme, a host and no path or wildcard")
    return origin


def parse_address(value: str) -> tuple[str, int] | None:
    """Host and port of `HOST:PORT`; None when it is something else."""
    host, _, port = value.rpartition(":")
    is_port = port.isascii() and port.isdigit() and int(port[:6]) <= MAX_PORT
    return (host.strip("[]"), int(port)) if host and is_port else None


def bracketed(host: str) -> str:
    """A host as written in a URL: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
