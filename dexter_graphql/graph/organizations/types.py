"""Organizations."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.alerts.organization_fields import AlertFields
from dexter_graphql.graph.common.avatars import Avatar
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.crons.arguments import CronSlug, Owners, owner_parameters
from dexter_graphql.graph.declarations.fields import DETAIL, LIST, batch, call, computed, entity, first_of, plain
from dexter_graphql.graph.environments.types import Environment, EnvironmentVisibility, Visibility
from dexter_graphql.graph.explore.attribute_fields import AttributeFields
from dexter_graphql.graph.explore.conversation_fields import ConversationFields
from dexter_graphql.graph.explore.organization_fields import ExploreFields
from dexter_graphql.graph.flags.arguments import FlagRange, Flags, Providers, SortOrder, flag_change_options
from dexter_graphql.graph.flags.types import FlagChange, FlagChangeSort
from dexter_graphql.graph.integrations.types import AppInstallation, Integration
from dexter_graphql.graph.issue_views.organization_fields import IssueViewFields
from dexter_graphql.graph.issues.arguments import Filter, Range, Sort, issue_list
from dexter_graphql.graph.issues.connections import IssueConnection
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.issues.references import checked_short_id
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.members.connections import MemberConnection
from dexter_graphql.graph.members.types import Member
from dexter_graphql.graph.monitors.cron import CronMonitor
from dexter_graphql.graph.organizations.organization_field import organization_parents
from dexter_graphql.graph.projects.connections import ProjectConnection
from dexter_graphql.graph.projects.types import Project
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.list_options import (
    Environments,
    NameContains,
    Projects,
    environment_parameters,
    list_options,
    project_parameters,
    search_parameter,
)
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.relay.references import check_not_global
from dexter_graphql.graph.releases.arguments import VersionContains, release_parameters
from dexter_graphql.graph.releases.thresholds import Releases, ReleaseThreshold, release_filter, threshold_options
from dexter_graphql.graph.releases.types import Release
from dexter_graphql.graph.repositories.types import Repository
from dexter_graphql.graph.stats.arguments import UsageRange
from dexter_graphql.graph.stats.organization_fields import UsageFields
from dexter_graphql.graph.teams.connections import TeamConnection
from dexter_graphql.graph.teams.types import Team
from dexter_graphql.graph.tickets.types import AppComponent
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.crons import CronKey, cron_monitor, cron_monitor_pages
from dexter_graphql.loaders.environments import EnvironmentOptions, organization_environment_pages
from dexter_graphql.loaders.flags import flag_change_pages
from dexter_graphql.loaders.integrations import installation_pages, integration_pages
from dexter_graphql.loaders.issues.details import organization_issue
from dexter_graphql.loaders.issues.lists import issue_pages
from dexter_graphql.loaders.members import MemberKey, member_details, member_pages
from dexter_graphql.loaders.organizations import organization_details
from dexter_graphql.loaders.projects import ProjectName, project_pages, projects_by_name
from dexter_graphql.loaders.release_thresholds import release_thresholds
from dexter_graphql.loaders.releases import ReleaseKey, release_pages, releases_by_version
from dexter_graphql.loaders.repositories import repository_pages
from dexter_graphql.loaders.teams import TeamName, team_details, team_pages
from dexter_graphql.loaders.tickets import app_component_pages
from dexter_graphql.sentry.parents import OrganizationRef

REFERENCE = "reference"
FULL = (LIST, DETAIL)


@entity(key=OrganizationRef, load=organization_details, representations=(REFERENCE, *FULL))
class Organization(AlertFields, AttributeFields, ConversationFields, ExploreFields, IssueViewFields, UsageFields, Node):
    """Organization in Sentry, with its projects, teams and members."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    slug: str = plain(description="Slug in URLs. It can change; the ID cannot.")
    name: str | None = plain(representations=FULL, description="Display name of the organization.")
    created_at: datetime | None = plain(
        "dateCreated", representations=FULL, description="Time when the organization was created."
    )
    avatar: Avatar | None = plain(representations=FULL, description="Avatar of the organization.")
    features: list[str] | None = plain(representations=(DETAIL,), description="Enabled features, as named by Sentry.")
    access: list[str] | None = plain(
        representations=(DETAIL,), description="Scopes that the token has in the organization."
    )
    is_early_adopter: bool | None = plain(
        "isEarlyAdopter",
        representations=FULL,
        description="True when the organization has early access to new features.",
    )
    requires_two_factor: bool | None = plain(
        "require2FA", representations=FULL, description="True when members must use two-factor authentication."
    )
    has_auth_provider: bool | None = plain(
        "hasAuthProvider", representations=FULL, description="True when the organization uses SSO."
    )
    allows_member_invite: bool | None = plain(
        "allowMemberInvite", representations=FULL, description="True when members may invite others."
    )
    allows_member_project_creation: bool | None = plain(
        "allowMemberProjectCreation", representations=FULL, description="True when members may create projects."
    )

    status: ObjectStatus | None = first_of("status.id", representations=FULL, description="Status of the organization.")
    status_raw: str | None = first_of(
        "status.id", representations=FULL, description="Value of `status`, as sent by Sentry."
    )

    @computed()
    def web_url(row: Any) -> str | None:
        """URL of the organization's issues in Sentry; null when the web address of the organization is unknown."""
        return organization_page_url(row.parents.organization, "issues")

    @batch(organization_issue)
    def issue(
        *,
        short_id: Annotated[str, strawberry.argument(description="Short ID of the issue, for example `WEB-9`.")],
    ) -> IssueType | None:
        """Issue by short ID; null when it does not exist."""
        return checked_short_id(short_id, "shortId")

    @batch(issue_pages, key=organization_parents, reads={})
    @paged
    def issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.LAST_SEEN,
        page: PageArguments,
    ) -> IssueConnection | None:
        """Issues of all projects of the organization."""
        return issue_list(filter, range, sort, page)

    @batch(project_pages, key=organization_parents, reads={})
    @paged
    def projects(*, name_contains: NameContains = None, page: PageArguments) -> ProjectConnection | None:
        """Projects that are visible to the token."""
        return list_options(page, search_parameter(name_contains))

    @call(uses=projects_by_name.uses)
    async def project(
        row: Any,
        load_context: LoadContext,
        *,
        slug: Annotated[str, strawberry.argument(description="Current or former slug, or numeric ID, of the project.")],
    ) -> Project | None:
        """Project by slug or numeric ID; null when it does not exist."""
        check_not_global(slug, ("slug",))
        return await load_context.load(projects_by_name, ProjectName(row.parents.organization, slug))

    @batch(team_pages, key=organization_parents, reads={})
    @paged
    def teams(*, name_contains: NameContains = None, page: PageArguments) -> TeamConnection | None:
        """Teams of the organization."""
        return list_options(page, search_parameter(name_contains))

    @call(uses=team_details.uses)
    async def team(
        row: Any,
        load_context: LoadContext,
        *,
        slug: Annotated[str, strawberry.argument(description="Slug or numeric ID of the team.")],
    ) -> Team | None:
        """Team by slug or numeric ID; null when it does not exist."""
        check_not_global(slug, ("slug",))
        return await load_context.load(team_details, TeamName(row.parents.organization, slug))

    @batch(member_pages, key=organization_parents, reads={})
    @paged
    def members(
        *,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="Filter in Sentry's search syntax: part of a name or email address, or a term with"
                " `email:`, `role:` or `isInvited:`."
            ),
        ] = None,
        page: PageArguments,
    ) -> MemberConnection | None:
        """Members and pending invitations."""
        return list_options(page, search_parameter(search))

    @call(uses=member_details.uses)
    async def member(
        row: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global ID of the member.")],
    ) -> Member | None:
        """Member by global ID; null when it does not exist. Your own is below `Viewer.user`."""
        organization = row.parents.organization
        with within("id"):
            home, number = key_from_id(id, "Member", 2)
        if home != organization.id:
            return None
        return await load_context.load(member_details, MemberKey(organization, number))

    @batch(organization_environment_pages, key=organization_parents, reads={})
    @paged
    def environments(
        *, visibility: Visibility = EnvironmentVisibility.VISIBLE, page: PageArguments
    ) -> Connection[Environment] | None:
        """Environments of the organization's events."""
        return EnvironmentOptions(list_options(page), visibility.value)

    @batch(flag_change_pages, key=organization_parents, reads={})
    @paged
    def flag_changes(
        *,
        flags: Flags = None,
        providers: Providers = None,
        range: FlagRange = None,
        sort: SortOrder = FlagChangeSort.NEWEST,
        page: PageArguments,
    ) -> Connection[FlagChange] | None:
        """Changes of feature flags that their providers reported."""
        return flag_change_options(flags, providers, range, sort, page)

    @batch(release_pages, key=organization_parents, reads={})
    @paged
    def releases(
        *,
        version_contains: VersionContains = None,
        projects: Projects = None,
        environments: Environments = None,
        page: PageArguments,
    ) -> Connection[Release] | None:
        """Releases of the organization, newest first."""
        return list_options(page, (*release_parameters(version_contains, environments), *project_parameters(projects)))

    @batch(release_thresholds, key=organization_parents, reads={})
    def release_thresholds(
        *,
        range: UsageRange = None,
        projects: Projects = None,
        environments: Environments = None,
        releases: Releases = None,
    ) -> list[ReleaseThreshold] | None:
        """Thresholds of releases in a time range, and whether the releases are healthy by them. One call."""
        return threshold_options(range, (*project_parameters(projects), *release_filter(environments, releases)))

    @call(uses=releases_by_version.uses)
    async def release(
        row: Any,
        load_context: LoadContext,
        *,
        version: Annotated[str, strawberry.argument(description="Complete version, for example `shop@1.4.0`.")],
    ) -> Release | None:
        """Release by version; null when it does not exist."""
        check_not_global(version, ("version",))
        return await load_context.load(releases_by_version, ReleaseKey(row.parents.organization, version))

    @batch(cron_monitor_pages)
    @paged
    def cron_monitors(
        *,
        projects: Projects = None,
        environments: Environments = None,
        owners: Owners = None,
        page: PageArguments,
    ) -> Connection[CronMonitor] | None:
        """Monitors of scheduled jobs, also on servers that have only alert rules. Two calls."""
        parameters = (*project_parameters(projects), *environment_parameters(environments), *owner_parameters(owners))
        return list_options(page, parameters)

    @call(uses=cron_monitor.uses)
    async def cron_monitor(row: Any, load_context: LoadContext, *, slug: CronSlug) -> CronMonitor | None:
        """Monitor of the job with this slug; null when there is none. Two calls."""
        return await load_context.load(cron_monitor, CronKey(row.parents.organization, slug))

    @batch(integration_pages, key=organization_parents, reads={})
    @paged
    def integrations(
        *,
        provider: Annotated[
            str | None,
            strawberry.argument(description="Key of a provider, for example `github`. Default: all providers."),
        ] = None,
        page: PageArguments,
    ) -> Connection[Integration] | None:
        """Integrations of the organization."""
        return list_options(page, (("providerKey", provider),) if provider else ())

    @batch(installation_pages, key=organization_parents, reads={})
    @paged
    def app_installations(*, page: PageArguments) -> Connection[AppInstallation] | None:
        """Installed apps that are built on Sentry's integration platform."""
        return list_options(page)

    @batch(app_component_pages, key=organization_parents, reads={})
    @paged
    def app_components(*, page: PageArguments) -> Connection[AppComponent] | None:
        """Forms with which installed apps link issues to tickets. Slow, as Sentry asks the apps."""
        return list_options(page)

    @batch(repository_pages, key=organization_parents, reads={})
    @paged
    def repositories(*, name_contains: NameContains = None, page: PageArguments) -> Connection[Repository] | None:
        """Source repositories of the organization."""
        return list_options(page, search_parameter(name_contains))
