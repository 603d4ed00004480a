"""Subscription to changes of releases."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields, VisibleChange
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import LIST, call, computed, value_type
from dexter_graphql.graph.releases.change_filter import DEPLOY, ReleaseChangeFilter, release_conditions
from dexter_graphql.graph.releases.details import Deploy
from dexter_graphql.graph.releases.types import Release
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.releases import DeployKey, ReleaseKey, deploys_by_id, release_parents, releases_by_version
from dexter_graphql.realtime.changes import Kind, Stream
from dexter_graphql.sentry.catalogue import releases as catalogue


def _key(visible: VisibleChange) -> ReleaseKey | None:
    version = visible.change.subject
    return None if version is None else ReleaseKey(visible.organization, version)


@value_type
class ReleaseChange(ChangeFields):
    """A change of a release."""

    @computed()
    def version(visible: VisibleChange) -> str | None:
        """Complete version of the release."""
        return visible.change.subject

    @call(uses=(catalogue.DETAIL,), target="Release")
    async def release(visible: VisibleChange, load_context: LoadContext) -> Release | None:
        """The release right after the change; null when it was deleted.

        One call for a deploy, and for a release in several projects.
        """
        change, key = visible.change, _key(visible)
        if change.kind is Kind.DELETED or key is None:
            return None
        if change.entity == DEPLOY or change.object is None or len(change.projects) > 1:
            # The object was read by another caller: it names projects that this one may not read.
            return await load_context.load(releases_by_version, key)
        projection = load_context.projection(LIST)
        return load_context.client.records.decode_one(change.object, projection, (), release_parents(key))

    @call(uses=(catalogue.DEPLOYS,), target="Deploy")
    async def deploy(visible: VisibleChange, load_context: LoadContext) -> Deploy | None:
        """The deploy; null for other changes."""
        change, key = visible.change, _key(visible)
        if change.entity != DEPLOY or key is None:
            return None
        if change.object is None:
            return await load_context.load(deploys_by_id, DeployKey(key, change.state)) if change.state else None
        projection = load_context.projection(LIST)
        return load_context.client.records.decode_one(change.object, projection, (), release_parents(key))


@value_type
class ReleaseChanged(StreamItemFields):
    """One item of a stream of changes of releases: a change or a gap."""

    @computed()
    def change(item: StreamItem) -> ReleaseChange | None:
        """The change; null when this item is a gap."""
        return item.change


@strawberry.type
class ReleaseSubscriptions:
    """Root fields."""

    @call(uses=(catalogue.DETAIL, *SUBSCRIPTION_ENDPOINTS))
    async def release_changed(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            ReleaseChangeFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[ReleaseChanged, None]:
        """Releases that are created, published, deployed, changed or deleted.

        Sentry sends no webhooks about releases: changes come from mutations of this server, and new releases, their
        publication and deploys from polling as well. A change is sent when the token may read issues of one of the
        release's projects. The stream ends when Sentry rejects the token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await release_conditions(filter, followed, load_context)
        return await changes_of((Stream.RELEASES,), conditions, after, context_of(load_context))
