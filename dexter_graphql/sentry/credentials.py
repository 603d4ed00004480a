"""Upstream credentials that Sentry rejected (401), and the end of everything that was read with them."""

from collections.abc import Callable, Iterable

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap, ExpiringMap
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.errors import Unauthorized

REFUSAL_S = 10.0
"""Seconds for which a rejected credential is refused without a call."""
MAX_REJECTED = 10_000
MAX_ACCEPTED = 50_000
TAG_PREFIX = "credential/"
ORGANIZATION_CODES = frozenset(
    {"sso-required", "sudo-required", "2fa-required", "member-disabled-over-limit", "data-secrecy"}
)
"""Codes of a 401 that concerns one organization or one operation; elsewhere the credential is still good."""

Listener = Callable[[str], None]


def credential_tag(upstream_key: str) -> str:
    """The cache tag of everything that was read with a credential."""
    return TAG_PREFIX + upstream_key


def is_rejection(error: Unauthorized) -> bool:
    """True when Sentry rejected the credential as such."""
    return error.detail_code not in ORGANIZATION_CODES


class CredentialRegistry:
    """What is known about credentials, by their keys. Bounded: made-up credentials replace each other.

    Only credentials that Sentry accepted have cached responses, so only their rejection invalidates any: a flood of
    made-up credentials leaves the cache of all others alone.
    """

    def __init__(self, clock: Clock, tag_versions: TagVersions) -> None:
        self._tag_versions = tag_versions
        self._rejected: ExpiringMap[str, Unauthorized] = ExpiringMap(REFUSAL_S, MAX_REJECTED, clock.monotonic)
        self._partly_rejected: ExpiringMap[str, bool] = ExpiringMap(REFUSAL_S, MAX_REJECTED, clock.monotonic)
        self._accepted: BoundedMap[str, int] = BoundedMap(MAX_ACCEPTED, on_evict=self._invalidate)
        self._listeners: list[Listener] = []

    def __repr__(self) -> str:
        return f"<CredentialRegistry {len(self._accepted)} accepted, {len(self._rejected)} rejected>"

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with the key of every credential that is rejected from now on."""
        self._listeners.append(listener)

    def generation(self, upstream_key: str) -> int:
        """A number that changes when a credential that was accepted before is rejected."""
        return self._accepted.peek(upstream_key) or 0

    def accept(self, upstream_key: str) -> None:
        """Remember that Sentry accepted this credential."""
        if self._accepted.get(upstream_key) is None:
            self._accepted.put(upstream_key, 0)

    def is_accepted(self, upstream_key: str) -> bool:
        """True when Sentry accepted the credential and has not rejected it within the last seconds."""
        return upstream_key in self._accepted and self._rejected.get(upstream_key) is None

    def check(self, upstream_key: str) -> None:
        """Raise Unauthorized when the credential was rejected within the last seconds."""
        error = self._rejected.get(upstream_key)
        if error is not None:
            raise _copy_of(error)

    def rejection(self, upstream_key: str, title: str) -> Unauthorized:
        """The error for a read that was under way when the credential was rejected."""
        error = self._rejected.get(upstream_key)
        if error is not None:
            return _copy_of(error)
        return Unauthorized("Sentry rejected the credential meanwhile", title=title, status=401)

    def handle(self, upstream_key: str, error: Unauthorized) -> None:
        """End what was read with a credential to which Sentry answered 401."""
        if is_rejection(error):
            self._reject(upstream_key, _copy_of(error))
        elif self._partly_rejected.get(upstream_key) is None:
            self._partly_rejected.put(upstream_key, True)  # noqa: FBT003  # stands for the rejection
            self._end(upstream_key)

    def receive(self, tags: Iterable[str]) -> None:
        """Apply an invalidation by another replica; a credential's tag counts where the credential is known."""
        tags = tuple(tags)
        others = tuple(tag for tag in tags if not tag.startswith(TAG_PREFIX))
        if others:
            self._tag_versions.invalidate(others, is_local=False)
        for tag in tags:
            upstream_key = tag.removeprefix(TAG_PREFIX)
            if upstream_key != tag and upstream_key in self._accepted:
                self._invalidate(upstream_key)

    def _reject(self, upstream_key: str, error: Unauthorized) -> None:
        self._rejected.put(upstream_key, error)
        self._end(upstream_key)
        generation = self._accepted.peek(upstream_key)
        if generation is not None:
            self._accepted.put(upstream_key, generation + 1)
        for listener in self._listeners:
            listener(upstream_key)

    def _end(self, upstream_key: str) -> None:
        if upstream_key in self._accepted:
            self._invalidate(upstream_key)
        # Another replica may have cached responses of it, in its memory and in Redis.
        self._tag_versions.announce((credential_tag(upstream_key),))

    def _invalidate(self, upstream_key: str, _generation: int = 0) -> None:
        self._tag_versions.invalidate((credential_tag(upstream_key),), is_local=False)


def _copy_of(error: Unauthorized) -> Unauthorized:
    """The same error without the frames of the call that raised it, which hold the token."""
    return Unauthorized(str(error), title=error.title, status=error.status, detail_code=error.detail_code)
