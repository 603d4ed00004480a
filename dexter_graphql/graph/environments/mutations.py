"""Mutations of environments."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.user_errors import MutationError, UserError, UserErrorCode, mistakes_as_data
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.environments.types import ProjectEnvironment
from dexter_graphql.graph.projects.references import (
    ORGANIZATION,
    PROJECT_REFERENCE_ENDPOINTS,
    find_project,
    unknown_project,
)
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    OrganizationReference,
    ProjectReference,
    names_of,
    references_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.environments import set_visibility
from dexter_graphql.sentry.catalogue import environments as catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.errors import NotFound

FIELD_PATHS = MappingProxyType({"environmentNames": ("environments",), "isHidden": ("isHidden",)})
"""Member of the request body → path in the input."""


@dataclass(frozen=True, slots=True)
class VisibilityResult:
    """Result of `setEnvironmentVisibility`."""

    environments: list[Any] = field(default_factory=list)
    refusals: list[MutationError] = field(default_factory=list)


@strawberry.input(description="Input of `setEnvironmentVisibility`.")
class SetEnvironmentVisibilityInput:
    """Input."""

    project: ProjectReference = strawberry.field(description="Project in which the environments are hidden or shown.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    environments: list[EnvironmentReference] = strawberry.field(description="Environments, at least one.")
    is_hidden: bool = strawberry.field(description="True to hide the environments, false to show them.")


@value_type
class SetEnvironmentVisibilityPayload:
    """Result of `setEnvironmentVisibility`."""

    @computed()
    def environments(result: VisibilityResult) -> list[ProjectEnvironment]:
        """Changed environments, in the order of the input."""
        return result.environments

    @computed()
    def user_errors(result: VisibilityResult) -> list[UserError]:
        """Reasons why environments were not changed; empty on success."""
        return result.refusals


@strawberry.type
class EnvironmentMutations:
    """Root fields."""

    @call(
        uses=(
            catalogue.UPDATE,
            catalogue.BULK_UPDATE,
            catalogue.LIST,
            projects.ENVIRONMENTS,
            *PROJECT_REFERENCE_ENDPOINTS,
        )
    )
    @mistakes_as_data(lambda _input, mistakes: VisibilityResult(refusals=mistakes), FIELD_PATHS)
    async def set_environment_visibility(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetEnvironmentVisibilityInput, strawberry.argument(description="Environments to change.")],
    ) -> SetEnvironmentVisibilityPayload | None:
        """Hide environments of a project in Sentry's selectors and lists, or show them again."""
        if not input.environments:
            raise BadUserInput("'environments' must not be empty", ("environments",))
        project = await find_project(input.project, input.organization, load_context)
        references = references_of(input.environments, "environments")
        names = await names_of(references, project.organization, load_context)
        try:
            changed = await set_visibility(project, names, load_context, is_hidden=input.is_hidden)
        except NotFound as error:
            raise unknown_project(input.project) from error
        refusals = [unknown_environment(index, name) for index, name in enumerate(names) if name not in changed]
        return VisibilityResult([changed[name] for name in dict.fromkeys(names) if name in changed], refusals)


def unknown_environment(index: int, name: str) -> MutationError:
    """The user error for an environment that the project does not have."""
    message = f"The project has no environment '{name[:64]}'"
    return MutationError(message, UserErrorCode.NOT_FOUND, ("environments", str(index)))
