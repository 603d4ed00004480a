"""The caller, and the Sentry user of the caller's own token."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.identity import Identity
from dexter_graphql.graph.lazy_types import UserType
from dexter_graphql.graph.relay.references import OrganizationReference, find_organization
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.members import own_user
from dexter_graphql.sentry.catalogue import members, organizations
from dexter_graphql.sentry.restriction import AccessLevel


@strawberry.enum(description="What a caller may do: `TRIAGE` includes `READ`, and `ADMIN` includes both.")
class CallerAccess(Enum):
    """Access levels."""

    READ = wire_value(AccessLevel.READ, "Read and subscribe.")
    TRIAGE = wire_value(AccessLevel.TRIAGE, "Change the state of issues: status, assignment, comments, links.")
    ADMIN = wire_value(AccessLevel.ADMIN, "Delete issues; create, change and delete anything else.")


@value_type
class Viewer:
    """Caller of this server."""

    @computed()
    def subject(identity: Identity) -> str:
        """Opaque name of the caller, the same in all requests until the server's secret changes."""
        return identity.caller.subject

    @computed()
    def name(identity: Identity) -> str | None:
        """Name of the caller, from the Dexter key or the login. Null when it is not known."""
        return identity.caller.name

    @computed()
    def email(identity: Identity) -> str | None:
        """E-mail address of the caller, from the Dexter key or the login. Null when it is not known."""
        return identity.caller.email

    @computed()
    def access(identity: Identity) -> CallerAccess:
        """What this server lets the caller do, as far as the token may do it."""
        return CallerAccess(identity.reach.access)

    @computed()
    def projects(identity: Identity) -> list[str] | None:
        """Projects that the caller may reach, as `organization/project`. Null for all that the token can see."""
        return None if identity.reach.projects is None else sorted(identity.reach.projects)

    @computed()
    def is_read_only(identity: Identity) -> bool:
        """True when this server rejects mutations of the caller, regardless of the token's permissions."""
        return identity.reach.is_read_only

    @call(uses=(organizations.LIST, organizations.DETAIL, members.DETAIL), target="User")
    async def user(
        identity: Identity,
        load_context: LoadContext,
        *,
        organization: Annotated[
            OrganizationReference | None,
            strawberry.argument(description="Organization of the user. By default, the token's first one."),
        ] = None,
    ) -> UserType | None:
        """User of the token, as a member of an organization.

        Null when the token is the server's, when it does not belong to a user, or when the user is not a member.
        """
        if identity.is_shared_token:
            return None
        if organization is None:
            reference = next(iter(await load_context.organizations.all(load_context.call_context)), None)
        else:
            reference = await find_organization(organization, load_context, "organization")
        return None if reference is None else await own_user(reference, load_context)


@strawberry.type
class ViewerQueries:
    """Root fields."""

    @call(is_personal=True)
    async def viewer(_root: Any, load_context: LoadContext) -> Viewer:
        """Caller of this request."""
        return context_of(load_context).identity
