"""Releases."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.commits.types import Commit, CommitConnection, CommitFile
from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import Embedded, batch, computed, entity, link, plain
from dexter_graphql.graph.issues.arguments import Filter, Range, Sort, issue_list
from dexter_graphql.graph.issues.connections import IssueConnection
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.lazy_types import OrganizationType, ReleaseType
from dexter_graphql.graph.members.actors import Assignee
from dexter_graphql.graph.members.author import Author
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.projects.connections import ProjectConnection
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged, slice_of
from dexter_graphql.graph.relay.list_options import Environments, environment_parameters, list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.relay.references import LATEST, ReleaseReference, release_of
from dexter_graphql.graph.releases.adoption import ReleaseAdoption
from dexter_graphql.graph.releases.comparison import DATED_RELEASE, ReleaseComparison, dated_release_key
from dexter_graphql.graph.releases.details import Deploy, VersionInfo, shorten_version
from dexter_graphql.graph.releases.files import Checksums, FileNames, ReleaseFile, file_list
from dexter_graphql.graph.releases.health import ReleaseHealth
from dexter_graphql.graph.releases.thresholds import ReleaseThreshold, threshold_options
from dexter_graphql.graph.stats.arguments import UsageRange, usage_range
from dexter_graphql.loaders.issues.lists import new_issue_pages, release_issue_pages
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.previous_releases import previous_releases
from dexter_graphql.loaders.projects import projects_by_id
from dexter_graphql.loaders.release_adoption import release_adoption
from dexter_graphql.loaders.release_comparison import release_comparison
from dexter_graphql.loaders.release_files import release_file_pages
from dexter_graphql.loaders.release_health import HealthOptions, release_health
from dexter_graphql.loaders.release_thresholds import thresholds_by_release
from dexter_graphql.loaders.releases import (
    ReleaseKey,
    release_commit_file_pages,
    release_commit_pages,
    release_deploy_pages,
    releases_by_version,
)

VERSION = {"version": str}
"""Member that most fields of a release read."""


@strawberry.enum(description="Status of a release.")
class ReleaseStatus(Enum):
    """`status` on the wire."""

    OPEN = wire_value("open", "The release is active.")
    ARCHIVED = wire_value("archived", "The release is archived and not included in lists.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@entity(key=ReleaseKey, load=releases_by_version)
class Release(Node):
    """Release: a version of an application."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    version: str = plain(
        description="Complete version, for example `shop@1.4.0`. It is unique within the organization."
    )
    version_info: VersionInfo | None = plain("versionInfo", description="Components of the version.")
    status: ReleaseStatus | None = plain(description="Status of the release.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    ref: str | None = plain(description="Branch, tag or commit from which the release was built.")
    url: str | None = plain(description="URL with details about the release.")
    created_at: datetime | None = plain("dateCreated", description="Time when the release was created in Sentry.")
    started_at: datetime | None = plain("dateStarted", description="Time when work on the release started.")
    released_at: datetime | None = plain(
        "dateReleased", description="Time when the release was published; null when it has not been."
    )
    first_event_at: datetime | None = plain("firstEvent", description="Time of the first event of the release.")
    last_event_at: datetime | None = plain("lastEvent", description="Time of the newest event of the release.")
    commit_count: int | None = plain("commitCount", description="Number of commits in the release.")
    deploy_count: int | None = plain("deployCount", description="Number of deploys of the release.")
    new_issue_count: BigInt | None = plain(
        "newGroups", description="Number of issues that were first seen in the release."
    )
    user_agent: str | None = plain("userAgent", description="User agent of the client that created the release.")
    authors: list[Author] | None = plain(description="Authors of the commits in the release.")
    last_commit: Commit | None = plain("lastCommit", description="Newest commit of the release.")
    last_deploy: Deploy | None = plain("lastDeploy", description="Newest deploy of the release.")
    owner: Assignee | None = link(
        "owner",
        Embedded(
            "User",
            members=("id", "name", "email", "username", "avatarUrl"),
            key=lambda row: UserKey(row.parents.organization, str(row.id)),
            load=users_by_id,
        ),
        description="Owner of the release, always a user; null when it has none.",
    )
    organization: OrganizationType = organization_field()

    @link(
        "projects",
        Embedded("Project", members=("id", "slug", "name", "platform", "platforms"), load=projects_by_id),
        edge_reads={"newGroups": int | None, "hasHealthData": bool | None},
    )
    @paged
    def projects(records: list[Any], *, page: PageArguments) -> ProjectConnection | None:
        """Projects of the release, with its figures in each of them on the edges."""
        return slice_of(records, page)

    @batch(release_deploy_pages)
    @paged
    def deploys(*, page: PageArguments) -> Connection[Deploy] | None:
        """Deploys of the release, newest first. One call per release."""
        return list_options(page)

    @batch(release_commit_file_pages)
    @paged
    def commit_files(*, page: PageArguments) -> Connection[CommitFile] | None:
        """Files changed by the commits of the release. One call per release."""
        return list_options(page)

    @batch(release_file_pages)
    @paged
    def files(
        *, names: FileNames = None, checksums: Checksums = None, page: PageArguments
    ) -> Connection[ReleaseFile] | None:
        """Files of the release. One call per release."""
        return file_list(names, checksums, page)

    @batch(release_commit_pages)
    @paged
    def commits(*, page: PageArguments) -> CommitConnection | None:
        """Commits of the release, newest first. One call per release."""
        return list_options(page)

    @batch(new_issue_pages, cheaper="select `newIssueCount`, which costs no call")
    @paged
    def new_issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.NEW,
        page: PageArguments,
    ) -> IssueConnection | None:
        """Issues that were first seen in the release. One call per release."""
        return issue_list(filter, range, sort, page)

    @batch(release_issue_pages)
    @paged
    def issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.LAST_SEEN,
        page: PageArguments,
    ) -> IssueConnection | None:
        """Issues that were seen in the release. One call per release."""
        return issue_list(filter, range, sort, page)

    adoption_stages: list[ReleaseAdoption] | None = batch(
        release_adoption,
        description="Adoption of the release in each of its projects; null when Sentry does not know it. One call per"
        " release.",
    )

    @batch(thresholds_by_release)
    def thresholds(*, range: UsageRange = None, environments: Environments = None) -> list[ReleaseThreshold] | None:
        """Thresholds of the release in a time range, and whether it is healthy by them.

        One call for up to 100 releases of a list.
        """
        return threshold_options(range, environment_parameters(environments))

    @batch(release_health)
    def health(*, range: UsageRange = None, environments: Environments = None) -> ReleaseHealth | None:
        """Health of the release. One call for up to 100 releases of a list."""
        return HealthOptions(environment_parameters(environments), usage_range(range))

    previous_release: ReleaseType | None = batch(
        previous_releases,
        key=dated_release_key,
        reads=DATED_RELEASE,
        description="Newest older release of the same projects that is not archived; null when there is none. One call"
        " for all releases of the same projects.",
    )

    @batch(release_comparison, key=dated_release_key, reads=DATED_RELEASE)
    def compare(
        *,
        with_: Annotated[
            ReleaseReference | None,
            strawberry.argument(
                name="with",
                description="Older release of the same projects, at most 10 before. Default: the previous one.",
            ),
        ] = None,
    ) -> ReleaseComparison | None:
        """What changed since an older release. One call, and those of the selected fields."""
        base = None if with_ is None else release_of(with_, "with")
        if base == LATEST:
            raise BadUserInput("'with' must name an older release", ("with", "latest"))
        return base

    @computed(VERSION)
    def short_version(row: Any) -> str | None:
        """Version without its package name; of a commit hash the first 12 digits."""
        # Sentry shortens it in issues alone.
        return shorten_version(row.version)

    @computed(VERSION)
    def web_url(row: Any) -> str | None:
        """URL of the release in Sentry; null when the web address of the organization is unknown."""
        return organization_page_url(row.parents.organization, "releases", row.version)
