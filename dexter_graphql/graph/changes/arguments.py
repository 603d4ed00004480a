"""Arguments that all subscriptions have: the organizations that they follow, and where they start."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.references import OrganizationReference, find_organization
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.projects import projects_by_name
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import integrations, members, organizations
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.parents import OrganizationRef

MAX_ORGANIZATIONS = 20
Organization = Annotated[
    OrganizationReference | None,
    strawberry.argument(description="Organization to follow. Give either this or `organizations`."),
]
Organizations = Annotated[
    list[OrganizationReference] | None,
    strawberry.argument(
        description=f"Organizations to follow as one stream, 1 to {MAX_ORGANIZATIONS}. A name in `filter` has to exist"
        " in one of them."
    ),
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="Position of the last item received, in a stream of the same organizations; omit to start with"
        " new changes."
    ),
]
SUBSCRIPTION_ENDPOINTS = (
    organizations.DETAIL,
    organizations.LIST,
    organizations.SHORT_ID,
    members.DETAIL,
    catalogue.LIST,
    integrations.LIST,
    *REFERENCE_ENDPOINTS,
    *projects_by_name.uses,
)
"""What a subscription may call to find the objects that its arguments name, and to check which changes are visible."""


async def followed_organizations(
    organization: OrganizationReference | None,
    organizations: Sequence[OrganizationReference] | None,
    load_context: LoadContext,
) -> list[OrganizationRef]:
    """The organizations that a subscription follows, each once; raises BadUserInput when the token sees one not."""
    if organization is not None and organizations is None:
        return [await find_organization(organization, load_context, "organization")]
    if organization is not None or organizations is None:
        raise BadUserInput("Either 'organization' or 'organizations' must be given", ("organizations",))
    if not 1 <= len(organizations) <= MAX_ORGANIZATIONS:
        raise BadUserInput(f"'organizations' takes 1 to {MAX_ORGANIZATIONS} organizations", ("organizations",))
    found = [
        await find_organization(reference, load_context, "organizations", str(index))
        for index, reference in enumerate(organizations)
    ]
    return list(dict.fromkeys(found))
