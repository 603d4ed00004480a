"""References to projects in inputs of mutations."""

from dexter_graphql.errors import UnknownReference, within
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.references import (
    OrganizationReference,
    ProjectReference,
    given_name,
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
        with within("project", "id"):
            organization_id, number = key_from_id(given, "Project", 2)
            own = await load_context.organizations.find(load_context.call_context, organization_id)
            if own is None:
                raise UnknownReference("The project does not exist or is not visible to the token")
        return ProjectKey(own, number)
    own = await named_or_only_organization(organization, load_context, of="project")
    reference = reference_of(value, "project")
    return ProjectKey(own, (await resolve_references([reference], own, load_context))[reference].id)
