"""Data sources of detectors, whose nesting differs between deployments."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from dexter_graphql.graph.alerts.json_values import decoded, is_object, read
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import NULL, UNREADABLE

T = TypeVar("T")
SOURCES = "dataSources"


class MetricQuery(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Query of a metric detector; the window is in seconds."""

    aggregate: str | None = None
    query: str | None = None
    dataset: str | None = None
    time_window: int | None = None
    environment: str | None = None
    event_types: list[str] | None = None


class UptimeSource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Check of an uptime detector."""

    url: str | None = None
    method: str | None = None
    interval_seconds: int | None = None
    timeout_ms: int | None = None


class CronSource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Cron job of a check-in detector."""

    slug: str | None = None
    status: str | None = None
    is_muted: bool | None = None


def sourced(sources: msgspec.Raw, kind: type[T], keys: tuple[str, ...]) -> T | None:
    """The first object in the data sources that has one of these keys, as `kind`; None when there is none.

    It stands in the source itself, in its `queryObj`, in its `snubaQuery`, or in the `snubaQuery` of its `queryObj`.
    Raises InvalidValue when something else than an object stands in their places, and none has the keys.
    """
    candidates = [place for source in decoded(sources, list[msgspec.Raw], SOURCES) or [] for place in _places(source)]
    for place in candidates:
        if any(key in _members(place) for key in keys):
            return read(place, kind, SOURCES)
    if any(place != NULL and not is_object(place) for place in candidates):
        raise InvalidValue(f"'{SOURCES}' in Sentry's answer has a value that is no object")
    return None


def _places(source: msgspec.Raw) -> Iterator[msgspec.Raw]:
    inner = _members(source).get("queryObj", NULL)
    yield _members(inner).get("snubaQuery", NULL)
    yield _members(source).get("snubaQuery", NULL)
    yield inner
    yield source


def _members(value: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of an object; none for another value."""
    try:
        return msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    except UNREADABLE:
        return {}
