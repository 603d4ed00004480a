"""Source repositories."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.commits.types import CommitConnection
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.declarations.fields import batch, computed, entity, plain
from dexter_graphql.graph.integrations.types import Integration
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.integrations import IntegrationKey, integrations_by_id
from dexter_graphql.loaders.repositories import RepositoryKey, repositories_by_id, repository_commit_pages


class Provider(msgspec.Struct, frozen=True, gc=False):
    """`provider` of a repository on the wire."""

    id: str | None = None
    name: str | None = None


PROVIDER = {"provider": Provider | None}


@entity(key=RepositoryKey, load=repositories_by_id)
class Repository(Node):
    """Source repository connected to an organization."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    name: str | None = plain(description="Name of the repository, for example `acme/shop`.")
    url: str | None = plain(description="URL of the repository.")
    status: ObjectStatus | None = plain(description="Status of the repository.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    external_slug: str | None = plain("externalSlug", description="Name of the repository at its provider.")
    external_id: str | None = plain(
        "externalId", type=int | str, convert=str, description="ID of the repository at its provider."
    )
    created_at: datetime | None = plain("dateCreated", description="Time when the repository was connected.")
    integration: Integration | None = batch(
        integrations_by_id,
        key=lambda row: IntegrationKey(row.parents.organization, str(row.integrationId)) if row.integrationId else None,
        reads={"integrationId": int | str | None},
        description="Integration that connects the repository; null when it was added without one.",
    )
    organization: OrganizationType = organization_field()

    @computed(PROVIDER)
    def provider_key(row: Any) -> str | None:
        """Key of the provider in Sentry, for example `integrations:github`."""
        return row.provider and row.provider.id

    @computed(PROVIDER)
    def provider_name(row: Any) -> str | None:
        """Display name of the provider, for example `GitHub`."""
        return row.provider and row.provider.name

    @batch(repository_commit_pages)
    @paged
    def commits(*, page: PageArguments) -> CommitConnection | None:
        """Commits of the repository, newest first. One call per repository."""
        return list_options(page)
