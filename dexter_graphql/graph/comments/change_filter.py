"""Filter of the changes of comments."""

from collections.abc import Sequence

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.changes.conditions import (
    FILTER,
    FILTER_DESCRIPTION,
    NO_CONDITIONS,
    ChangeConditions,
    enum_condition,
    project_condition,
)
from dexter_graphql.graph.changes.types import ChangeKind
from dexter_graphql.graph.issues.references import IssueReference, issues_in_each
from dexter_graphql.graph.relay.references import ProjectReference, references_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import resolve_in_each
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.input(description=f"Filter of changes of comments. {FILTER_DESCRIPTION}")
class CommentChangeFilter:
    """Input."""

    kinds: list[ChangeKind] | None = strawberry.field(
        default=None, description="Kinds of changes: `CREATED`, `UPDATED` and `DELETED`."
    )
    projects: list[ProjectReference] | None = strawberry.field(default=None, description="Projects of the issues.")
    issues: list[IssueReference] | None = strawberry.field(
        default=None, description="Issues that the comments belong to, at most 100."
    )


async def comment_conditions(
    value: CommentChangeFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, ChangeConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a name that exists in none of them."""
    if value is None:
        return dict.fromkeys(organizations, NO_CONDITIONS)
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        named = await resolve_in_each(projects, organizations, load_context)
        issues = await issues_in_each(value.issues, organizations, load_context)
        return {
            organization: ChangeConditions(
                kinds=enum_condition(value.kinds, "kinds"),
                projects=project_condition(value.projects, projects, entities),
                issues=issues[organization],
            )
            for organization, entities in named.items()
        }
