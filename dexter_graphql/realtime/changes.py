"""Changes: facts about one object of an organization, independent of webhooks and of the graph."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec


class Origin(StrEnum):
    """Where a change was reported."""

    WEBHOOK = "webhook"
    MUTATION = "mutation"
    POLL = "poll"


class Kind(StrEnum):
    """What happened. UNKNOWN stands for kinds this version does not know; `Change.action` has Sentry's name."""

    CREATED = "created"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    ASSIGNED = "assigned"
    ARCHIVED = "archived"
    UPDATED = "updated"
    DELETED = "deleted"
    FIRED = "fired"
    FINALIZED = "finalized"
    DEPLOYED = "deployed"
    UNKNOWN = "unknown"


class Stream(StrEnum):
    """Classes of changes with separate retention, so that a flood of one class never evicts another."""

    ISSUES = "issues"
    COMMENTS = "comments"
    ERRORS = "errors"
    ALERTS = "alerts"
    RELEASES = "releases"
    AUTOFIX = "autofix"
    OTHER = "other"


class Topic(NamedTuple):
    """One class of changes of one organization, which is identified by its slug."""

    organization: str
    stream: Stream


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Author of a change: `type` is `user`, `application` or a value this version does not know."""

    type: str
    name: str
    id: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fact.

    `entity` and `subject` identify the object (subject is Sentry's id), `action` is Sentry's name of the fact, such as
    `issue.resolved`, and `state` the resulting state where it distinguishes two facts of one kind. `project` is the
    project's slug and `project_id` its numeric id; `projects` are the slugs of an object that belongs to several.
    `category` and `assignee` are those of the issue, None where they are not known; the assignee is `user:1`, `team:2`,
    or empty when there is none. `object` is the JSON of the object after the change, None when the reporter did not
    send it or when it must be fetched. `tags` are the cache tags of the answers that the change makes stale.
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
    project_id: str | None = None
    projects: tuple[str, ...] = ()
    level: str | None = None
    category: str | None = None
    assignee: str | None = None
    actor: Actor | None = None
    object: bytes | None = None
    tags: tuple[str, ...] = ()

    @property
    def topic(self) -> Topic:
        """Topic that the change is published to."""
        return Topic(self.organization, self.stream)

    @property
    def size_bytes(self) -> int:
        """Approximate memory of the change."""
        return 512 + len(self.object or b"")
