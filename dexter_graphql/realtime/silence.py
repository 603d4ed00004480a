"""Silence of webhooks: when those of an organization last arrived, and whether polling has to take their place."""

from dataclasses import dataclass, field
from enum import StrEnum

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.changes import Change, Origin
from dexter_graphql.telemetry.metrics import Sample


class WebhookArrivals:
    """When the last verified webhook of each organization arrived at this process, in seconds since the epoch.

    Only for organizations whose secret is configured, so that their number is bounded.
    """

    def __init__(self, organizations: frozenset[str], clock: Clock) -> None:
        self._clock = clock
        self._started_at = clock.time()
        self._last: dict[str, float | None] = dict.fromkeys(sorted(organizations))

    def note(self, organization: str) -> None:
        """Note that a webhook has just arrived."""
        self._last[organization] = self._clock.time()

    def is_configured(self, organization: str) -> bool:
        """True when a secret of the organization's webhooks is configured."""
        return organization in self._last

    def last(self, organization: str) -> float | None:
        """When the last webhook arrived; None when none did since the start."""
        return self._last.get(organization)

    @property
    def organizations(self) -> list[str]:
        """The organizations whose webhooks are configured."""
        return list(self._last)

    def collect(self) -> list[Sample]:
        """Age of the oldest last webhook; since the start for an organization that has sent none."""
        if not self._last:
            return []
        oldest = min(at or self._started_at for at in self._last.values())
        age_s = self._clock.time() - oldest
        return [Sample("dexter_webhook_age_seconds", "Longest time since the last webhook of an organization.", age_s)]


class Mode(StrEnum):
    """What the poller does for an organization."""

    WATCHING = "watching"
    """Webhooks arrive; one list per interval is read to notice when they stop."""
    POLLING = "polling"
    """Webhooks are silent or not configured; changes come from polling."""


@dataclass(slots=True)
class Silence:
    """Whether the webhooks of an organization are silent, and since when."""

    is_configured: bool
    mode: Mode = field(init=False)
    since: float = 0.0
    """When the present mode began, in seconds since the epoch."""

    def __post_init__(self) -> None:
        self.mode = Mode.WATCHING if self.is_configured else Mode.POLLING

    def begin(self, now: float) -> bool:
        """Note that Sentry has changed and no webhook said so; True when polling takes over by that."""
        if self.mode is Mode.POLLING:
            return False
        self.mode, self.since = Mode.POLLING, now
        return True

    def hear(self, change: Change) -> bool:
        """Note a published change; True when it is a webhook's, which ends the polling."""
        is_back = (
            self.mode is Mode.POLLING
            and self.is_configured
            and change.origin is Origin.WEBHOOK
            and change.received_at.timestamp() >= self.since
        )
        if is_back:
            self.mode, self.since = Mode.WATCHING, change.received_at.timestamp()
        return is_back
