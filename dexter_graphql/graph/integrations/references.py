"""References to integrations and installed apps."""

from typing import Any, NamedTuple

import strawberry

from dexter_graphql.errors import BadUserInput, UnknownReference, within
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.references import GLOBAL_ID, ONE_NAME, SENTRY_ID, given_name, member
from dexter_graphql.loaders.base import LoadContext, Loader
from dexter_graphql.loaders.integrations import (
    InstallationKey,
    IntegrationKey,
    installations_by_uuid,
    integrations_by_id,
)
from dexter_graphql.sentry.catalogue import integrations as catalogue
from dexter_graphql.sentry.errors import ClientError
from dexter_graphql.sentry.parents import OrganizationRef

INTEGRATION_REFERENCE_ENDPOINTS = (catalogue.LIST,)
"""What looking up an integration by a reference may call."""
INSTALLATION_REFERENCE_ENDPOINTS = (catalogue.APP_INSTALLATIONS,)
"""What looking up an installed app by a reference may call."""


@strawberry.input(one_of=True, description=f"An integration. {ONE_NAME}")
class IntegrationReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"An installed app. {ONE_NAME}")
class AppInstallationReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    uuid: str | None = member("UUID of the installation.")


async def find_integration(
    value: IntegrationReference, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> str:
    """Sentry's ID of an integration; raises BadUserInput for one that the organization does not have."""
    given, number = _key_part(value, "Integration", organization, field)
    await _check(integrations_by_id, IntegrationKey(organization, number), given, load_context)
    return number


async def find_installation(
    value: AppInstallationReference, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> str:
    """The UUID of an installed app; raises BadUserInput for one that the organization does not have."""
    given, uuid = _key_part(value, "AppInstallation", organization, field)
    await _check(installations_by_uuid, InstallationKey(organization, uuid), given, load_context)
    return uuid


def integration_reference(value: IntegrationReference, *field: str) -> tuple[str | None, str, str]:
    """The ID of the organization, if the reference has one, Sentry's ID of the integration, and the given text."""
    by, given = given_name(value, field)
    if by != "id":
        return None, given, given
    with within(*field, by):
        organization_id, number = key_from_id(given, "Integration", 2)
    return organization_id, number, given


class _Given(NamedTuple):
    """The text of a reference and its path, for messages."""

    text: str
    field: tuple[str, ...]


def _key_part(
    value: IntegrationReference | AppInstallationReference,
    typename: str,
    organization: OrganizationRef,
    field: tuple[str, ...],
) -> tuple[_Given, str]:
    by, text = given_name(value, field)
    given = _Given(text, (*field, by))
    if by != "id":
        return given, text
    with within(*given.field):
        organization_id, part = key_from_id(text, typename, 2)
        if organization_id != organization.id:
            raise BadUserInput(f"'{text[:100]}' does not belong to organization '{organization.slug}'")
    return given, part


async def _check(loader: Loader, key: Any, given: _Given, load_context: LoadContext) -> None:
    """Raise UnknownReference when a list that the token may read has no such object."""
    try:
        row = await load_context.load(loader, key)
    except ClientError:
        return
    if row is None:
        slug = key.organization.slug
        message = f"'{given.text[:100]}' does not exist in organization '{slug}' or is not visible to the token"
        raise UnknownReference(message, given.field)
