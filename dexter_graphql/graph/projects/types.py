"""Projects, as lists, the detail and other nouns give them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.avatars import Avatar
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import DETAIL, LIST, Embedded, batch, call, computed, entity, link, plain
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.environments.types import EnvironmentVisibility, ProjectEnvironment
from dexter_graphql.graph.issues.arguments import Filter, Range, Sort, issue_list, without_projects
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.issues.lists import IssueConnection
from dexter_graphql.graph.members.types import Member, TeamType
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.projects.keys import ClientKey
from dexter_graphql.graph.projects.settings import ProjectSettings
from dexter_graphql.graph.relay.connections import MAX_FIRST, Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options, repeated_parameter, search_parameter
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.releases.arguments import EnvironmentNames, ReleaseSearch
from dexter_graphql.graph.stats.types import ProjectUsage, UsageRange, usage_range
from dexter_graphql.loaders.alerts import project_alert_pages
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.events import EventList, project_event_pages
from dexter_graphql.loaders.issue_lists import project_issue_pages
from dexter_graphql.loaders.monitors import project_monitor_pages
from dexter_graphql.loaders.projects import (
    ProjectKey,
    named_environments,
    project_environments,
    project_keys,
    project_members,
    project_settings,
    projects_by_id,
    whole_projects,
)
from dexter_graphql.loaders.releases import project_release_pages, releases_by_version
from dexter_graphql.loaders.stats import project_usage
from dexter_graphql.loaders.teams import teams_by_id
from dexter_graphql.sentry.catalogue import projects as catalogue

if TYPE_CHECKING:
    from dexter_graphql.graph.alerts.monitors import Monitor
    from dexter_graphql.graph.alerts.types import Alert
    from dexter_graphql.graph.events.types import Event
    from dexter_graphql.graph.releases.types import Release

EventType = Annotated["Event", strawberry.lazy("dexter_graphql.graph.events.types")]
AlertType = Annotated["Alert", strawberry.lazy("dexter_graphql.graph.alerts.types")]
MonitorType = Annotated["Monitor", strawberry.lazy("dexter_graphql.graph.alerts.monitors")]
ReleaseType = Annotated["Release", strawberry.lazy("dexter_graphql.graph.releases.types")]
TEAM = Embedded(
    "Team",
    members=("id", "slug", "name"),
    load=teams_by_id,
)
"""A team as projects embed it."""


project_key = EntityKey(ProjectKey)


@entity(key=project_key, load=projects_by_id, hydrate=whole_projects)
class Project(Node):
    """An application or service whose events Sentry receives."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    slug: str = plain(description="Short name in addresses; may change, the id never does.")
    name: str = plain(description="Name for people.")
    platform: str | None = plain(description="Main platform, for example `python-django`.")
    platforms: list[str] | None = plain(description="Platforms of the events that it received.")
    date_created: datetime | None = plain("dateCreated", description="When the project was made.")
    first_event_at: datetime | None = plain("firstEvent", description="When its first event arrived; null before that.")
    features: list[str] | None = plain(description="Features that are switched on, in Sentry's words.")
    access: list[str] | None = plain(description="Scopes that the token has in the project.")
    has_access: bool | None = plain("hasAccess", description="True when the token may see its events.")
    is_bookmarked: bool | None = plain(
        "isBookmarked", description="True when the token's own user has bookmarked it.", is_personal=True
    )
    is_member: bool | None = plain(
        "isMember", description="True when the token's own user is in one of its teams.", is_personal=True
    )
    has_transactions: bool | None = plain(
        "firstTransactionEvent", description="True when it has ever received a transaction."
    )
    has_sessions: bool | None = plain("hasSessions", description="True when it has release health.")
    has_monitors: bool | None = plain("hasMonitors", description="True when cron jobs have checked in.")
    has_replays: bool | None = plain("hasReplays", description="True when it has received replays.")
    has_profiles: bool | None = plain("hasProfiles", description="True when it has received profiles.")
    has_feedback: bool | None = plain("hasNewFeedbacks", description="True when users have sent feedback.")
    has_logs: bool | None = plain("hasLogs", description="True when it has received logs.")
    has_flags: bool | None = plain("hasFlags", description="True when its events tell feature flags.")
    has_minified_stack_traces: bool | None = plain(
        "hasMinifiedStackTrace", description="True when it has received stack traces without source maps."
    )
    status: str | None = plain(
        representations=(DETAIL,), description="`active`, or what is happening to it. One call for each project."
    )
    is_internal: bool | None = plain(
        "isInternal", representations=(DETAIL,), description="True for Sentry's own project. One call for each project."
    )
    is_public: bool | None = plain(
        "isPublic", representations=(DETAIL,), description="True when anybody may see it. One call for each project."
    )
    color: str | None = plain(
        representations=(DETAIL,), description="Colour of its badge, for example `#3f70bf`. One call for each project."
    )
    avatar: Avatar | None = plain(representations=(DETAIL,), description="Its picture. One call for each project.")

    teams: list[TeamType | None] | None = link("teams", TEAM, description="Teams that look after it.")
    latest_release: ReleaseType | None = link(
        "latestRelease",
        Embedded(
            "Release",
            members=("version",),
            load=releases_by_version,
        ),
        description="Newest release; null when it has none.",
    )
    organization: OrganizationType = organization_field()
    members: list[Member | None] | None = batch(
        project_members, description="Members of its teams. One call for each project."
    )
    keys: list[ClientKey | None] | None = batch(
        project_keys, description="Keys to send events with. One call for each project."
    )
    settings: ProjectSettings | None = batch(
        project_settings, description="How it is set up. One call for each project."
    )

    # Lists of projects embed the names of visible environments; whether those suffice depends on what is selected.
    @call(
        uses=(catalogue.ENVIRONMENTS,),
        reads={"environments": list[str] | None, "id": int | str},
        target="ProjectEnvironment",
    )
    async def environments(
        row: Any,
        load_context: LoadContext,
        *,
        visibility: Annotated[
            EnvironmentVisibility, strawberry.argument(description="Which of them.")
        ] = EnvironmentVisibility.VISIBLE,
    ) -> list[ProjectEnvironment | None] | None:
        """Environments that its events come from. Costs no call while only names of visible ones are selected."""
        key, names = project_key(row), row.environments
        is_told = visibility is EnvironmentVisibility.VISIBLE and load_context.reads(LIST) <= {"name", "isHidden"}
        if is_told and isinstance(names, list):
            return named_environments(key, names, load_context)
        return await load_context.load(project_environments, key, visibility.value)

    @batch(project_release_pages)
    @paged
    def releases(
        *,
        query: ReleaseSearch = None,
        environments: EnvironmentNames = None,
        wanted: PageArguments,
    ) -> Connection[ReleaseType] | None:
        """Its releases, newest first. One call for each project."""
        narrowed = (*search_parameter(query), *repeated_parameter("environment", environments, "environments"))
        return list_options(wanted, narrowed)

    @batch(project_issue_pages)
    @paged
    def issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.LAST_SEEN,
        wanted: PageArguments,
    ) -> IssueConnection | None:
        """Its issues. One call for each project."""
        return issue_list(without_projects(filter), range, sort, wanted)

    @batch(project_event_pages)
    @paged
    def events(
        *,
        range: Annotated[
            TimeRangeInput | None, strawberry.argument(description="Only this stretch; the last 90 days when left out.")
        ] = None,
        wanted: PageArguments,
    ) -> Connection[EventType] | None:
        """Its error events, newest first. One call for each project."""
        return EventList((), None if range is None else time_range_of(range), wanted.first, wanted.after, MAX_FIRST)

    @batch(project_alert_pages)
    @paged
    def alerts(*, wanted: PageArguments) -> Connection[AlertType] | None:
        """Its alerts, in order of their ids. Two calls for all projects of a list; with old rules, one for each."""
        return list_options(wanted)

    @batch(project_monitor_pages)
    @paged
    def monitors(*, wanted: PageArguments) -> Connection[MonitorType] | None:
        """Its monitors, in order of their ids. One call for all projects of a list."""
        return list_options(wanted)

    @batch(project_usage)
    def usage(*, range: UsageRange = None) -> list[ProjectUsage] | None:
        """What it sent, by category and outcome. One call for all projects of an organization."""
        return usage_range(range)

    @computed(slug=str)
    def web_url(row: Any) -> str | None:
        """Address of the project's page in Sentry; null when Sentry does not say where its pages are."""
        return organization_page_url(row.parents.organization, "projects", row.slug)
