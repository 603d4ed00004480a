"""Hosts of sentry.io: those that serve everything that it does, and those that name an organization."""

import re
from collections.abc import Mapping

from dexter_graphql.concurrency.bounded_map import BoundedMap

SAAS = "https://sentry.io"
SAAS_LABEL = re.compile(r"https://[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.sentry\.io")
SAAS_DOMAIN = "sentry.io"
NOT_ORGANIZATIONS = frozenset({"www", "us", "de"})
"""First labels of hosts of sentry.io that name no organization."""
RATE_LIMIT_HEADER = "x-sentry-rate-limit-limit"
"""Self-hosted servers do not limit rates and never send it."""
MAX_HOSTS = 64


class SaasHosts:
    """The hosts of sentry.io, by their names or because their answers announce rate limits."""

    def __init__(self) -> None:
        self._limiting: BoundedMap[str, bool] = BoundedMap(MAX_HOSTS)

    def __contains__(self, host: str) -> bool:
        return host in self._limiting or host == SAAS or SAAS_LABEL.fullmatch(host) is not None

    def observe(self, host: str, headers: Mapping[str, str]) -> None:
        """Take note of the headers of an answer; names in lower case."""
        if RATE_LIMIT_HEADER in headers and host not in self._limiting:
            self._limiting.put(host, True)  # noqa: FBT003  # a map as a bounded set


def organization_of_host(host: str) -> str | None:
    """The organization whose pages a host of sentry.io has, for example that of `acme.sentry.io`; None for others."""
    label, _, domain = host.partition(".")
    return label if domain == SAAS_DOMAIN and label not in NOT_ORGANIZATIONS else None
