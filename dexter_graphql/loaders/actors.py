"""Knows how "a user or a team" is looked up, which Sentry writes as `user:1` or `team:2`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, each
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.sentry.catalogue import members, teams
from dexter_graphql.sentry.parents import OrganizationRef, Parents

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
async def actors_by_key(keys: Sequence[ActorKey], load_context: LoadContext) -> Mapping[ActorKey, Any]:
    """Users and teams: one call for each of the two, none while nothing but their ids is asked for."""

    async def one(key: ActorKey) -> Any:
        bare = _bare(key, load_context)
        if bare is not None:
            return bare
        if key.kind == "team":
            return await load_context.load(teams_by_id, TeamKey(key.organization, key.id))
        return await load_context.load(users_by_id, UserKey(key.organization, key.id))

    return await each(keys, one, width=len(keys))


def _bare(key: ActorKey, load_context: LoadContext) -> Any:
    """A record with the id alone, when that is all that will be read."""
    projection = load_context.loaders.projections.projection(TYPENAMES[key.kind], "embedded", load_context.selection)
    if any(member.wire != "id" for member in projection.members):
        return None
    body = msgspec.json.encode({"id": key.id})
    return load_context.client.records.decode_one(body, projection, (), Parents(key.organization))
