"""Release health."""

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.release_health import Health, ProjectHealth, fraction


@value_type
class ReleaseProjectHealth:
    """Health of a release in one project. Rates are fractions from 0 to 1 and null when there are no sessions."""

    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, row.project),
        reads={},
        description="Project of these figures.",
    )

    @computed()
    def sessions(row: ProjectHealth) -> BigInt:
        """Number of sessions."""
        return BigInt(row.sessions)

    @computed()
    def users(row: ProjectHealth) -> BigInt:
        """Number of distinct users."""
        return BigInt(row.users)

    @computed()
    def crash_free_sessions(row: ProjectHealth) -> float | None:
        """Fraction of sessions without a crash, 0 to 1."""
        return row.crash_free_sessions

    @computed()
    def crash_free_users(row: ProjectHealth) -> float | None:
        """Fraction of users without a crash, 0 to 1."""
        return row.crash_free_users

    @computed()
    def adoption(row: ProjectHealth) -> float | None:
        """Fraction of the project's sessions with this release, 0 to 1."""
        return fraction(row.sessions, [row.all_sessions])


@value_type
class ReleaseHealth:
    """Health of a release in all its projects. Rates are fractions from 0 to 1 and null when there are no sessions."""

    @computed()
    def sessions(row: Health) -> BigInt:
        """Number of sessions."""
        return BigInt(row.sessions)

    @computed()
    def users(row: Health) -> BigInt:
        """Number of users. A user of several projects is counted once per project."""
        return BigInt(row.users)

    @computed()
    def crash_free_sessions(row: Health) -> float | None:
        """Fraction of sessions without a crash, 0 to 1."""
        return row.crash_free_sessions

    @computed()
    def crash_free_users(row: Health) -> float | None:
        """Fraction of users without a crash, 0 to 1."""
        return row.crash_free_users

    @computed()
    def crash_rate_sessions(row: Health) -> float | None:
        """Fraction of sessions with a crash, 0 to 1."""
        return None if row.crash_free_sessions is None else 1 - row.crash_free_sessions

    @computed()
    def crash_rate_users(row: Health) -> float | None:
        """Fraction of users with a crash, 0 to 1."""
        return None if row.crash_free_users is None else 1 - row.crash_free_users

    @computed()
    def adoption(row: Health) -> float | None:
        """Fraction of the sessions of its projects with this release, 0 to 1; null when there are no sessions."""
        return row.adoption

    @computed()
    def range(row: Health) -> UsedRange:
        """Time range of the figures, in whole hours unless `exactly` or `between` was used."""
        return row.interval

    @computed()
    def projects(row: Health) -> list[ReleaseProjectHealth]:
        """Health per project. Projects without sessions are omitted."""
        return row.projects
