"""Filter of the changes of issues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.changes.conditions import (
    FILTER,
    FILTER_DESCRIPTION,
    NO_CONDITIONS,
    ChangeConditions,
    allows,
    condition,
    enum_condition,
    lacks_issue,
    project_condition,
)
from dexter_graphql.graph.changes.types import ChangeKind
from dexter_graphql.graph.context import Context, context_of
from dexter_graphql.graph.issues.enums import IssueCategory, Level
from dexter_graphql.graph.issues.filters import AssigneeFilter
from dexter_graphql.graph.issues.references import IssueReference, issues_in_each
from dexter_graphql.graph.issues.search import ME, NOBODY, assignees_of
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    ProjectReference,
    references_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.occurrence import occurs_in, read_issue
from dexter_graphql.loaders.members import own_membership
from dexter_graphql.loaders.references import Kind, NamedEntity, Reference, resolve_in_each, resolve_references
from dexter_graphql.realtime.changes import Change
from dexter_graphql.realtime.changes import Kind as ChangedKind
from dexter_graphql.realtime.snapshots.issues import IssueSnapshot, describe_issue
from dexter_graphql.realtime.snapshots.sources import decode_snapshot
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.input(description=f"Filter of changes of issues. {FILTER_DESCRIPTION}")
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
class IssueConditions:
    """A filter of changes of issues with the objects that it names; None is no condition."""

    basic: ChangeConditions = NO_CONDITIONS
    categories: frozenset[str] | None = None
    assignees: frozenset[str] | None = None
    environments: tuple[str, ...] | None = None

    def matches(self, change: Change) -> bool:
        """True when the change passes, as far as that follows from the change itself."""
        return (
            self.basic.matches(change)
            and (lacks_issue(change) or allows(self.categories, change.category))
            and (lacks_issue(change) or allows(self.assignees, change.assignee))
        )

    async def occurs(self, change: Change, organization: OrganizationRef, context: Context) -> bool:
        """True when the issue, if it has to be read, passes as well and has events in one of the environments."""
        client, call_context = context.services.client, context.call_context
        issue = None if change.subject is None else IssueKey(organization, change.subject)
        if lacks_issue(change) and self._compares_issues:
            answer = None if issue is None else await read_issue(issue, client, call_context)
            if answer is None or not self.matches(described(change, answer)):
                return False
        if self.environments is None or change.kind is ChangedKind.DELETED:
            return True
        if issue is None or not self.environments:
            return False
        return await occurs_in(issue, self.environments, client, call_context)

    @property
    def _compares_issues(self) -> bool:
        """True when a condition is on a member of the issue."""
        return any(members is not None for members in (self.basic.levels, self.categories, self.assignees))


def described(change: Change, answer: Reply) -> Change:
    """The change with the members of the issue in Sentry's answer; raises BadResponse when it is not an issue."""
    try:
        return describe_issue(change, decode_snapshot(answer.body, IssueSnapshot))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadResponse("Sentry's answer is not an issue", title=catalogue.DETAIL.title) from None


async def issue_conditions(
    value: IssueChangeFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, IssueConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a name that exists in none of them."""
    if value is None:
        return dict.fromkeys(organizations, IssueConditions())
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        environments = references_of(value.environments, "environments")
        assignees = assignees_of(value.assignees, "assignees")
        given = [assignee for assignee in assignees if isinstance(assignee, Reference)]
        named = await resolve_in_each([*projects, *environments, *given], organizations, load_context)
        issues = await issues_in_each(value.issues, organizations, load_context)
        return {
            organization: IssueConditions(
                ChangeConditions(
                    kinds=enum_condition(value.kinds, "kinds"),
                    levels=enum_condition(value.levels, "levels"),
                    projects=project_condition(value.projects, projects, entities),
                    issues=issues[organization],
                ),
                categories=enum_condition(value.categories, "categories"),
                assignees=condition(
                    value.assignees,
                    [
                        actor
                        for assignee in assignees
                        for actor in await _actors(assignee, entities, organization, load_context)
                    ],
                ),
                environments=None
                if value.environments is None
                else tuple(entities[name].name for name in environments if name in entities),
            )
            for organization, entities in named.items()
        }


async def _actors(
    assignee: Reference | str,
    entities: Mapping[Reference, NamedEntity],
    organization: OrganizationRef,
    load_context: LoadContext,
) -> list[str]:
    """The assignees that a value stands for, as changes name them."""
    if isinstance(assignee, Reference):
        return [f"{assignee.kind.lower()}:{entities[assignee].id}"] if assignee in entities else []
    if assignee == NOBODY:
        return [""]
    if context_of(load_context).identity.is_shared_token:
        raise BadUserInput("The token is shared by several callers; use 'user' or 'team'", ("assignees",))
    membership = await own_membership(organization, load_context)
    if assignee == ME:
        return [] if membership.user is None else [f"user:{membership.user}"]
    teams = [Reference(Kind.TEAM, "slug", slug, slug, ("assignees",)) for slug in membership.teams]
    return [f"team:{team.id}" for team in (await resolve_references(teams, organization, load_context)).values()]
