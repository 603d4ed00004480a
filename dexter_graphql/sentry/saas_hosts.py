"""Hosts that serve everything that sentry.io does."""

import re
from collections.abc import Mapping

from dexter_graphql.concurrency.bounded_map import BoundedMap

SAAS = "https://sentry.io"
SAAS_LABEL = re.compile(r"https://[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.sentry\.io")
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
