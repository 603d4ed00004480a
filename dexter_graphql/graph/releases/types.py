"""Releases, as lists, the detail and other nouns give them."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import Embedded, batch, computed, entity, link, plain
from dexter_graphql.graph.issues.arguments import Filter, Range, Sort, issue_list
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.issues.lists import IssueConnection
from dexter_graphql.graph.members.types import User
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options, repeated_parameter
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.releases.arguments import EnvironmentNames
from dexter_graphql.graph.releases.health import ReleaseHealth
from dexter_graphql.graph.releases.parts import Commit, CommitAuthor, CommitFile, Deploy, ReleaseProject, VersionInfo
from dexter_graphql.graph.stats.types import UsageRange, usage_range
from dexter_graphql.loaders.health import HealthOptions, release_health
from dexter_graphql.loaders.issue_lists import new_issue_pages, release_issue_pages
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.releases import (
    ReleaseKey,
    release_commit_files,
    release_commit_pages,
    release_deploys,
    releases_by_version,
)

VERSION = {"version": str}
"""What most fields of a release read."""


@strawberry.enum(description="Where a release stands.")
class ReleaseStatus(Enum):
    """`status` on the wire."""

    OPEN = wire_value("open", "In use.")
    ARCHIVED = wire_value("archived", "Set aside; lists leave it out.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@entity(key=ReleaseKey, load=releases_by_version)
class Release(Node):
    """A version of a program that events come from."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    version: str = plain(description="The whole version, for example `shop@1.4.0`; unique in its organization.")
    short_version: str | None = plain("shortVersion", description="The version without its package.")
    version_info: VersionInfo | None = plain("versionInfo", description="The parts of the version.")
    status: ReleaseStatus | None = plain(description="Where it stands.")
    status_raw: str | None = plain("status", description="`status` in Sentry's own word.")
    ref: str | None = plain(description="Branch, tag or commit that it was made from.")
    url: str | None = plain(description="Address that tells more about it.")
    date_created: datetime | None = plain("dateCreated", description="When Sentry first heard of it.")
    date_started: datetime | None = plain("dateStarted", description="When work on it began.")
    date_released: datetime | None = plain("dateReleased", description="When it went out; null before that.")
    first_event_at: datetime | None = plain("firstEvent", description="When its first event arrived.")
    last_event_at: datetime | None = plain("lastEvent", description="When its newest event arrived.")
    commit_count: int | None = plain("commitCount", description="Number of commits.")
    deploy_count: int | None = plain("deployCount", description="Number of deploys.")
    new_issue_count: BigInt | None = plain("newGroups", description="Number of issues first seen in it.")
    user_agent: str | None = plain("userAgent", description="Program that told Sentry of it.")
    authors: list[CommitAuthor] | None = plain(description="Who wrote its commits.")
    last_commit: Commit | None = plain("lastCommit", description="Newest commit.")
    last_deploy: Deploy | None = plain("lastDeploy", description="Newest deploy.")
    projects: list[ReleaseProject] | None = plain(description="Projects that it is a release of.")
    owner: User | None = link(
        "owner",
        Embedded(
            "User",
            members=("id", "name", "email", "username", "avatarUrl"),
            key=lambda row: UserKey(row.parents.organization, str(row.id)),
            load=users_by_id,
        ),
        description="Who looks after it.",
    )
    organization: OrganizationType = organization_field()
    deploys: list[Deploy | None] | None = batch(release_deploys, description="Its deploys. One call for each release.")
    commit_files: list[CommitFile | None] | None = batch(
        release_commit_files,
        description="Files that its commits changed, at most a thousand. One call for each release.",
    )

    @batch(release_commit_pages)
    @paged
    def commits(*, wanted: PageArguments) -> Connection[Commit] | None:
        """Its commits, newest first. One call for each release."""
        return list_options(wanted)

    @batch(new_issue_pages)
    @paged
    def new_issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.NEW,
        wanted: PageArguments,
    ) -> IssueConnection | None:
        """Issues first seen in it. One call for each release."""
        return issue_list(filter, range, sort, wanted)

    @batch(release_issue_pages)
    @paged
    def issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.LAST_SEEN,
        wanted: PageArguments,
    ) -> IssueConnection | None:
        """Issues seen in it. One call for each release."""
        return issue_list(filter, range, sort, wanted)

    @batch(release_health)
    def health(*, range: UsageRange = None, environments: EnvironmentNames = None) -> ReleaseHealth | None:
        """How well it runs. One call for up to a hundred releases of a list."""
        return HealthOptions(repeated_parameter("environment", environments, "environments"), usage_range(range))

    @computed(VERSION)
    def web_url(row: Any) -> str | None:
        """Address of the release's page in Sentry; null when Sentry does not say where its pages are."""
        return organization_page_url(row.parents.organization, "releases", row.version)
