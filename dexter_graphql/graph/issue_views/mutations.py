"""Mutations of issue views."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data
from dexter_graphql.graph.declarations.fields import batch, call, computed, value_type
from dexter_graphql.graph.issue_views.types import IssueView
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.projects.numbered import ALL_PROJECTS
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    OrganizationReference,
    ProjectReference,
    find_organization,
    references_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issue_views import IssueViewKey, create_issue_view, issue_views_by_id
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS, NamedEntity, Reference, resolve_references
from dexter_graphql.loaders.time_ranges import Interval
from dexter_graphql.sentry.catalogue import issue_views as catalogue
from dexter_graphql.sentry.parents import OrganizationRef

FIELD_PATHS = MappingProxyType(
    {
        "name": ("name",),
        "query": ("search",),
        "querySort": ("sort",),
        "projects": ("projects",),
        "environments": ("environments",),
        "timeFilters": ("range",),
        "starred": ("isStarred",),
    }
)
"""Member of the request body → path in the input."""
DEFAULT_PERIOD = "14d"


@dataclass(frozen=True, slots=True)
class IssueViewResult:
    """Result of a mutation."""

    key: IssueViewKey | None = None
    refusals: list[MutationError] = field(default_factory=list)


@strawberry.input(description="Input of `createIssueView`.")
class CreateIssueViewInput:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization whose issues are searched.")
    name: str = strawberry.field(description="Name of the view.")
    search: str | None = strawberry.field(
        default=None, description="Filter in Sentry's search syntax. Default: all issues."
    )
    sort: IssueSort | None = strawberry.field(
        default=None, description="Sort order of the issues. Default: by time of the newest event."
    )
    projects: list[ProjectReference] | None = strawberry.field(
        default=None,
        description="Projects whose issues are searched; empty for those of the user who opens the view."
        " Default: all projects.",
    )
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None, description="Environments whose events are searched. Default: all environments."
    )
    range: TimeRangeInput | None = strawberry.field(
        default=None, description="Time range in which the issues have events. Default: the last 14 days."
    )
    is_starred: bool = strawberry.field(default=False, description="True to star the view for the user of the token.")


@value_type
class CreateIssueViewPayload:
    """Result of `createIssueView`."""

    issue_view: IssueView | None = batch(
        issue_views_by_id, key=lambda result: result.key, reads={}, description="The created view."
    )

    @computed()
    def user_errors(result: IssueViewResult) -> list[UserError]:
        """Reasons why nothing was created; empty on success."""
        return result.refusals


@strawberry.type
class IssueViewMutations:
    """Root fields."""

    @call(uses=(catalogue.CREATE, *REFERENCE_ENDPOINTS))
    @mistakes_as_data(
        lambda _input, mistakes: IssueViewResult(refusals=mistakes), FIELD_PATHS, absent=("organization",)
    )
    async def create_issue_view(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateIssueViewInput, strawberry.argument(description="View to create.")],
    ) -> CreateIssueViewPayload | None:
        """Save a search for issues as a view of the user of the token."""
        organization = await find_organization(input.organization, load_context, "organization")
        body = await _body(input, organization, load_context)
        return IssueViewResult(await create_issue_view(organization, body, load_context))


async def _body(
    input: CreateIssueViewInput, organization: OrganizationRef, load_context: LoadContext
) -> dict[str, Any]:
    time_filters = _time_filters(input.range)
    environments = await _entities(references_of(input.environments, "environments"), organization, load_context)
    projects = await _entities(references_of(input.projects, "projects"), organization, load_context)
    return {
        "name": input.name,
        "query": input.search or "",
        "querySort": (input.sort or IssueSort.LAST_SEEN).value,
        "projects": [ALL_PROJECTS] if input.projects is None else [int(project.id) for project in projects],
        "environments": [environment.name for environment in environments],
        "timeFilters": time_filters,
        "starred": input.is_starred,
    }


async def _entities(
    references: list[Reference], organization: OrganizationRef, load_context: LoadContext
) -> list[NamedEntity]:
    """The entities of references, in their order; raises BadUserInput for one that does not exist."""
    if not references:
        return []
    entities = await resolve_references(references, organization, load_context)
    return list(dict.fromkeys(entities[reference] for reference in references))


def _time_filters(value: TimeRangeInput | None) -> dict[str, Any]:
    """A time range as views have it; raises BadUserInput when it is invalid."""
    if value is None:
        return {"period": DEFAULT_PERIOD}
    time_range = time_range_of(value)
    if isinstance(time_range, Interval):
        return {"start": _text(time_range.start), "end": _text(time_range.end), "utc": True}
    return {"period": value.exactly if isinstance(value.exactly, str) else value.last}


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
