"""Loaders of integrations and installed apps."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.errors import BadUserInput
from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_complete_list, fetch_all, fetch_list
from dexter_graphql.loaders.references import did_you_mean
from dexter_graphql.sentry.catalogue import integrations as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents

WITHOUT_CONFIG = (("includeConfig", "0"),)
"""Without this Sentry fetches the settings from the provider, which is slow; the graph does not expose them."""


PROVIDERS = (
    "aws_lambda", "bitbucket", "bitbucket_server", "cursor", "discord", "github", "github_enterprise", "gitlab", "jira",
    "jira_server", "msteams", "opsgenie", "pagerduty", "perforce", "slack", "vercel", "vsts", "vsts-extension",
)  # fmt: skip
"""Keys of the providers that are known. Sentry may have others."""


class IntegrationKey(NamedTuple):
    """An integration by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class InstallationKey(NamedTuple):
    """An installed app by its UUID."""

    organization: OrganizationRef
    uuid: str


@fan_out(target="Integration", uses=(catalogue.LIST,), is_shared=True)
async def all_integrations(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All integrations of an organization."""
    return await fetch_all(catalogue.LIST, organization, load_context, query=WITHOUT_CONFIG)


@bulk(target="Integration", uses=(catalogue.LIST,))
async def integrations_by_id(keys: Sequence[IntegrationKey], load_context: LoadContext) -> Mapping[IntegrationKey, Any]:
    """Integrations by ID, from the complete list of their organization."""
    return await by_complete_list(keys, load_context, all_integrations, "id", IntegrationKey)


@fan_out(target="Integration", uses=(catalogue.LIST,))
async def integration_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's integrations; options are ListOptions.

    Raises BadUserInput when there are none, and the provider is not a known one.
    """
    page = await fetch_list(catalogue.LIST, parents, load_context, query=WITHOUT_CONFIG)
    provider = dict(load_context.options.query).get("providerKey")
    if not page.rows and provider is not None and provider not in PROVIDERS:
        message = f"'{provider[:100]}' is not the key of a provider{did_you_mean(provider, PROVIDERS)}"
        raise BadUserInput(message, ("provider",))
    return page


@fan_out(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,))
async def installation_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's installed apps; options are ListOptions."""
    return await fetch_list(catalogue.APP_INSTALLATIONS, parents, load_context)


@fan_out(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,), is_shared=True)
async def all_installations(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All installed apps of an organization."""
    return await fetch_all(catalogue.APP_INSTALLATIONS, organization, load_context)


@bulk(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,))
async def installations_by_uuid(
    keys: Sequence[InstallationKey], load_context: LoadContext
) -> Mapping[InstallationKey, Any]:
    """Installed apps by UUID, from the complete list of their organization."""
    return await by_complete_list(keys, load_context, all_installations, "uuid", InstallationKey)
