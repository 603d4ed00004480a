"""Data sources of detectors, whose nesting differs between deployments."""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from dexter_graphql.graph.alerts.json_values import read
from dexter_graphql.sentry.lenient import NULL, UNREADABLE

T = TypeVar("T")
Object = dict[str, msgspec.Raw]


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
    """
    for source in _opened(sources, list[msgspec.Raw]) or []:
        for place in _places(source):
            if any(key in (_opened(place, Object) or {}) for key in keys):
                return read(place, kind)
    return None


def _places(source: msgspec.Raw) -> Iterator[msgspec.Raw]:
    inner = _inside(source, "queryObj")
    yield _inside(inner, "snubaQuery")
    yield _inside(source, "snubaQuery")
    yield inner
    yield source


def _inside(value: msgspec.Raw, name: str) -> msgspec.Raw:
    return (_opened(value, Object) or {}).get(name, NULL)


def _opened(value: msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(value, type=kind)
    except UNREADABLE:
        return None
