"""JSON of the tags of events: keys with totals, and the values of one key."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from dexter_graphql.sandbox.world.event_attributes import TAG_NAMES, get_tags
from dexter_graphql.sandbox.world.model import Event


def serialize_tag_totals(events: Sequence[Event]) -> list[dict[str, object]]:
    """Each tag key with the number of events that have it."""
    totals = Counter(key for event in events for key in get_tags(event))
    return [{"key": key, "name": format_tag_name(key), "totalValues": total} for key, total in sorted(totals.items())]


def serialize_tag_values(events: Sequence[Event], key: str) -> list[dict[str, object]]:
    """The values of a tag in the events, by frequency."""
    events_by_value: dict[str, list[Event]] = {}
    for event in events:
        value = get_tags(event).get(key)
        if value is not None:
            events_by_value.setdefault(value, []).append(event)
    return [
        {
            "query": f'{key}:"{value}"',
            "key": key,
            "name": value,
            "value": value,
            "count": len(events_with_value),
            "lastSeen": _iso(events_with_value[-1]),
            "firstSeen": _iso(events_with_value[0]),
        }
        for value, events_with_value in sorted(events_by_value.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


def format_tag_name(key: str) -> str:
    """The display name of a tag key."""
    return TAG_NAMES.get(key, key.title())


def _iso(event: Event) -> str:
    return (event.time - timedelta(microseconds=event.time.microsecond)).isoformat().replace("+00:00", "Z")
