"""Changes about new events of issues."""

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.sources import ChangeSource, Number, ShortText, decode_snapshot

EventId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
PROJECT_IN_URL = re.compile(r"/projects/[A-Za-z0-9_-]+/([A-Za-z0-9_-]{1,100})/events/")
KEPT_MEMBERS = (
    "event_id", "project", "release", "dist", "platform", "message", "title", "type", "location", "culprit", "level",
    "logger", "transaction", "timestamp", "received", "datetime", "environment", "fingerprint", "metadata", "tags",
    "user", "occurrence", "url", "web_url", "issue_url", "issue_id",
)  # fmt: skip
"""Members of an event that changes keep. Stack traces, breadcrumbs and contexts are left out: they are most of an
event, and errors arrive by the thousand."""


class ErrorSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The members of an event, as webhooks send it, that a change is made from."""

    event_id: EventId
    issue_id: Number | None = None
    project: Number | None = None
    level: ShortText | None = None
    url: str | None = None


def error_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A new event of an issue; the subject is the event, the state its issue."""
    snapshot = decode_snapshot(raw, ErrorSnapshot)
    change = source.make_change("error", Stream.ERRORS, kind, light_event(raw))
    state = "" if snapshot.issue_id is None else str(snapshot.issue_id)
    return replace(describe_event(change, snapshot), state=state, tags=event_tags(snapshot))


def describe_event(change: Change, snapshot: ErrorSnapshot) -> Change:
    """The change with the event as its subject, and with the members of the event that readers filter by."""
    project = PROJECT_IN_URL.search(snapshot.url or "")
    return replace(
        change,
        subject=snapshot.event_id,
        project=project[1] if project else None,
        project_id=None if snapshot.project is None else str(snapshot.project),
        level=snapshot.level,
    )


def event_tags(snapshot: ErrorSnapshot) -> tuple[str, ...]:
    """Cache tags of the issue of an event. Lists of issues stay valid: their counts are volatile, and errors many."""
    return () if snapshot.issue_id is None else (f"issue/{snapshot.issue_id}",)


def light_event(raw: bytes) -> bytes:
    """The JSON of an event with the kept members alone."""
    members: Mapping[str, msgspec.Raw] = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({name: members[name] for name in KEPT_MEMBERS if name in members})
