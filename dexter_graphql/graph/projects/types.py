"""Projects."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.client_keys.types import ClientKey
from dexter_graphql.graph.common.avatars import Avatar
from dexter_graphql.graph.common.series import TimeSeries
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.crons.arguments import CronSlug
from dexter_graphql.graph.declarations.fields import DETAIL, LIST, Embedded, batch, call, computed, entity, link, plain
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.environments.types import Environment, EnvironmentVisibility, ProjectEnvironment, Visibility
from dexter_graphql.graph.events.source_links import Commit, File, Line, SourceLink, location_of
from dexter_graphql.graph.issues.arguments import (
    Filter,
    Hashes,
    Range,
    Sort,
    checked_hashes,
    issue_list,
    without_projects,
)
from dexter_graphql.graph.issues.connections import IssueConnection
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.lazy_types import (
    AlertType,
    CronMonitorType,
    EventType,
    IssueType,
    MonitorType,
    OrganizationType,
    ReleaseType,
)
from dexter_graphql.graph.members.connections import MemberConnection
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.projects.settings import ProjectSettings
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged, slice_of
from dexter_graphql.graph.relay.list_options import Environments, list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.releases.arguments import VersionContains, release_parameters
from dexter_graphql.graph.releases.setup import ReleaseSetup
from dexter_graphql.graph.stats.arguments import UsageRange, event_series_options, usage_range
from dexter_graphql.graph.stats.enums import EventStat
from dexter_graphql.graph.stats.types import Usage
from dexter_graphql.graph.teams.connections import TeamConnection
from dexter_graphql.loaders.alerts import project_alert_pages
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.crons import CronKey, cron_monitor
from dexter_graphql.loaders.environments import project_environment
from dexter_graphql.loaders.events import project_event_pages
from dexter_graphql.loaders.issues.project_lists import issues_by_hash, project_issue_pages
from dexter_graphql.loaders.monitors import project_monitor_pages
from dexter_graphql.loaders.projects import (
    ProjectKey,
    complete_projects,
    named_environments,
    project_environments,
    project_key_pages,
    project_member_pages,
    project_settings,
    projects_by_id,
)
from dexter_graphql.loaders.releases import project_release_pages, release_setup, releases_by_version
from dexter_graphql.loaders.source_links import project_source_links
from dexter_graphql.loaders.stats import project_event_series, project_usage
from dexter_graphql.loaders.teams import teams_by_id
from dexter_graphql.sentry.catalogue import projects as catalogue

TEAM = Embedded(
    "Team",
    members=("id", "slug", "name"),
    load=teams_by_id,
)
"""A team as embedded in projects."""


project_key = EntityKey(ProjectKey)


@entity(key=project_key, load=projects_by_id, hydrate=complete_projects)
class Project(Node):
    """Project: an application or service that sends events to Sentry."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    slug: str = plain(description="Slug in URLs. It can change; the ID cannot.")
    name: str | None = plain(description="Display name of the project.")
    platform: str | None = plain(description="Main platform, for example `python-django`.")
    platforms: list[str] | None = plain(description="Platforms of the received events.")
    created_at: datetime | None = plain("dateCreated", description="Time when the project was created.")
    first_event_at: datetime | None = plain(
        "firstEvent", description="Time when the first event was received; null when there is none."
    )
    features: list[str] | None = plain(description="Enabled features, as named by Sentry.")
    access: list[str] | None = plain(description="Scopes that the token has in the project.")
    has_access: bool | None = plain(
        "hasAccess", description="True when the token has access to the events of the project."
    )
    is_bookmarked: bool | None = plain(
        "isBookmarked", description="True when the user of the token has bookmarked the project.", is_personal=True
    )
    is_member: bool | None = plain(
        "isMember", description="True when the user of the token is in a team of the project.", is_personal=True
    )
    has_transactions: bool | None = plain(
        "firstTransactionEvent", description="True when the project has received transactions."
    )
    has_sessions: bool | None = plain("hasSessions", description="True when the project has release health data.")
    has_monitors: bool | None = plain("hasMonitors", description="True when the project has received cron check-ins.")
    has_replays: bool | None = plain("hasReplays", description="True when the project has received replays.")
    has_profiles: bool | None = plain("hasProfiles", description="True when the project has received profiles.")
    has_feedback: bool | None = plain(
        "hasNewFeedbacks", description="True when the project has received user feedback."
    )
    has_logs: bool | None = plain("hasLogs", description="True when the project has received logs.")
    has_flags: bool | None = plain("hasFlags", description="True when the project has received feature flag data.")
    has_minified_stack_traces: bool | None = plain(
        "hasMinifiedStackTrace", description="True when the project has received minified stack traces."
    )
    status: ObjectStatus | None = plain(
        representations=(DETAIL,), description="Status of the project. One call per project."
    )
    status_raw: str | None = plain(
        "status",
        representations=(DETAIL,),
        description="Value of `status`, as sent by Sentry. One call per project.",
    )
    is_internal: bool | None = plain(
        "isInternal",
        representations=(DETAIL,),
        description="True for the internal project of a Sentry server. One call per project.",
    )
    is_public: bool | None = plain(
        "isPublic", representations=(DETAIL,), description="True when the project is public. One call per project."
    )
    color: str | None = plain(
        representations=(DETAIL,),
        description="Color of the project's badge, for example `#3f70bf`. One call per project.",
    )
    avatar: Avatar | None = plain(representations=(DETAIL,), description="Avatar of the project. One call per project.")

    latest_release: ReleaseType | None = link(
        "latestRelease",
        Embedded(
            "Release",
            members=("version",),
            load=releases_by_version,
        ),
        description="Newest release of the project; null when it has none.",
    )
    organization: OrganizationType = organization_field()
    settings: ProjectSettings | None = batch(
        project_settings, description="Settings of the project. One call per project."
    )

    release_setup: ReleaseSetup | None = batch(
        release_setup, description="Steps of the setup of releases. One call per project."
    )

    @link("teams", TEAM)
    @paged
    def teams(records: list[Any], *, page: PageArguments) -> TeamConnection | None:
        """Teams of the project."""
        return slice_of(records, page)

    @batch(project_member_pages)
    @paged
    def members(*, page: PageArguments) -> MemberConnection | None:
        """Members of the project's teams. One call per project."""
        return list_options(page)

    @batch(project_key_pages)
    @paged
    def keys(*, page: PageArguments) -> Connection[ClientKey] | None:
        """Client keys of the project. One call per project."""
        return list_options(page)

    # Lists of projects embed the names of visible environments; whether those suffice depends on what is selected.
    @call(
        uses=(catalogue.ENVIRONMENTS,),
        reads={"environments": list[str] | None, "id": int | str},
        target="ProjectEnvironment",
    )
    @paged
    async def environments(
        row: Any,
        load_context: LoadContext,
        *,
        visibility: Visibility = EnvironmentVisibility.VISIBLE,
        page: PageArguments,
    ) -> Connection[Environment] | None:
        """Environments of the project's events. No call when only names of visible environments are selected."""
        key, names = project_key(row), row.environments
        is_told = visibility is EnvironmentVisibility.VISIBLE and load_context.reads(LIST) <= {"name", "isHidden"}
        if is_told and isinstance(names, list):
            return slice_of(named_environments(key, names, load_context), page)
        return slice_of(await load_context.load(project_environments, key, visibility.value), page)

    @batch(project_environment)
    def environment_by_name(
        *,
        name: Annotated[str, strawberry.argument(description="Name of the environment; empty for events without one.")],
    ) -> ProjectEnvironment | None:
        """Environment of the project's events, by name; null when there is none. One call per project."""
        return name

    @call(uses=cron_monitor.uses, reads={"id": int | str})
    async def cron_monitor(row: Any, load_context: LoadContext, *, slug: CronSlug) -> CronMonitorType | None:
        """Monitor of the job with this slug in the project; null when there is none. Two calls."""
        return await load_context.load(cron_monitor, CronKey(row.parents.organization, slug, str(row.id)))

    @batch(project_release_pages, cheaper="select `Organization.releases`, narrowed to projects")
    @paged
    def releases(
        *,
        version_contains: VersionContains = None,
        environments: Environments = None,
        page: PageArguments,
    ) -> Connection[ReleaseType] | None:
        """Releases of the project, newest first. One call per project."""
        return list_options(page, release_parameters(version_contains, environments))

    @batch(project_issue_pages, cheaper="select `Organization.issues` with a filter by project")
    @paged
    def issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.LAST_SEEN,
        page: PageArguments,
    ) -> IssueConnection | None:
        """Issues of the project. One call per project."""
        return issue_list(without_projects(filter), range, sort, page)

    @batch(issues_by_hash)
    def issues_by_hash(*, hashes: Hashes) -> list[IssueType] | None:
        """Issues of the project whose events were grouped by these hashes. Two calls per project."""
        return checked_hashes(hashes)

    @batch(project_source_links)
    def source_link(*, file: File, line: Line = None, commit: Commit = None) -> SourceLink | None:
        """Link to a place in the repository that the project is mapped to. One call per project."""
        return location_of(file, line, commit)

    @batch(project_event_pages)
    @paged
    def events(
        *,
        range: Annotated[
            TimeRangeInput | None,
            strawberry.argument(description="Time range of the events. Default: the last 90 days."),
        ] = None,
        page: PageArguments,
    ) -> Connection[EventType] | None:
        """Error events of the project, newest first. One call per project."""
        return list_options(page, time_range=None if range is None else time_range_of(range))

    @batch(project_alert_pages)
    @paged
    def alerts(*, page: PageArguments) -> Connection[AlertType] | None:
        """Alerts of the project, ordered by ID. Two calls for all projects of a list."""
        return list_options(page)

    @batch(project_monitor_pages)
    @paged
    def monitors(*, page: PageArguments) -> Connection[MonitorType] | None:
        """Monitors of the project, ordered by ID. One call for all projects of a list."""
        return list_options(page)

    @batch(project_usage)
    def usage(*, range: UsageRange = None) -> Usage | None:
        """Usage of the project by category and outcome. One call for up to 100 projects of an organization."""
        return usage_range(range)

    @batch(project_event_series)
    def event_counts(
        *,
        stat: Annotated[EventStat, strawberry.argument(description="Which events are counted.")] = EventStat.RECEIVED,
        range: UsageRange = None,
        interval: Annotated[str, strawberry.argument(description="Length of an interval: `10s`, `1h` or `1d`.")] = "1h",
    ) -> TimeSeries | None:
        """Number of error events per interval. One call per project."""
        return event_series_options(stat, range, interval)

    @computed(slug=str)
    def web_url(row: Any) -> str | None:
        """URL of the project in Sentry; null when the web address of the organization is unknown."""
        return organization_page_url(row.parents.organization, "projects", row.slug)
