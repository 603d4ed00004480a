"""Comparison of a release with an older one."""

from typing import Any

from dexter_graphql.graph.commits.types import CommitConnection
from dexter_graphql.graph.declarations.fields import EMBEDDED, ID, batch, computed, value_type
from dexter_graphql.graph.issues.arguments import Filter, Range, Sort, issue_list
from dexter_graphql.graph.issues.connections import IssueConnection
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.lazy_types import ReleaseType
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import Environments, environment_parameters, list_options
from dexter_graphql.graph.releases.health import ReleaseHealth
from dexter_graphql.graph.stats.arguments import UsageRange, usage_range
from dexter_graphql.loaders.previous_releases import DatedReleaseKey, Instant, time_of
from dexter_graphql.loaders.release_comparison import (
    ComparedHealth,
    Comparison,
    compared_commits,
    compared_health,
    compared_new_issues,
    compared_regressed_issues,
    compared_resolved_issues,
)
from dexter_graphql.loaders.release_health import HealthOptions
from dexter_graphql.loaders.releases import ReleaseKey, release_parents, release_reference
from dexter_graphql.sentry.projection import Field, Projection, only_records

PROJECT_ID = Projection("Project", EMBEDDED, (Field("id", "id", ID),))
"""Project of a release, reduced to its ID."""
DATED_RELEASE = {
    "version": str,
    "dateCreated": Instant | None,
    "dateReleased": Instant | None,
    "projects": Field("projects", "projects", PROJECT_ID, container="nullable_list"),
}
"""Members that `dated_release_key` reads."""


def dated_release_key(row: Any) -> DatedReleaseKey:
    """Key of a release with its projects and its time."""
    ids = sorted(str(project.id) for project in only_records(row.projects or ()))
    return DatedReleaseKey(ReleaseKey(row.parents.organization, row.version), tuple(ids), time_of(row))


def itself(comparison: Comparison) -> Comparison:
    """The comparison as the key of what is compared."""
    return comparison


@value_type
class ReleaseHealthComparison:
    """Health of a release and of the one that it is compared with, in the same time range."""

    @computed()
    def release(compared: ComparedHealth) -> ReleaseHealth:
        """Health of the release."""
        return compared.release

    @computed()
    def base(compared: ComparedHealth) -> ReleaseHealth | None:
        """Health of the older release; null when there is none."""
        return compared.base

    @computed()
    def crash_free_sessions_change(compared: ComparedHealth) -> float | None:
        """Crash-free sessions of the release minus those of the older one, -1 to 1; null unless both have sessions."""
        return compared.change("crash_free_sessions")

    @computed()
    def crash_free_users_change(compared: ComparedHealth) -> float | None:
        """Crash-free users of the release minus those of the older one, -1 to 1; null unless both have sessions."""
        return compared.change("crash_free_users")


@value_type
class ReleaseComparison:
    """What changed since an older release of the same projects. The releases in between are included, 10 at most."""

    @computed()
    def base(comparison: Comparison) -> ReleaseType | None:
        """The older release; null when there is none. Selecting only its version costs no call."""
        return None if comparison.base is None else release_reference(release_parents(comparison.base))

    @batch(compared_commits, key=itself, reads={})
    @paged
    def commits(*, page: PageArguments) -> CommitConnection | None:
        """Commits since the older release, at most 100 of each release. One call for each release in between."""
        return list_options(page)

    @batch(compared_new_issues, key=itself, reads={})
    @paged
    def new_issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.NEW,
        page: PageArguments,
    ) -> IssueConnection | None:
        """Issues that were first seen since the older release. One call."""
        return issue_list(filter, range, sort, page)

    @batch(compared_regressed_issues, key=itself, reads={})
    @paged
    def regressed_issues(
        *,
        filter: Filter = None,
        range: Range = None,
        sort: Sort = IssueSort.LAST_SEEN,
        page: PageArguments,
    ) -> IssueConnection | None:
        """Issues seen since the older release whose substatus is REGRESSED: they had been resolved. One call."""
        return issue_list(filter, range, sort, page)

    @batch(compared_resolved_issues, key=itself, reads={})
    @paged
    def resolved_issues(*, page: PageArguments) -> IssueConnection | None:
        """Issues that were resolved in a release since the older one, at most 100 of each. One call per release."""
        return list_options(page)

    @batch(compared_health, key=itself, reads={})
    def health(*, range: UsageRange = None, environments: Environments = None) -> ReleaseHealthComparison | None:
        """Health of both releases side by side. One call."""
        return HealthOptions(environment_parameters(environments), usage_range(range))
