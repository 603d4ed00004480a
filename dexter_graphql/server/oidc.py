"""Signing keys of an OpenID Connect issuer: discovered, fetched and kept."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from dexter_graphql import __version__
from dexter_graphql.clock import Clock
from dexter_graphql.errors import DexterError
from dexter_graphql.settings.addresses import is_safe_address
from dexter_graphql.telemetry.logs import get_log

DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_S = 5.0
MAX_BYTES = 1024 * 1024
MAX_KEYS = 100
REFRESH_S = 3600.0
"""Age at which keys are fetched again when they are needed."""
MAX_AGE_S = 24 * 3600.0
"""Age up to which keys are used while the issuer does not answer."""
PAUSE_S = 60.0
"""Shortest time between two fetches for keys that are not known."""
PAUSE_AFTER_FAILURE_S = 5.0
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
"""Asymmetric keys."""
FAILURES = (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError)

HEADERS = {"User-Agent": f"dexter-graphql/{__version__}", "Accept": "application/json"}

ProxyOptions = Callable[[str], Mapping[str, Any]]


class IssuerUnavailable(DexterError):
    """The issuer does not answer, and its keys are not known, or too old."""


class IssuerError(DexterError):
    """The issuer's answer is not what the standard says."""


class IssuerKeys:
    """The keys of one issuer. `proxy_options` returns what aiohttp needs to reach an address."""

    def __init__(self, issuer: str, clock: Clock, tls: ssl.SSLContext | None, proxy_options: ProxyOptions) -> None:
        self._issuer = issuer
        self._now = clock.monotonic
        self._tls = tls
        self._proxy_options = proxy_options
        self._session: aiohttp.ClientSession | None = None
        self._keys: dict[str, dict[str, Any]] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._has_failed = False
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self._log = get_log("dexter.oidc")

    def __repr__(self) -> str:
        return f"<IssuerKeys of {self._issuer}: {len(self._keys)}>"

    async def find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """Return the key that verifies a signature; None when the issuer has no such key.

        An unknown key is looked for at the issuer, once per minute at most. A known one is returned at once; when it is
        old, all are fetched in the background. Raises IssuerUnavailable.
        """
        if self._is_old(MAX_AGE_S) or self._jwk(key_id) is None:
            await self._refresh()
        elif self._is_old(REFRESH_S):
            self._refresh_in_background()
        if self._is_old(MAX_AGE_S):
            raise IssuerUnavailable("The issuer of the tokens does not answer")
        jwk = self._jwk(key_id)
        if jwk is None and self._has_failed:
            raise IssuerUnavailable("The issuer of the tokens does not answer")
        return None if jwk is None else _key_of(jwk, algorithm)

    async def close(self) -> None:
        """Close the connections to the issuer."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _jwk(self, key_id: str | None) -> dict[str, Any] | None:
        """The key with an ID; a token without an ID is that of the only key."""
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _is_old(self, age_s: float) -> bool:
        return self._fetched_at is None or self._now() - self._fetched_at > age_s

    def _may_fetch(self) -> bool:
        pause_s = PAUSE_AFTER_FAILURE_S if self._has_failed else PAUSE_S
        return self._tried_at is None or self._now() - self._tried_at >= pause_s

    def _refresh_in_background(self) -> None:
        if self._may_fetch() and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        """Fetch the keys, unless that was done a moment ago; what fails changes nothing."""
        async with self._lock:
            if not self._may_fetch():
                return
            self._tried_at = self._now()
            try:
                self._keys = await self._fetch()
            except (*FAILURES, IssuerError) as error:
                if not self._has_failed:
                    self._log.error("issuer's keys not available", issuer=self._issuer, reason=_reason(error))
                self._has_failed = True
                return
            self._fetched_at = self._now()
            self._has_failed = False
            self._log.info("issuer's keys fetched", issuer=self._issuer, keys=len(self._keys))

    async def _fetch(self) -> dict[str, dict[str, Any]]:
        configuration = await self._get(self._issuer.rstrip("/") + DISCOVERY)
        if configuration.get("issuer") != self._issuer:
            raise IssuerError(f"the discovery document names another issuer: {str(configuration.get('issuer'))[:200]}")
        address = configuration.get("jwks_uri")
        if not isinstance(address, str) or not is_safe_address(address):
            # Who can change the keys on their way can make tokens.
            raise IssuerError("the discovery document has no https address of keys")
        keys = (await self._get(address)).get("keys")
        if not isinstance(keys, list):
            raise IssuerError("the document of keys has no list of keys")
        return _signing_keys(keys[:MAX_KEYS])

    async def _get(self, address: str) -> Mapping[str, Any]:
        options = self._proxy_options(address)
        async with (
            asyncio.timeout(TIMEOUT_S),
            self._opened().get(address, allow_redirects=False, **options) as response,
        ):
            if response.status != HTTPStatus.OK:
                raise IssuerError(f"status {response.status} from {urlsplit(address).netloc}")
            value = msgspec.json.decode(await _content_of(response))
        if not isinstance(value, dict):
            raise IssuerError("the answer is not an object")
        return value

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls or True),
                headers=HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


async def _content_of(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for part in response.content.iter_chunked(MAX_BYTES):
        content += part
        if len(content) > MAX_BYTES:
            raise IssuerError("the answer is too large")
    return content


def _signing_keys(keys: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """The usable keys by their IDs. A key for encryption verifies nothing, and a symmetric one could make tokens."""
    return {
        str(key.get("kid", "")): key
        for key in keys
        if isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
    }


def _key_of(jwk: dict[str, Any], algorithm: str) -> PyJWK | None:
    """The key for an algorithm; None when it was made for another one."""
    if jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        return PyJWK(jwk, algorithm)
    except PyJWTError:
        return None


def _reason(error: BaseException) -> str:
    """What went wrong, without addresses that may contain a password."""
    return str(error) if isinstance(error, IssuerError) else type(error).__name__
