"""Typed views of the objects that changes carry, and the changes made from them. Reads raw JSON."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Actor, Change, Kind, Origin, Stream

Id = int | str
ERROR_CATEGORY = "error"
"""Category of all issues on releases that do not send it."""


class ProjectSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`project` of an issue."""

    id: Id | None = None
    slug: str | None = None


class AssigneeSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`assignedTo` of an issue."""

    id: Id
    type: str = ""


class IssueSnapshot(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The members of an issue that a change is made from."""

    id: Id
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    issue_category: str | None = None
    project: ProjectSnapshot | None = None
    assigned_to: AssigneeSnapshot | None = None


class CommentSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A comment as webhooks send it."""

    comment_id: Id
    issue_id: Id
    project_slug: str | None = None


class ErrorSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The members of an event, as webhooks send it, that a change is made from."""

    event_id: str
    issue_id: Id | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """What a report says besides the object: organization, action, author and times."""

    organization: str
    action: str
    origin: Origin
    actor: Actor | None
    occurred_at: datetime
    received_at: datetime

    def make_change(self, entity: str, stream: Stream, kind: Kind, raw: bytes | None) -> Change:
        """A change with this JSON as its object, without the members that are read from the object."""
        return Change(
            id=uuid4().hex,
            organization=self.organization,
            stream=stream,
            entity=entity,
            kind=kind,
            action=self.action,
            origin=self.origin,
            occurred_at=self.occurred_at,
            received_at=self.received_at,
            actor=self.actor,
            object=raw,
        )


def issue_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A change of an issue; `raw` is the issue after it. Raises ValidationError when it is not an issue."""
    snapshot = msgspec.json.decode(raw, type=IssueSnapshot)
    project = snapshot.project or ProjectSnapshot()
    return replace(
        source.make_change("issue", Stream.ISSUES, kind, raw),
        subject=str(snapshot.id),
        state=issue_state(kind, snapshot),
        project=project.slug,
        project_id=None if project.id is None else str(project.id),
        level=snapshot.level,
        category=snapshot.issue_category or ERROR_CATEGORY,
        assignee=f"{snapshot.assigned_to.type}:{snapshot.assigned_to.id}" if snapshot.assigned_to else "",
        tags=issue_tags(source.organization, str(snapshot.id)),
    )


def issue_tags(organization: str, issue_id: str | None) -> tuple[str, ...]:
    """Cache tags of the answers that a change of an issue makes stale: the lists of issues, and the issue itself."""
    return (f"issues/{organization}", *(() if issue_id is None else (f"issue/{issue_id}",)))


def issue_state(kind: Kind, snapshot: IssueSnapshot) -> str:
    """The resulting state of the members that a change of this kind is about; empty for other kinds."""
    if kind is Kind.ASSIGNED:
        return f"{snapshot.assigned_to.type}:{snapshot.assigned_to.id}" if snapshot.assigned_to else "nobody"
    if kind in {Kind.RESOLVED, Kind.UNRESOLVED, Kind.ARCHIVED}:
        return f"{snapshot.status}/{snapshot.substatus or ''}"
    return ""


def comment_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A change of a comment; the subject is its issue, because comments are read through their issue."""
    snapshot = msgspec.json.decode(raw, type=CommentSnapshot)
    return replace(
        source.make_change("comment", Stream.COMMENTS, kind, raw),
        subject=str(snapshot.issue_id),
        state=str(snapshot.comment_id),
        project=snapshot.project_slug,
        tags=issue_tags(source.organization, str(snapshot.issue_id)),
    )


def error_change(raw: bytes, source: ChangeSource) -> Change:
    """A new event of an issue; the subject is the event, the state its issue."""
    snapshot = msgspec.json.decode(raw, type=ErrorSnapshot)
    return replace(
        source.make_change("error", Stream.ERRORS, Kind.CREATED, raw),
        subject=snapshot.event_id,
        state="" if snapshot.issue_id is None else str(snapshot.issue_id),
        level=snapshot.level,
        # Lists stay valid: their counts are volatile, and errors arrive by the thousand.
        tags=() if snapshot.issue_id is None else (f"issue/{snapshot.issue_id}",),
    )
