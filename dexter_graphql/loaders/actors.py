"""Knows how "a user or a team" is looked up, which Sentry writes as `user:1` or `team:2`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import Lookup, bulk, each
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.sentry.catalogue import members, teams
from dexter_graphql.sentry.scope import OrganizationRef, Scope

TYPENAMES = {"user": "User", "team": "Team"}


class ActorKey(NamedTuple):
    """A user or a team of an organization; `kind` is `user` or `team`."""

    organization: OrganizationRef
    kind: str
    id: str


def actor_key(organization: OrganizationRef, text: str | None) -> ActorKey | None:
    """The key in Sentry's `kind:id`; None for nobody, and for kinds that are neither user nor team."""
    kind, _, number = (text or "").partition(":")
    return ActorKey(organization, kind, number) if kind in {"user", "team"} and number else None


@bulk(target="User", uses=(members.LIST, teams.LIST), is_shared=False)
async def actors_by_key(keys: Sequence[ActorKey], lookup: Lookup) -> Mapping[ActorKey, Any]:
    """Users and teams: one call for each of the two, none while nothing but their ids is asked for."""

    async def one(key: ActorKey) -> Any:
        bare = _bare(key, lookup)
        if bare is not None:
            return bare
        if key.kind == "team":
            return await lookup.load(teams_by_id, TeamKey(key.organization, key.id))
        return await lookup.load(users_by_id, UserKey(key.organization, key.id))

    return await each(keys, one, width=len(keys))


def _bare(key: ActorKey, lookup: Lookup) -> Any:
    """A record with the id alone, when that is all that will be read."""
    shape = lookup.batches.shaper.shape(TYPENAMES[key.kind], "embedded", lookup.selection)
    if any(member.wire != "id" for member in shape.members):
        return None
    body = msgspec.json.encode({"id": key.id})
    return lookup.client.records.decode_one(body, shape, (), Scope(key.organization))
