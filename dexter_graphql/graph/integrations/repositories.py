"""Source repositories that an organization has connected."""

from datetime import datetime

import strawberry

from dexter_graphql.graph.declarations.fields import batch, entity, plain, value_type
from dexter_graphql.graph.integrations.types import Integration
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.releases.parts import Commit
from dexter_graphql.loaders.integrations import IntegrationKey, integrations_by_id
from dexter_graphql.loaders.repositories import RepositoryKey, repositories_by_id, repository_commit_pages


@value_type
class RepositoryProvider:
    """Where a repository is kept."""

    key: str | None = plain("id", description="Sentry's word, for example `integrations:github`.")
    name: str | None = plain(description="Name for people, for example `GitHub`.")


@entity(key=RepositoryKey, load=repositories_by_id)
class Repository(Node):
    """A source repository that Sentry knows."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    name: str = plain(description="Name, for example `acme/shop`.")
    url: str | None = plain(description="Its address.")
    provider: RepositoryProvider | None = plain(description="Where it is kept.")
    status: str | None = plain(description="`active`, `disabled`, `hidden` or a newer word.")
    external_slug: str | None = plain("externalSlug", description="Its name in the other tool.")
    external_id: str | None = plain("externalId", type=int | str, convert=str, description="Its id in the other tool.")
    date_created: datetime = plain("dateCreated", description="When it was connected.")
    integration: Integration | None = batch(
        integrations_by_id,
        key=lambda row: IntegrationKey(row.parents.organization, str(row.integrationId)) if row.integrationId else None,
        reads={"integrationId": int | str | None},
        description="The integration that connects it; null when none does.",
    )
    organization: OrganizationType = organization_field()

    @batch(repository_commit_pages)
    @paged
    def commits(*, wanted: PageArguments) -> Connection[Commit] | None:
        """Its commits, newest first. One call for each repository."""
        return list_options(wanted)
