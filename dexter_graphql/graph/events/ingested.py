"""Events in the shape in which they are ingested and sent by webhooks, as rows of a list of events."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from dexter_graphql.graph.declarations.fields import LIST
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.parents import OrganizationRef, Parents

SAME_MEMBERS = ("title", "location", "culprit", "platform", "metadata", "user")
NUMBER = re.compile(r"[0-9]{1,20}")
PREFIX = "sentry:"
"""Prefix of the tags that Sentry makes itself, in the database alone."""


def decode_ingested_event(event: Mapping[str, Any], organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The event as a record of the operation's projection; None when its ID or its project is missing.

    Members that lists of events lack are loaded when they are selected.
    """
    event_id, project = event.get("event_id"), event.get("project")
    if not isinstance(event_id, str) or not _is_number(project):
        return None
    row = {name: event[name] for name in SAME_MEMBERS if name in event} | {
        "id": event_id,
        "eventID": event_id,
        "projectID": str(project),
        "groupID": ingested_issue_id(event),
        "event.type": event.get("type"),
        "tags": [{"key": key, "value": value} for key, value in _tags(event.get("tags"))],
        "dateCreated": _instant(event),
    }
    projection = load_context.projection(LIST)
    return load_context.client.records.decode_one(msgspec.json.encode(row), projection, (), Parents(organization))


def ingested_issue_id(event: Mapping[str, Any]) -> str | None:
    """Sentry's ID of the issue of an event; None when the event does not name one."""
    number = event.get("issue_id")
    return str(number) if _is_number(number) else None


def _is_number(value: Any) -> bool:
    return NUMBER.fullmatch(str(value)) is not None


def _tags(tags: Any) -> list[tuple[str, str]]:
    pairs = [pair for pair in tags if isinstance(pair, list) and len(pair) == 2] if isinstance(tags, list) else []  # noqa: PLR2004
    return [(str(key).removeprefix(PREFIX), str(value)) for key, value in pairs if value is not None]


def _instant(event: Mapping[str, Any]) -> str | None:
    """When the event occurred, as lists of events write it."""
    text, seconds = event.get("datetime"), event.get("timestamp")
    if isinstance(text, str):
        return text
    try:
        return datetime.fromtimestamp(float(seconds), UTC).isoformat() if isinstance(seconds, (int, float)) else None
    except (OverflowError, ValueError, OSError):
        return None
