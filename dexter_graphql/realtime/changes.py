"""Knows what a change is: a fact about one object of an organization. Knows neither webhooks nor the graph."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec


class Origin(StrEnum):
    """Who told of a change."""

    WEBHOOK = "webhook"
    MUTATION = "mutation"
    POLL = "poll"


class Kind(StrEnum):
    """What happened. UNKNOWN stands for whatever is newer than this server; `Change.action` has Sentry's word."""

    CREATED = "created"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    ASSIGNED = "assigned"
    ARCHIVED = "archived"
    UPDATED = "updated"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class Stream(StrEnum):
    """Classes of changes that are kept apart, so that a flood of one never drives out another."""

    ISSUES = "issues"
    COMMENTS = "comments"
    ERRORS = "errors"
    ALERTS = "alerts"
    OTHER = "other"


class Topic(NamedTuple):
    """One stream of one organization, which is named by its slug."""

    organization: str
    stream: Stream


class Actor(msgspec.Struct, frozen=True):
    """Who did it: `type` is `user`, `application` or a newer word."""

    type: str
    name: str
    id: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. `object` has the bytes of the object as it was afterwards, when whoever told it sent them.

    `noun` and `subject` say about what (subject is Sentry's id), `action` is the fact in Sentry's words, such as
    `issue.resolved`, and `state` the resulting state as far as it tells two facts of one kind apart.
    """

    id: str
    organization: str
    stream: Stream
    entity: str
    kind: Kind
    action: str
    origin: Origin
    occurred_at: datetime
    received_at: datetime
    subject: str | None = None
    state: str = ""
    project: str | None = None
    level: str | None = None
    actor: Actor | None = None
    object: bytes | None = None

    @property
    def topic(self) -> Topic:
        """Where it is published."""
        return Topic(self.organization, self.stream)

    @property
    def size_bytes(self) -> int:
        """Memory that keeping it takes, roughly."""
        return 512 + len(self.object or b"")
