"""Knows how "a user or a team" is looked up, which Sentry writes as `user:1` or `team:2`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, each
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.sentry.catalogue import members, teams
from dexter_graphql.sentry.scope import OrganizationRef


class ActorKey(NamedTuple):
    """A user or a team of an organization; `kind` is `user` or `team`."""

    organization: OrganizationRef
    kind: str
    id: str


def actor_key(organization: OrganizationRef, text: str | None) -> ActorKey | None:
    """The key in Sentry's `kind:id`; None for nobody, and for kinds that are neither user nor team."""
    kind, _, number = (text or "").partition(":")
    return ActorKey(organization, kind, number) if kind in {"user", "team"} and number else None


@bulk(target="User", uses=(members.LIST, teams.LIST))
async def actors_by_key(keys: Sequence[ActorKey], lookup: Lookup) -> Mapping[ActorKey, Any]:
    """Users and teams, one call for each of the two."""

    async def one(key: ActorKey) -> Any:
        if key.kind == "team":
            return await lookup.load(teams_by_id, TeamKey(key.organization, key.id))
        return await lookup.load(users_by_id, UserKey(key.organization, key.id))

    return await each(keys, one, width=len(keys))
