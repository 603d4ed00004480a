"""References to projects in inputs of mutations."""

from dexter_graphql.errors import UnknownReference
from dexter_graphql.graph.relay.references import (
    OrganizationReference,
    ProjectReference,
    given_name,
    key_in_organization,
    named_or_only_organization,
    reference_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import resolve_references
from dexter_graphql.sentry.catalogue import organizations, projects

PROJECT_REFERENCE_ENDPOINTS = (organizations.LIST, organizations.DETAIL, projects.LIST)
"""What looking up a project by a reference may call."""
ORGANIZATION = (
    "Organization of the project. Needed only when the project is not given by its global ID and the token can see"
    " several organizations."
)


async def find_project(
    value: ProjectReference, organization: OrganizationReference | None, load_context: LoadContext
) -> ProjectKey:
    """The project that the members `project` and `organization` of an input name.

    Raises BadUserInput for a name that does not exist. A global ID names its organization and is not looked up.
    """
    by, given = given_name(value, ("project",))
    if by == "id" and organization is None:
        return ProjectKey(*await key_in_organization(given, "Project", load_context, "project"))
    own = await named_or_only_organization(organization, load_context, of="project")
    reference = reference_of(value, "project")
    return ProjectKey(own, (await resolve_references([reference], own, load_context))[reference].id)


def unknown_project(value: ProjectReference) -> UnknownReference:
    """The error for the member `project` of an input that names a project which Sentry does not find."""
    by, given = given_name(value, ("project",))
    return UnknownReference(
        f"The project '{given[:64]}' does not exist or is not visible to the token", ("project", by)
    )
