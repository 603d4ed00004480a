"""Knows the records of a fake Sentry: what an organization holds. Knows nothing of HTTP nor of how it is made up.

Records are compared by identity: two of them are never the same thing, and they refer to each other in circles.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dexter_graphql.sandbox.world.services import (
    CronMonitor,
    Detector,
    ExternalIssue,
    Installation,
    Integration,
    IssueAlertRule,
    MetricAlertRule,
    SentryApp,
    Workflow,
)


@dataclass(slots=True, eq=False)
class User:
    """A person who signs in; `id` is a decimal string and is not the id of any membership."""

    id: str
    name: str
    username: str
    email: str
    date_joined: datetime
    last_active: datetime
    has_2fa: bool = False


@dataclass(slots=True, eq=False)
class Team:
    """A team; its projects point to it, its members are listed by membership."""

    id: str
    slug: str
    name: str
    date_created: datetime


@dataclass(slots=True, eq=False)
class Member:
    """A membership of a user in one organization. `user` is None while the invitation is pending."""

    id: str
    email: str
    name: str
    user: User | None
    org_role: str
    date_created: datetime
    teams: list[Team] = field(default_factory=list)
    team_roles: dict[str, str] = field(default_factory=dict)
    invite_status: str = "approved"
    inviter_name: str | None = None


@dataclass(slots=True, eq=False)
class ClientKey:
    """A DSN key: `public` and `secret` are 32 hex characters; `id` equals `public` as at Sentry."""

    id: str
    label: str
    public: str
    secret: str
    date_created: datetime
    is_active: bool = True
    rate_limit_window: int | None = None
    rate_limit_count: int | None = None


@dataclass(slots=True, eq=False)
class Environment:
    """An environment of an organization, shared by its projects."""

    id: str
    name: str


@dataclass(slots=True, eq=False)
class Project:
    """A project. `language` picks its stack traces, `next_number` the suffix of its next short id."""

    id: str
    slug: str
    name: str
    platform: str
    language: str
    date_created: datetime
    teams: list[Team] = field(default_factory=list)
    keys: list[ClientKey] = field(default_factory=list)
    hidden_environments: set[str] = field(default_factory=set)
    options: dict[str, object] = field(default_factory=dict)
    is_bookmarked: bool = False
    next_number: int = 1


@dataclass(slots=True, eq=False)
class Repository:
    """A source repository, tied to the integration it came through."""

    id: str
    name: str
    provider_id: str
    provider_name: str
    url: str
    external_id: str
    external_slug: str
    integration_id: str | None
    date_created: datetime
    status: str = "active"


@dataclass(slots=True, eq=False)
class Commit:
    """A commit: `id` is 40 hex characters; `files` are (path, type) with type A, M or D."""

    id: str
    message: str
    author: User
    repository: Repository
    date_created: datetime
    files: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, eq=False)
class Deploy:
    """A deploy of one release to one environment."""

    id: str
    environment: str
    name: str
    date_started: datetime | None
    date_finished: datetime
    url: str | None = None


@dataclass(slots=True, eq=False)
class ReleaseFile:
    """A file uploaded to a release, with its bytes."""

    id: str
    name: str
    dist: str | None
    headers: dict[str, str]
    sha1: str
    content: bytes
    date_created: datetime


@dataclass(slots=True, eq=False, repr=False)
class Release:
    """A release of an organization. `id` is an integer here because Sentry answers one."""

    id: int
    version: str
    package: str
    date_created: datetime
    date_released: datetime | None
    projects: list[Project]
    commits: list[Commit] = field(default_factory=list)
    deploys: list[Deploy] = field(default_factory=list)
    files: list[ReleaseFile] = field(default_factory=list)
    status: str = "open"
    ref: str | None = None
    url: str | None = None
    owner: User | None = None

    def __repr__(self) -> str:
        return f"Release({self.version})"


@dataclass(slots=True, eq=False)
class Assignee:
    """Who an issue is assigned to: exactly one of the two."""

    user: User | None = None
    team: Team | None = None


@dataclass(slots=True, eq=False)
class Activity:
    """A line in the history of an issue; a comment is an activity of type `note` with `data["text"]`."""

    id: str
    type: str
    user: User | None
    data: dict[str, object]
    date_created: datetime


@dataclass(slots=True, eq=False)
class Attachment:
    """A file that came with an event."""

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
    """The little that is stored of an event; everything else is derived from `variant` when asked for.

    `at` is seconds since the epoch; `person` numbers an end user of the project, -1 when unknown.
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
    """A group of events. Counts and first/last seen are those of `events`, oldest first, never empty."""

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
    autofix: dict[str, object] | None = None

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
        """The notes among the activity, oldest first."""
        return [item for item in self.activity if item.type == "note"]

    @property
    def is_error(self) -> bool:
        """Whether its events are error events; the others have occurrences (`issuePlatform`)."""
        return self.category == "error"


@dataclass(slots=True, eq=False, repr=False)
class Organization:
    """An organization and all that belongs to it. Dictionaries are keyed by id unless said otherwise."""

    id: str
    slug: str
    name: str
    date_created: datetime
    features: tuple[str, ...] = ()
    is_early_adopter: bool = False
    region_url: str | None = None
    """Where it lives, when that is another sandbox."""
    members: list[Member] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    renamed_projects: dict[str, str] = field(default_factory=dict)
    environments: list[Environment] = field(default_factory=list)
    repositories: list[Repository] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    issues: dict[str, Issue] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    attachments: dict[str, list[Attachment]] = field(default_factory=dict)
    issue_rules: list[IssueAlertRule] = field(default_factory=list)
    metric_rules: list[MetricAlertRule] = field(default_factory=list)
    detectors: list[Detector] = field(default_factory=list)
    workflows: list[Workflow] = field(default_factory=list)
    monitors: list[CronMonitor] = field(default_factory=list)
    integrations: list[Integration] = field(default_factory=list)
    apps: list[SentryApp] = field(default_factory=list)
    installations: list[Installation] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"Organization({self.slug})"

    def find_project(self, id_or_slug: str) -> Project | None:
        """The project with that id or slug."""
        return next((p for p in self.projects if id_or_slug in (p.id, p.slug)), None)

    def find_team(self, id_or_slug: str) -> Team | None:
        """The team with that id or slug."""
        return next((t for t in self.teams if id_or_slug in (t.id, t.slug)), None)

    def find_release(self, version: str) -> Release | None:
        """The release with exactly that version."""
        return next((r for r in self.releases if r.version == version), None)

    def find_issue(self, id_or_short_id: str) -> Issue | None:
        """The issue with that id or (any case) short id."""
        found = self.issues.get(id_or_short_id)
        wanted = id_or_short_id.upper()
        return found or next((i for i in self.issues.values() if i.short_id == wanted), None)

    def users(self) -> Iterator[User]:
        """Users with an accepted membership, in the order of memberships."""
        return (m.user for m in self.members if m.user is not None)
