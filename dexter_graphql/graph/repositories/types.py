"""Source repositories."""

from datetime import datetime

import strawberry

from dexter_graphql.graph.commits.types import CommitConnection
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.declarations.fields import batch, entity, plain, value_type
from dexter_graphql.graph.integrations.types import Integration
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.integrations import IntegrationKey, integrations_by_id
from dexter_graphql.loaders.repositories import RepositoryKey, repositories_by_id, repository_commit_pages


@value_type
class RepositoryProvider:
    """Provider of a repository."""

    key: str | None = plain("id", description="ID of the provider in Sentry, for example `integrations:github`.")
    name: str | None = plain(description="Display name of the provider, for example `GitHub`.")


@entity(key=RepositoryKey, load=repositories_by_id)
class Repository(Node):
    """Source repository connected to an organization."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    name: str | None = plain(description="Name of the repository, for example `acme/shop`.")
    url: str | None = plain(description="URL of the repository.")
    provider: RepositoryProvider | None = plain(description="Provider of the repository.")
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

    @batch(repository_commit_pages)
    @paged
    def commits(*, page: PageArguments) -> CommitConnection | None:
        """Commits of the repository, newest first. One call per repository."""
        return list_options(page)
