"""Record of an organization, which holds all other records."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from dexter_graphql.sandbox.world.model.alerts import Detector, IssueAlertRule, MetricAlertRule, Workflow
from dexter_graphql.sandbox.world.model.flags import FlagChange
from dexter_graphql.sandbox.world.model.integrations import Installation, Integration, SentryApp
from dexter_graphql.sandbox.world.model.issue_views import IssueView
from dexter_graphql.sandbox.world.model.issues import Attachment, Event, Issue
from dexter_graphql.sandbox.world.model.members import Member, Team, User
from dexter_graphql.sandbox.world.model.monitors import CronMonitor
from dexter_graphql.sandbox.world.model.projects import Environment, Project
from dexter_graphql.sandbox.world.model.releases import Release, Repository
from dexter_graphql.sandbox.world.model.saved_queries import SavedQuery


@dataclass(slots=True, eq=False, repr=False)
class Organization:
    """An organization and its records. Dictionaries are keyed by id unless noted."""

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
    flag_changes: list[FlagChange] = field(default_factory=list)
    """Newest first."""
    issue_views: list[IssueView] = field(default_factory=list)
    saved_queries: list[SavedQuery] = field(default_factory=list)
    starred_spans: set[tuple[str, str]] = field(default_factory=set)
    """Names of spans with the ids of their projects."""

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
        """The issue with that id or short id, ignoring case."""
        issue = self.issues.get(id_or_short_id)
        short_id = id_or_short_id.upper()
        return issue or next((i for i in self.issues.values() if i.short_id == short_id), None)

    def team_projects(self, user: User) -> list[Project]:
        """The projects of the user's teams."""
        teams = [team for member in self.members if member.user is user for team in member.teams]
        return [project for project in self.projects if any(team in teams for team in project.teams)]

    def users(self) -> Iterator[User]:
        """Users with an accepted membership, in the order of members."""
        return (m.user for m in self.members if m.user is not None)
