"""What each host lacks: endpoints and parameters that it refused, so that they are not tried again soon.

Some operations have an unpublished form that saves calls, or an older and a newer form. Which of them a server has is
found by calling it.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.sentry.errors import (
    BadRequest,
    ClientError,
    FeatureUnavailable,
    Gone,
    InvalidParameter,
    MissingRoute,
    NotFound,
    SentryError,
)
from dexter_graphql.sentry.parents import OrganizationRef

LIFETIME_S = 3600.0
"""A server may be upgraded, and then has the capability."""
LIMIT = 256
ABSENT = (NotFound, MissingRoute)
T = TypeVar("T")
Attempt = Callable[[], Awaitable[T]]


def is_refused(error: SentryError) -> bool:
    """True for a request that Sentry refused, or that leads to nothing."""
    return isinstance(error, (BadRequest, *ABSENT)) and not isinstance(error, InvalidParameter)


class HostCapabilities:
    """The capabilities that each host was found to lack within the last hour, in this process."""

    def __init__(self, clock: Clock) -> None:
        self._lacking: ExpiringMap[tuple[str, str], bool] = ExpiringMap(LIFETIME_S, LIMIT, clock.monotonic)

    def __len__(self) -> int:
        return len(self._lacking)

    def lacks(self, capability: str, organization: OrganizationRef) -> bool:
        """True when the organization's host was found to lack it."""
        return self._lacking.get(_key(capability, organization)) is not None

    async def prefer(
        self,
        capability: str,
        organization: OrganizationRef,
        *,
        preferred: Attempt[T],
        fallback: Attempt[T],
        is_refusal: Callable[[SentryError], bool] = is_refused,
    ) -> T:
        """The result of `preferred`, which needs the capability; of `fallback` where the host refuses that.

        A refusal may also concern the object or an argument. Then `fallback` is refused as well, and the capability is
        not taken to be lacking. `is_refusal` says which errors may mean that the host lacks the capability.
        """
        if self.lacks(capability, organization):
            return await fallback()
        try:
            return await preferred()
        except SentryError as error:
            if not is_refusal(error):
                raise
        result = await fallback()
        self._remember(capability, organization)
        return result

    async def either(
        self, capability: str, organization: OrganizationRef, *, newer: Attempt[T], older: Attempt[T]
    ) -> T:
        """The result of the form that the host has: the newer one, which needs the capability, or the older one.

        Both must read lists of the organization, so that 404 means the form and not the object. Raises
        FeatureUnavailable when the host has neither.
        """
        is_lacking = self.lacks(capability, organization)
        likely, other = (older, newer) if is_lacking else (newer, older)
        try:
            return await likely()
        except (Gone, *ABSENT) as error:
            first_error = error
        try:
            result = await other()
        except (Gone, *ABSENT) as second_error:
            raise _neither(first_error, second_error) from None
        if is_lacking:
            self._lacking.pop(_key(capability, organization))
        else:
            self._remember(capability, organization)
        return result

    def _remember(self, capability: str, organization: OrganizationRef) -> None:
        self._lacking.put(_key(capability, organization), True)  # noqa: FBT003  # stands for the lack


def _key(capability: str, organization: OrganizationRef) -> tuple[str, str]:
    return (capability, organization.region_url or "")


def _neither(first: ClientError, second: ClientError) -> ClientError:
    """A brownout (410) is temporary and says so; without one the server lacks the feature."""
    brownout = next((error for error in (first, second) if isinstance(error, Gone)), None)
    if brownout is not None:
        return brownout
    return FeatureUnavailable(f"This Sentry lacks {first.title} and {second.title}", title=first.title, status=404)
