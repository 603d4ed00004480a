"""References to releases in inputs of mutations."""

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.references import (
    LATEST,
    OrganizationReference,
    ReleaseReference,
    key_in_organization,
    named_or_only_organization,
    release_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import check_organizations
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.sentry.catalogue import organizations

RELEASE_REFERENCE_ENDPOINTS = (organizations.LIST, organizations.DETAIL)
"""What looking up the organization of a release may call."""
ORGANIZATION = (
    "Organization of the release. Needed only when the release is not given by its global ID and the token can see"
    " several organizations."
)


async def find_release(
    value: ReleaseReference, organization: OrganizationReference | None, load_context: LoadContext
) -> ReleaseKey:
    """The release that the members `release` and `organization` of an input name; it is not looked up."""
    reference = release_of(value, "release")
    if isinstance(reference, str):
        raise BadUserInput("A write needs the version of the release", ("release", LATEST))
    if reference.organization_id is not None and organization is None:
        return ReleaseKey(*await key_in_organization(reference.given, "Release", load_context, "release"))
    own = await named_or_only_organization(organization, load_context, of="release")
    check_organizations([reference], own)
    return ReleaseKey(own, reference.value)
