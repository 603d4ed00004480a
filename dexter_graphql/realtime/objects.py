"""Knows what a change's object says about itself: whose it is, where it stands, how severe. Reads raw bytes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.events import Actor, Change, Kind, Origin, Stream

Id = int | str


class ProjectFacts(msgspec.Struct, frozen=True, gc=False):
    """`project` of an issue."""

    slug: str | None = None


class AssigneeFacts(msgspec.Struct, frozen=True, gc=False):
    """`assignedTo` of an issue."""

    id: Id
    type: str = ""


class IssueFacts(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The members of an issue that a change needs."""

    id: Id
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    project: ProjectFacts | None = None
    assigned_to: AssigneeFacts | None = None


class CommentFacts(msgspec.Struct, frozen=True, gc=False):
    """What a webhook tells of a comment."""

    comment_id: Id
    issue_id: Id
    project_slug: str | None = None


class ErrorFacts(msgspec.Struct, frozen=True, gc=False):
    """The members of an event, as webhooks send it, that a change needs."""

    event_id: str
    issue_id: Id | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """Who tells of a change, when, and in which words."""

    organization: str
    action: str
    origin: Origin
    actor: Actor | None
    occurred_at: datetime
    received_at: datetime

    def of(self, noun: str, stream: Stream, kind: Kind, raw: bytes) -> Change:
        """A change in these words, of an object that nobody has looked into."""
        return Change(
            id=uuid4().hex,
            organization=self.organization,
            stream=stream,
            noun=noun,
            kind=kind,
            action=self.action,
            origin=self.origin,
            occurred_at=self.occurred_at,
            received_at=self.received_at,
            actor=self.actor,
            object=raw,
        )


def issue_change(kind: Kind, raw: bytes, telling: Telling) -> Change:
    """A change of an issue; `raw` is the issue as it is now. Raises ValidationError when it is not an issue."""
    facts = msgspec.json.decode(raw, type=IssueFacts)
    return replace(
        telling.of("issue", Stream.ISSUES, kind, raw),
        subject=str(facts.id),
        state=issue_state(kind, facts),
        project=facts.project.slug if facts.project else None,
        level=facts.level,
    )


def issue_state(kind: Kind, facts: IssueFacts) -> str:
    """The resulting state, as far as a change of this kind is about it."""
    if kind is Kind.ASSIGNED:
        return f"{facts.assigned_to.type}:{facts.assigned_to.id}" if facts.assigned_to else "nobody"
    if kind in {Kind.RESOLVED, Kind.UNRESOLVED, Kind.ARCHIVED}:
        return f"{facts.status}/{facts.substatus or ''}"
    return ""


def comment_change(kind: Kind, raw: bytes, telling: Telling) -> Change:
    """A change of a comment; the subject is its issue, because comments are read below it."""
    facts = msgspec.json.decode(raw, type=CommentFacts)
    return replace(
        telling.of("comment", Stream.COMMENTS, kind, raw),
        subject=str(facts.issue_id),
        state=str(facts.comment_id),
        project=facts.project_slug,
    )


def error_change(raw: bytes, telling: Telling) -> Change:
    """A new event of an issue; the subject is the event, the state its issue."""
    facts = msgspec.json.decode(raw, type=ErrorFacts)
    return replace(
        telling.of("error", Stream.ERRORS, Kind.CREATED, raw),
        subject=facts.event_id,
        state="" if facts.issue_id is None else str(facts.issue_id),
        level=facts.level,
    )
