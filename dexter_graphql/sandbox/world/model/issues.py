"""Records of issues, their events, activity, attachments and user reports."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dexter_graphql.sandbox.world.model.integrations import ExternalIssue
from dexter_graphql.sandbox.world.model.members import Team, User
from dexter_graphql.sandbox.world.model.projects import Project
from dexter_graphql.sandbox.world.model.releases import Release


@dataclass(slots=True, eq=False)
class Assignee:
    """The assignee of an issue: either a user or a team."""

    user: User | None = None
    team: Team | None = None


@dataclass(slots=True, eq=False)
class Activity:
    """An activity of an issue. A comment has type `note` and its text in `data["text"]`."""

    id: str
    type: str
    user: User | None
    data: dict[str, object]
    date_created: datetime


@dataclass(slots=True, eq=False)
class Attachment:
    """A file attached to an event."""

    id: str
    name: str
    mimetype: str
    type: str
    content: bytes
    date_created: datetime


@dataclass(slots=True, eq=False)
class Feedback:
    """A user report about one event."""

    id: str
    event: "Event"
    name: str
    email: str
    comments: str
    date_created: datetime


@dataclass(slots=True, eq=False, repr=False)
class Event:
    """The stored part of an event; everything else is derived from `variant`.

    `at` is seconds since the epoch; `person` is the number of an end user of the project, -1 without one.
    """

    id: str
    issue: "Issue"
    at: float
    environment: str
    release: Release | None
    person: int
    variant: int

    def __repr__(self) -> str:
        return f"Event({self.id})"

    @property
    def time(self) -> datetime:
        """Instant of the event, in UTC."""
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(slots=True, eq=False, repr=False)
class Issue:
    """A group of events, never empty, oldest first, from which counts and first/last seen derive."""

    id: str
    project: Project
    number: int
    short_id: str
    title: str
    type_name: str
    value: str
    culprit: str
    level: str
    kind: str
    issue_type: str
    category: str
    template: int
    transaction: str
    is_unhandled: bool
    status: str = "unresolved"
    substatus: str | None = "ongoing"
    status_details: dict[str, object] = field(default_factory=dict)
    priority: str = "medium"
    priority_locked_at: datetime | None = None
    assignee: Assignee | None = None
    events: list[Event] = field(default_factory=list)
    activity: list[Activity] = field(default_factory=list)
    external_issues: list[ExternalIssue] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    bookmarked_by: set[str] = field(default_factory=set)
    seen_by: dict[str, datetime] = field(default_factory=dict)
    subscribers: dict[str, str] = field(default_factory=dict)
    share_id: str | None = None
    inbox_reason: int | None = None
    inbox_since: datetime | None = None
    autofix: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Issue({self.short_id})"

    @property
    def first_seen(self) -> datetime:
        """Instant of the oldest event."""
        return self.events[0].time

    @property
    def last_seen(self) -> datetime:
        """Instant of the newest event."""
        return self.events[-1].time

    @property
    def comments(self) -> list[Activity]:
        """The comments among the activity, oldest first."""
        return [item for item in self.activity if item.type == "note"]

    @property
    def is_error(self) -> bool:
        """Whether the events are errors; otherwise they are occurrences (`issuePlatform`)."""
        return self.category == "error"
