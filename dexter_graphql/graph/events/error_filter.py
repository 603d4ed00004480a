"""Filter of new errors."""

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
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.graph.issues.references import IssueReference, issues_in_each
from dexter_graphql.graph.relay.references import EnvironmentReference, ProjectReference, references_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import resolve_in_each
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.input(description=f"Filter of errors. {FILTER_DESCRIPTION}")
class ErrorFilter:
    """Input."""

    levels: list[Level] | None = strawberry.field(default=None, description="Severities of the event.")
    projects: list[ProjectReference] | None = strawberry.field(default=None, description="Projects of the event.")
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None, description="Environments of the event."
    )
    issues: list[IssueReference] | None = strawberry.field(
        default=None, description="Issues that the events belong to, at most 100."
    )


class Occurrence(msgspec.Struct, frozen=True, gc=False):
    """The member of an event that its environment is read from."""

    environment: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorConditions:
    """A filter of errors with the objects that it names; None is no condition."""

    basic: ChangeConditions = NO_CONDITIONS
    environments: frozenset[str] | None = None

    def matches(self, change: Change) -> bool:
        """True when the error passes."""
        return self.basic.matches(change) and (
            self.environments is None or allows(self.environments, environment_of(change))
        )

    async def occurs(self, _change: Change, _organization: OrganizationRef, _context: Context) -> bool:
        """True: no condition takes a call."""
        return True


def environment_of(change: Change) -> str | None:
    """Name of the environment of an event, empty without one; None when the event was not reported."""
    if change.object is None:
        return None
    try:
        return msgspec.json.decode(change.object, type=Occurrence).environment or ""
    except msgspec.DecodeError:
        return None


async def error_conditions(
    value: ErrorFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, ErrorConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a name that exists in none of them."""
    if value is None:
        return dict.fromkeys(organizations, ErrorConditions())
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        environments = references_of(value.environments, "environments")
        named = await resolve_in_each([*projects, *environments], organizations, load_context)
        issues = await issues_in_each(value.issues, organizations, load_context)
        return {
            organization: ErrorConditions(
                ChangeConditions(
                    levels=enum_condition(value.levels, "levels"),
                    projects=project_condition(value.projects, projects, entities),
                    issues=issues[organization],
                ),
                environments=condition(
                    value.environments, [entities[name].name for name in environments if name in entities]
                ),
            )
            for organization, entities in named.items()
        }
