"""What all mutations share that publish the changes they make."""

from dexter_graphql.graph.context import context_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.realtime.changes import Change, Origin
from dexter_graphql.realtime.snapshots import ChangeSource
from dexter_graphql.sentry.parents import OrganizationRef


def mutation_source(organization: OrganizationRef, action: str, load_context: LoadContext) -> ChangeSource:
    """The source of a change that this operation has just made."""
    now = context_of(load_context).services.clock.now()
    return ChangeSource(organization.slug, action, Origin.MUTATION, None, now, now)


async def announce(change: Change, load_context: LoadContext) -> None:
    """Publish a change that this operation has made."""
    await context_of(load_context).services.changes.announce(change)
