"""Payloads of verified webhooks, and the change that each reports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Actor, Change, Kind, Stream
from dexter_graphql.realtime.snapshots import ChangeSource, comment_change, error_change, issue_change, issue_tags

STREAMS_BY_RESOURCE: Mapping[str, Stream] = MappingProxyType(
    {
        "issue": Stream.ISSUES,
        "comment": Stream.COMMENTS,
        "error": Stream.ERRORS,
        "event_alert": Stream.ALERTS,
        "metric_alert": Stream.ALERTS,
        "activity_alert": Stream.ALERTS,
    }
)
"""`Sentry-Hook-Resource` → stream of its changes; every other resource goes to OTHER."""

KINDS_BY_ACTION: Mapping[str, Kind] = MappingProxyType(
    {
        "issue.created": Kind.CREATED,
        "issue.resolved": Kind.RESOLVED,
        "issue.unresolved": Kind.UNRESOLVED,
        "issue.assigned": Kind.ASSIGNED,
        # One fact under an old and a new name; older servers send both.
        "issue.ignored": Kind.ARCHIVED,
        "issue.archived": Kind.ARCHIVED,
        "comment.created": Kind.CREATED,
        "comment.updated": Kind.UPDATED,
        "comment.deleted": Kind.DELETED,
    }
)
MAX_ACTION = 64
"""Characters kept of an action, and of the type of an actor."""
MAX_NAME = 200


class Envelope(msgspec.Struct, frozen=True):
    """The body of every webhook."""

    action: str
    data: dict[str, msgspec.Raw]
    actor: dict[str, Any] | None = None


def decode_envelope(body: bytes) -> Envelope:
    """The envelope in a body; raises ValueError when the body is not one."""
    try:
        body.decode()
        return msgspec.json.decode(body, type=Envelope)
    except (ValueError, RecursionError) as error:
        raise ValueError("The body is not a webhook of Sentry") from error


def actor_of(envelope: Envelope) -> Actor | None:
    """Author of the change; None when the webhook does not name one."""
    actor = envelope.actor or {}
    kind, name, number = actor.get("type"), actor.get("name"), actor.get("id")
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    return Actor(kind[:MAX_ACTION], name[:MAX_NAME], None if number is None else str(number)[:MAX_NAME])


def parse_change(resource: str, envelope: Envelope, source: ChangeSource) -> Change:
    """The change that a webhook reports. Unknown and malformed payloads are kept as they are, with kind UNKNOWN."""
    kind = KINDS_BY_ACTION.get(source.action, Kind.UNKNOWN)
    data = msgspec.json.encode(envelope.data)
    try:
        if resource == "issue":
            return issue_change(kind, bytes(envelope.data["issue"]), source)
        if resource == "comment":
            return comment_change(kind, data, source)
        if source.action == "error.created":
            return error_change(bytes(envelope.data["error"]), source)
    except (KeyError, msgspec.DecodeError):
        pass
    change = source.make_change(resource, STREAMS_BY_RESOURCE.get(resource, Stream.OTHER), Kind.UNKNOWN, data)
    is_about_issues = resource in {"issue", "comment"}
    return replace(change, tags=issue_tags(source.organization, None)) if is_about_issues else change
