"""How well a release runs."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.loaders.health import Health, ProjectHealth, share
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project


@value_type
class ReleaseProjectHealth:
    """How well a release runs in one project. Rates are shares from 0 to 1, null without sessions."""

    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, row.project),
        reads={},
        description="The project.",
    )

    @computed()
    def sessions(row: ProjectHealth) -> BigInt:
        """Number of sessions."""
        return BigInt(row.sessions)

    @computed()
    def users(row: ProjectHealth) -> BigInt:
        """Number of different users."""
        return BigInt(row.users)

    @computed()
    def crash_free_sessions(row: ProjectHealth) -> float | None:
        """Share of sessions without a crash."""
        return row.crash_free_sessions

    @computed()
    def crash_free_users(row: ProjectHealth) -> float | None:
        """Share of users without a crash."""
        return row.crash_free_users

    @computed()
    def adoption(row: ProjectHealth) -> float | None:
        """Share of the project's sessions that ran this release."""
        return share(row.sessions, [row.all_sessions])


@value_type
class ReleaseHealth:
    """How well a release runs, in all of its projects. Rates are shares from 0 to 1, null without sessions."""

    @computed()
    def sessions(row: Health) -> BigInt:
        """Number of sessions."""
        return BigInt(row.sessions)

    @computed()
    def users(row: Health) -> BigInt:
        """Number of users; somebody who uses two projects counts in both."""
        return BigInt(row.users)

    @computed()
    def crash_free_sessions(row: Health) -> float | None:
        """Share of sessions without a crash."""
        return row.crash_free_sessions

    @computed()
    def crash_free_users(row: Health) -> float | None:
        """Share of users without a crash."""
        return row.crash_free_users

    @computed()
    def crash_rate_sessions(row: Health) -> float | None:
        """Share of sessions with a crash."""
        return None if row.crash_free_sessions is None else 1 - row.crash_free_sessions

    @computed()
    def crash_rate_users(row: Health) -> float | None:
        """Share of users with a crash."""
        return None if row.crash_free_users is None else 1 - row.crash_free_users

    @computed()
    def adoption(row: Health) -> float | None:
        """Share of the sessions of its projects that ran this release; null when they had none."""
        return row.adoption

    @computed()
    def range(row: Health) -> UsedRange:
        """The stretch that was asked for, in whole hours unless it was given to the second."""
        return row.interval

    @computed()
    def projects(row: Health) -> list[ReleaseProjectHealth]:
        """The same project by project; those without sessions are left out."""
        return row.projects
