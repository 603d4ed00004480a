"""Monitors of the uptime of URLs."""

from typing import Any

import msgspec

from dexter_graphql.graph.alerts.json_values import read
from dexter_graphql.graph.declarations.fields import computed
from dexter_graphql.graph.monitors.data_sources import UptimeSource, sourced
from dexter_graphql.graph.monitors.types import CONFIG, SOURCES, Monitor, known, type_field


class UptimeConfig(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of an uptime detector."""

    environment: str | None = None
    downtime_threshold: int | None = None
    recovery_threshold: int | None = None


def _uptime(row: Any) -> UptimeSource:
    return sourced(row.dataSources, UptimeSource, ("url", "intervalSeconds")) or UptimeSource()


def _uptime_config(row: Any) -> UptimeConfig:
    return read(row.config, UptimeConfig, "config") or UptimeConfig()


@known
class UptimeMonitor(Monitor):
    """Checks at regular intervals whether a URL responds."""

    type: str | None = type_field("uptime_domain_failure")

    @computed(SOURCES)
    def url(row: Any) -> str | None:
        """URL that is checked."""
        return _uptime(row).url

    @computed(SOURCES)
    def method(row: Any) -> str | None:
        """HTTP method of the check."""
        return _uptime(row).method

    @computed(SOURCES)
    def interval_seconds(row: Any) -> int | None:
        """Seconds between two checks."""
        return _uptime(row).interval_seconds

    @computed(SOURCES)
    def timeout_seconds(row: Any) -> float | None:
        """Seconds after which a check fails."""
        milliseconds = _uptime(row).timeout_ms
        return None if milliseconds is None else milliseconds / 1000

    @computed(CONFIG)
    def environment(row: Any) -> str | None:
        """Environment of the issues that the monitor creates."""
        return _uptime_config(row).environment

    @computed(CONFIG)
    def downtime_threshold(row: Any) -> int | None:
        """Number of consecutive failures that create an issue."""
        return _uptime_config(row).downtime_threshold

    @computed(CONFIG)
    def recovery_threshold(row: Any) -> int | None:
        """Number of consecutive successes that resolve the issue."""
        return _uptime_config(row).recovery_threshold
