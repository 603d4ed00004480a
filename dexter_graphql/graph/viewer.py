"""Who asks: the caller of this server, and the user of Sentry behind their token, when it is their own."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.identity import Identity
from dexter_graphql.graph.lazy_types import UserType
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.members import own_user
from dexter_graphql.sentry.catalogue import members, organizations


@value_type
class Viewer:
    """The caller of this server."""

    @computed()
    def subject(identity: Identity) -> str:
        """Name of the caller: opaque, the same for each of their requests until the server's secret changes."""
        return identity.caller.subject

    @computed()
    def is_read_only(identity: Identity) -> bool:
        """True when this server refuses the caller's mutations, whatever Sentry would say."""
        return identity.reach.is_read_only

    @call(uses=(organizations.LIST, members.DETAIL), target="User")
    async def user(
        identity: Identity,
        load_context: LoadContext,
        *,
        organization: Annotated[
            str | None,
            strawberry.argument(description="Slug of the organization to be seen in; the first one when left out."),
        ] = None,
    ) -> UserType | None:
        """The user whose token this is, as a member of an organization.

        Null when the token is the server's, when it belongs to no person, or when its person is no member there.
        """
        if identity.is_shared_token:
            return None
        if organization is None:
            found = next(iter(await load_context.organizations.all(load_context.call_context)), None)
        else:
            found = await load_context.organizations.find(load_context.call_context, organization)
        return None if found is None else await own_user(found, load_context)


@strawberry.type
class ViewerQueries:
    """Root."""

    @call(is_personal=True)
    async def viewer(_root: Any, load_context: LoadContext) -> Viewer:
        """Who asks."""
        return context_of(load_context).identity
