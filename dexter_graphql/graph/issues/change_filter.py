"""Filter of the changes of issues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import strawberry

from dexter_graphql.errors import BadUserInput, UnknownReference, within
from dexter_graphql.graph.changes.arguments import allows, condition, enum_condition
from dexter_graphql.graph.changes.types import ChangeKind
from dexter_graphql.graph.context import Context, context_of
from dexter_graphql.graph.issues.enums import IssueCategory, Level
from dexter_graphql.graph.issues.filters import AssigneeFilter
from dexter_graphql.graph.issues.references import IssueReference, find_issue
from dexter_graphql.graph.issues.search import ME, NOBODY, assignees_of
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    ProjectReference,
    bounded,
    given_name,
    references_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.occurrence import occurs_in
from dexter_graphql.loaders.members import own_membership
from dexter_graphql.loaders.references import Kind, NamedEntity, Reference, resolve_references
from dexter_graphql.realtime.changes import Change
from dexter_graphql.realtime.changes import Kind as ChangedKind
from dexter_graphql.sentry.parents import OrganizationRef

FIELD = "filter"


@strawberry.input(
    description=(
        "Filter of changes. A change passes when every given member matches; a list matches when one value does."
    )
)
class IssueChangeFilter:
    """Input."""

    kinds: list[ChangeKind] | None = strawberry.field(default=None, description="Kinds of changes.")
    levels: list[Level] | None = strawberry.field(default=None, description="Severities of the issue.")
    categories: list[IssueCategory] | None = strawberry.field(default=None, description="Categories of the issue.")
    projects: list[ProjectReference] | None = strawberry.field(default=None, description="Projects of the issue.")
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None,
        description="Environments in which the issue has events. One call per change that passes the other conditions. "
        "Deletions pass, because Sentry no longer has the events.",
    )
    assignees: list[AssigneeFilter] | None = strawberry.field(
        default=None, description="Assignees of the issue after the change."
    )
    issues: list[IssueReference] | None = strawberry.field(default=None, description="Issues, at most 100.")


@dataclass(frozen=True, slots=True)
class ChangeConditions:
    """A filter of changes with the objects that it names; None is no condition."""

    kinds: frozenset[str] | None = None
    levels: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    projects: frozenset[str] | None = None
    assignees: frozenset[str] | None = None
    issues: frozenset[str] | None = None
    environments: tuple[str, ...] | None = None

    def matches(self, change: Change) -> bool:
        """True when the change passes, as far as that follows from the change itself."""
        return (
            allows(self.kinds, change.kind)
            and allows(self.levels, change.level)
            and allows(self.categories, change.category)
            and allows(self.projects, change.project_id, change.project)
            and allows(self.assignees, change.assignee)
            and allows(self.issues, change.subject)
        )

    async def occurs(self, change: Change, organization: OrganizationRef, context: Context) -> bool:
        """True when the issue has events in one of the environments."""
        if self.environments is None or change.kind is ChangedKind.DELETED:
            return True
        if change.subject is None or not self.environments:
            return False
        issue = IssueKey(organization, change.subject)
        return await occurs_in(issue, self.environments, context.services.client, context.call_context)


async def change_conditions(
    value: IssueChangeFilter | None, organization: OrganizationRef, load_context: LoadContext
) -> ChangeConditions:
    """The conditions of a filter; raises BadUserInput for a name that does not exist in the organization."""
    if value is None:
        return ChangeConditions()
    with within(FIELD):
        projects = references_of(value.projects, "projects")
        environments = references_of(value.environments, "environments")
        assignees = assignees_of(value.assignees, "assignees")
        given = [assignee for assignee in assignees if isinstance(assignee, Reference)]
        entities = await resolve_references([*projects, *environments, *given], organization, load_context)
        return ChangeConditions(
            kinds=enum_condition(value.kinds, "kinds"),
            levels=enum_condition(value.levels, "levels"),
            categories=enum_condition(value.categories, "categories"),
            projects=condition(value.projects, [name for project in projects for name in entities[project]]),
            assignees=condition(
                value.assignees,
                [
                    actor
                    for assignee in assignees
                    for actor in await _actors(assignee, entities, organization, load_context)
                ],
            ),
            issues=condition(value.issues, await _issues(value.issues, organization, load_context)),
            environments=None if value.environments is None else tuple(entities[name].name for name in environments),
        )


async def _actors(
    assignee: Reference | str,
    entities: Mapping[Reference, NamedEntity],
    organization: OrganizationRef,
    load_context: LoadContext,
) -> list[str]:
    """The assignees that a value stands for, as changes name them."""
    if isinstance(assignee, Reference):
        return [f"{assignee.kind.lower()}:{entities[assignee].id}"]
    if assignee == NOBODY:
        return [""]
    if context_of(load_context).identity.is_shared_token:
        raise BadUserInput("The token is shared by several callers; use 'user' or 'team'", ("assignees",))
    membership = await own_membership(organization, load_context)
    if assignee == ME:
        return [] if membership.user is None else [f"user:{membership.user}"]
    teams = [Reference(Kind.TEAM, "slug", slug, slug, ("assignees",)) for slug in membership.teams]
    return [f"team:{team.id}" for team in (await resolve_references(teams, organization, load_context)).values()]


async def _issues(
    values: Sequence[IssueReference] | None, organization: OrganizationRef, load_context: LoadContext
) -> list[str]:
    """The numeric IDs of issues that exist."""
    keys = [
        await find_issue(value, organization, load_context, "issues", str(index))
        for index, value in enumerate(bounded(values, "issues"))
    ]
    issues = await load_context.load_each(issues_by_id, [key for key in keys if key is not None])
    for index, key in enumerate(keys):
        if key is None or issues[key] is None:
            by, name = given_name((values or ())[index], ())
            message = f"Issue '{name[:100]}' does not exist or is not visible to the token"
            raise UnknownReference(message, ("issues", str(index), by))
    return [key.id for key in keys if key is not None]
