"""Filter of the stages of Seer's runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.changes.conditions import (
    FILTER,
    FILTER_DESCRIPTION,
    NO_CONDITIONS,
    ChangeConditions,
    allows,
    enum_condition,
    project_condition,
)
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.issues.references import IssueReference, issues_in_each
from dexter_graphql.graph.relay.references import ProjectReference, references_of
from dexter_graphql.graph.seer.enums import AutofixStage
from dexter_graphql.graph.seer.stages import is_completed, stage_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import resolve_in_each
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.input(description=f"Filter of stages of Seer's runs. {FILTER_DESCRIPTION}")
class AutofixChangeFilter:
    """Input."""

    stages: list[AutofixStage] | None = strawberry.field(default=None, description="Stages of runs.")
    is_completed: bool | None = strawberry.field(
        default=None, description="True for stages that completed, false for stages that started."
    )
    issues: list[IssueReference] | None = strawberry.field(default=None, description="Issues, at most 100.")
    projects: list[ProjectReference] | None = strawberry.field(
        default=None, description="Projects of the issue. Webhooks do not name them: one call per issue."
    )


@dataclass(frozen=True, slots=True)
class AutofixConditions:
    """A filter of stages of runs, with the objects that it names; None is no condition."""

    basic: ChangeConditions = NO_CONDITIONS
    stages: frozenset[str] | None = None
    is_completed: bool | None = None

    def matches(self, change: Change) -> bool:
        """True when the change passes."""
        return (
            self.basic.matches(change)
            and allows(self.stages, stage_of(change).value)
            and self.is_completed in {None, is_completed(change)}
        )

    async def occurs(self, _change: Change, _organization: OrganizationRef, _context: Context) -> bool:
        """True: no condition takes a call."""
        return True


async def autofix_conditions(
    value: AutofixChangeFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, AutofixConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a name that exists in none of them."""
    if value is None:
        return dict.fromkeys(organizations, AutofixConditions())
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        named = await resolve_in_each(projects, organizations, load_context)
        issues = await issues_in_each(value.issues, organizations, load_context)
        return {
            organization: AutofixConditions(
                ChangeConditions(
                    projects=project_condition(value.projects, projects, entities), issues=issues[organization]
                ),
                stages=enum_condition(value.stages, "stages"),
                is_completed=value.is_completed,
            )
            for organization, entities in named.items()
        }
