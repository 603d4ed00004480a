"""Hosts to which a token may be sent."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.errors import HostNotAllowed
from dexter_graphql.sentry.saas_hosts import SAAS, SAAS_LABEL, SaasHosts
from dexter_graphql.settings.addresses import DEFAULT_PORTS, origin_of


def origin(url: str) -> str:
    """Scheme, host and port of an address in lower case; raises SettingsError when it is not an HTTP address."""
    address = origin_of(url if "//" in url else f"//{url}")
    if address is None or urlsplit(address).scheme not in DEFAULT_PORTS:
        raise _not_an_address(url)
    return address


def _not_an_address(url: str) -> SettingsError:
    return SettingsError(f"'{url}' is not the address of a Sentry server, such as https://sentry.io")


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The configured server, the additional hosts, and for sentry.io its one-label subdomains over HTTPS."""

    base: str
    extra: frozenset[str] = frozenset()
    saas: SaasHosts = field(default_factory=SaasHosts, compare=False, repr=False)

    @classmethod
    def of(cls, base_url: str, extra: tuple[str, ...] = ()) -> "AllowedHosts":
        """The list for these addresses; raises SettingsError for one that is not an address."""
        return cls(origin(base_url), frozenset(map(origin, extra)))

    @property
    def is_saas(self) -> bool:
        """True when the configured server is sentry.io."""
        return self.base == SAAS or SAAS_LABEL.fullmatch(self.base) is not None

    def checked(self, url: str, *, title: str = "") -> str:
        """The origin of `url`; raises HostNotAllowed, which names host and port, unless a token may be sent there."""
        try:
            address = origin(url)
        except SettingsError:
            raise HostNotAllowed("Sentry named a region whose address cannot be read", title=title) from None
        is_saas_label = self.base == SAAS and SAAS_LABEL.fullmatch(address) is not None
        if address != self.base and address not in self.extra and not is_saas_label:
            parts = urlsplit(address)
            name = f"{parts.hostname}:{parts.port or DEFAULT_PORTS[parts.scheme]}"
            raise HostNotAllowed(
                f"The token is not sent to {name}: add {address} to DEXTER_SENTRY_HOSTS if it is your server",
                title=title,
            )
        return address
