"""Mutations of starred service spans."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.projects.references import ORGANIZATION, PROJECT_REFERENCE_ENDPOINTS, find_project
from dexter_graphql.graph.relay.references import OrganizationReference, ProjectReference
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.catalogue import explore as catalogue
from dexter_graphql.sentry.parents import Parents


@dataclass(frozen=True, slots=True)
class StarResult:
    """Result of a mutation."""

    is_starred: bool | None = None
    refusals: list[MutationError] = field(default_factory=list)


@strawberry.input(description="Input of `setServiceSpanStar`.")
class SetServiceSpanStarInput:
    """Input."""

    project: ProjectReference = strawberry.field(description="Project of the span.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    name: str = strawberry.field(description="Name of the service span, for example `GET /checkout`.")
    is_starred: bool = strawberry.field(description="True to star the span, false to remove the star.")


@value_type
class SetServiceSpanStarPayload:
    """Result of `setServiceSpanStar`."""

    @computed()
    def is_starred(result: StarResult) -> bool | None:
        """True when the user of the token has starred the span; null when nothing was changed."""
        return result.is_starred

    @computed()
    def user_errors(result: StarResult) -> list[UserError]:
        """Reasons why nothing was changed; empty on success."""
        return result.refusals


@strawberry.type
class ServiceSpanMutations:
    """Root fields."""

    @call(uses=(catalogue.STAR, catalogue.UNSTAR, *PROJECT_REFERENCE_ENDPOINTS))
    @mistakes_as_data(lambda _input, mistakes: StarResult(refusals=mistakes), absent=("project",))
    async def set_service_span_star(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetServiceSpanStarInput, strawberry.argument(description="Span, and whether to star it.")],
    ) -> SetServiceSpanStarPayload | None:
        """Star a service span for the user of the token, or remove the star. Sentry refuses to star a span twice."""
        if not input.name:
            raise BadUserInput("'name' must not be empty", ("name",))
        key = await find_project(input.project, input.organization, load_context)
        parents = Parents(key.organization)
        if input.is_starred:
            body = {"service_span": input.name, "project_id": int(key.id)}
            await load_context.send(catalogue.STAR, parents, body=body)
        else:
            query = (("service_span", input.name), ("project_id", key.id))
            await load_context.send(catalogue.UNSTAR, parents, query=query)
        return StarResult(input.is_starred)
