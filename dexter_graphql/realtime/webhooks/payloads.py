"""Payloads of verified webhooks: the envelope, and the change that each resource reports."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Actor, Change, Kind, Stream
from dexter_graphql.realtime.snapshots import (
    ChangeSource,
    activity_alert_change,
    autofix_change,
    build_change,
    comment_change,
    error_change,
    event_alert_change,
    installation_change,
    issue_change,
    metric_alert_change,
)
from dexter_graphql.realtime.snapshots.installations import without_grant_code

INSTALLATION = "installation"
STREAMS_BY_RESOURCE: Mapping[str, Stream] = MappingProxyType(
    {
        "issue": Stream.ISSUES,
        "comment": Stream.COMMENTS,
        "error": Stream.ERRORS,
        "event_alert": Stream.ALERTS,
        "metric_alert": Stream.ALERTS,
        "activity_alert": Stream.ALERTS,
        "seer": Stream.AUTOFIX,
        "preprod_artifact": Stream.OTHER,
        INSTALLATION: Stream.OTHER,
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
        "error.created": Kind.CREATED,
        "event_alert.triggered": Kind.FIRED,
        "activity_alert.triggered": Kind.FIRED,
        "metric_alert.open": Kind.FIRED,
        "metric_alert.warning": Kind.FIRED,
        "metric_alert.critical": Kind.FIRED,
        "metric_alert.resolved": Kind.RESOLVED,
        "seer.root_cause_started": Kind.UPDATED,
        "seer.root_cause_completed": Kind.UPDATED,
        "seer.solution_started": Kind.UPDATED,
        "seer.solution_completed": Kind.UPDATED,
        "seer.coding_started": Kind.UPDATED,
        "seer.coding_completed": Kind.UPDATED,
        "seer.iteration_started": Kind.UPDATED,
        "seer.iteration_completed": Kind.UPDATED,
        "seer.pr_created": Kind.UPDATED,
        "preprod_artifact.size_analysis_completed": Kind.UPDATED,
        "preprod_artifact.build_distribution_completed": Kind.UPDATED,
        "installation.created": Kind.CREATED,
        "installation.deleted": Kind.DELETED,
    }
)
MAX_ACTION = 64
"""Characters kept of an action, and of the type of an actor."""
MAX_NAME = 200
NOTHING = msgspec.Raw(b"null")
NO_WEBHOOK = "The body is not a webhook of Sentry"
ReadChange = Callable[[Kind, bytes, ChangeSource], Change]


class Envelope(msgspec.Struct, frozen=True):
    """The body of every webhook. `data` and `actor` are read on their own, so that odd ones do not cost the webhook."""

    action: str = ""
    data: msgspec.Raw = NOTHING
    actor: msgspec.Raw = NOTHING


class ActorSnapshot(msgspec.Struct, frozen=True):
    """`actor` of a webhook."""

    type: str
    name: str
    id: int | str | None = None


def decode_envelope(body: bytes) -> Envelope:
    """The envelope in a body; raises ValueError when the body is not one."""
    try:
        body.decode()
        try:
            return msgspec.json.decode(body, type=Envelope)
        except msgspec.ValidationError:
            members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            return Envelope("", members.get("data", NOTHING), members.get("actor", NOTHING))
        except msgspec.DecodeError:
            return msgspec.json.decode(_as_strict_json(body), type=Envelope)
    except (ValueError, RecursionError) as error:
        raise ValueError(NO_WEBHOOK) from error


def _as_strict_json(body: bytes) -> bytes:
    """The same JSON without what Python writes beyond the standard: halves of surrogate pairs, NaN and infinities."""
    value = json.loads(body, parse_constant=lambda _name: None)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def actor_of(envelope: Envelope) -> Actor | None:
    """Author of the change; None when the webhook does not name one."""
    try:
        actor = msgspec.json.decode(envelope.actor, type=ActorSnapshot)
    except msgspec.DecodeError:
        return None
    number = None if actor.id is None else str(actor.id)[:MAX_NAME]
    return Actor(actor.type[:MAX_ACTION], actor.name[:MAX_NAME], number)


def parse_change(resource: str, envelope: Envelope, source: ChangeSource) -> Change:
    """The change that a webhook reports. Unknown and malformed payloads are kept as they are, with kind UNKNOWN."""
    read, data = READERS.get(resource), bytes(envelope.data)
    if resource == INSTALLATION:
        data = without_grant_code(data)
    try:
        if read is not None:
            return read(KINDS_BY_ACTION.get(source.action, Kind.UNKNOWN), data, source)
    except msgspec.DecodeError:
        pass
    stream = STREAMS_BY_RESOURCE.get(resource, Stream.OTHER)
    return replace(source.make_change(resource, stream, Kind.UNKNOWN, data), tags=_tags_of_unknown(resource, source))


def _tags_of_unknown(resource: str, source: ChangeSource) -> tuple[str, ...]:
    """Cache tags of all objects of a resource that is known, when the webhook does not say of which one it is."""
    tag = {Stream.ISSUES: "issues", Stream.COMMENTS: "issues", Stream.ALERTS: "alerts"}
    stream = STREAMS_BY_RESOURCE.get(resource)
    return (f"{tag[stream]}/{source.organization}",) if stream in tag else ()


def _member_of(name: str, read: ReadChange) -> ReadChange:
    """Reads the object in one member of the payload."""

    def read_member(kind: Kind, data: bytes, source: ChangeSource) -> Change:
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        if name not in members:
            raise msgspec.ValidationError(f"The payload lacks '{name}'")
        return read(kind, bytes(members[name]), source)

    return read_member


READERS: Mapping[str, ReadChange] = MappingProxyType(
    {
        "issue": _member_of("issue", issue_change),
        "comment": comment_change,
        "error": _member_of("error", error_change),
        "event_alert": event_alert_change,
        "metric_alert": metric_alert_change,
        "activity_alert": activity_alert_change,
        "seer": autofix_change,
        "preprod_artifact": build_change,
        INSTALLATION: installation_change,
    }
)
"""`Sentry-Hook-Resource` → what reads its payload. Raises DecodeError for one that is not in the known form."""
