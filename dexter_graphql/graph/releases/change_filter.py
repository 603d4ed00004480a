"""Filter of the changes of releases."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.changes.conditions import (
    FILTER,
    FILTER_DESCRIPTION,
    NO_CONDITIONS,
    ChangeConditions,
    allows,
    condition,
    enum_condition,
    project_condition,
)
from dexter_graphql.graph.changes.types import ChangeKind
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.relay.references import EnvironmentReference, ProjectReference, bounded, references_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import resolve_in_each
from dexter_graphql.realtime.changes import Change
from dexter_graphql.realtime.snapshots.releases import DeploySnapshot
from dexter_graphql.realtime.snapshots.sources import decode_snapshot
from dexter_graphql.sentry.parents import OrganizationRef

DEPLOY = "deploy"
"""Entity of the changes about deploys."""


@strawberry.input(description=f"Filter of changes of releases. {FILTER_DESCRIPTION}")
class ReleaseChangeFilter:
    """Input."""

    kinds: list[ChangeKind] | None = strawberry.field(
        default=None, description="Kinds of changes: `CREATED`, `FINALIZED`, `DEPLOYED`, `UPDATED` and `DELETED`."
    )
    projects: list[ProjectReference] | None = strawberry.field(
        default=None, description="Projects of the release, one of which must match."
    )
    versions: list[str] | None = strawberry.field(default=None, description="Complete versions.")
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None, description="Environments of deploys; other changes have none and do not pass."
    )


@dataclass(frozen=True, slots=True)
class ReleaseConditions:
    """A filter of changes of releases, with the objects that it names; None is no condition."""

    basic: ChangeConditions = NO_CONDITIONS
    versions: frozenset[str] | None = None
    environments: frozenset[str] | None = None

    def matches(self, change: Change) -> bool:
        """True when the change passes."""
        return (
            self.basic.matches(change)
            and allows(self.versions, change.subject)
            and (self.environments is None or deploy_environment(change) in self.environments)
        )

    async def occurs(self, _change: Change, _organization: OrganizationRef, _context: Context) -> bool:
        """True: no condition takes a call."""
        return True


def deploy_environment(change: Change) -> str | None:
    """Name of the environment of a deploy; None for other changes."""
    if change.entity != DEPLOY or change.object is None:
        return None
    try:
        return decode_snapshot(change.object, DeploySnapshot).environment
    except msgspec.DecodeError:
        return None


async def release_conditions(
    value: ReleaseChangeFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, ReleaseConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a name that exists in none of them."""
    if value is None:
        return dict.fromkeys(organizations, ReleaseConditions())
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        environments = references_of(value.environments, "environments")
        named = await resolve_in_each([*projects, *environments], organizations, load_context)
        return {
            organization: ReleaseConditions(
                ChangeConditions(
                    kinds=enum_condition(value.kinds, "kinds"),
                    projects=project_condition(value.projects, projects, entities),
                ),
                versions=condition(value.versions, bounded(value.versions, "versions")),
                environments=condition(
                    value.environments, [entities[name].name for name in environments if name in entities]
                ),
            )
            for organization, entities in named.items()
        }
