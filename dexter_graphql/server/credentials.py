"""Limit on new credentials per client address, so that made-up ones cannot be tried at any rate.

A credential is new until it was found valid. Those that are valid are not counted: no client locks others out.
"""

import ipaddress
from http import HTTPStatus

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap, ExpiringMap
from dexter_graphql.concurrency.token_bucket import TokenBucket
from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.responses import RequestRejected

BURST_S = 5
"""Seconds of the rate that an address may use at once."""
ADMITTED_S = 10.0
"""Time in which the requests of one new credential count once. Sentry's refusal is remembered as long."""
MAX_ADDRESSES = 10_000
MAX_CREDENTIALS = 20_000
IPV6_PREFIX = 64


class CredentialGate:
    """Admits new credentials by their keyed hash and the client's address."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._now = clock.monotonic
        self._buckets: BoundedMap[str, TokenBucket] = BoundedMap(MAX_ADDRESSES)
        self._admitted: ExpiringMap[str, bool] = ExpiringMap(ADMITTED_S, MAX_CREDENTIALS, clock.monotonic)

    def admit(self, credential: str, address: str) -> None:
        """Let a request pass; rejects with 429 when its address brings new credentials too fast."""
        if self._admitted.get(credential):
            return
        if not self._bucket(network_of(address)).take():
            message = "Too many new credentials from this address; try again in a second"
            raise RequestRejected(
                HTTPStatus.TOO_MANY_REQUESTS,
                ErrorCode.QUOTA_EXCEEDED,
                message,
                (("Retry-After", "1"),),
                is_retryable=True,
            )
        self._admitted.put(credential, value=True)

    def _bucket(self, network: str) -> TokenBucket:
        bucket = self._buckets.get(network)
        if bucket is None:
            bucket = TokenBucket(self._per_second, self._per_second * BURST_S, self._now)
            self._buckets.put(network, bucket)
        return bucket


def network_of(address: str) -> str:
    """The part of an address that one client has for itself: all of IPv4, the first 64 bits of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:  # noqa: PLR2004  # the version of IP
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
