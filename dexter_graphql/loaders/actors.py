"""Loader of actors: users and teams, which Sentry writes as `user:1` or `team:2`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, each
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.sentry.catalogue import members, teams
from dexter_graphql.sentry.parents import OrganizationRef, Parents

ACTOR_TYPENAMES = {"user": "User", "team": "Team"}


class ActorKey(NamedTuple):
    """A user or a team of an organization; `kind` is `user` or `team`."""

    organization: OrganizationRef
    kind: str
    id: str


def actor_key(organization: OrganizationRef, kind: object, actor_id: object) -> ActorKey | None:
    """The key of an actor; None without an ID, and for kinds that are neither user nor team."""
    if kind not in ACTOR_TYPENAMES or not isinstance(actor_id, (int, str)) or actor_id == "":
        return None
    return ActorKey(organization, str(kind), str(actor_id))


def parse_actor(organization: OrganizationRef, text: str | None) -> ActorKey | None:
    """The key of an actor written as `kind:id`."""
    kind, _, actor_id = (text or "").partition(":")
    return actor_key(organization, kind, actor_id)


@bulk(target="User", uses=(members.LIST, teams.LIST), is_shared=False)
async def actors_by_key(keys: Sequence[ActorKey], load_context: LoadContext) -> Mapping[ActorKey, Any]:
    """Users and teams: one call for each of the two, none while only IDs are selected."""

    async def load_actor(key: ActorKey) -> Any:
        reference = _reference(key, load_context)
        if reference is not None:
            return reference
        if key.kind == "team":
            return await load_context.load(teams_by_id, TeamKey(key.organization, key.id))
        return await load_context.load(users_by_id, UserKey(key.organization, key.id))

    return await each(keys, load_actor, width=len(keys))


def _reference(key: ActorKey, load_context: LoadContext) -> Any:
    """A record with the ID alone when nothing else is selected, otherwise None."""
    projection = load_context.loaders.projections.projection(
        ACTOR_TYPENAMES[key.kind], "embedded", load_context.selection
    )
    if any(member.wire != "id" for member in projection.members):
        return None
    body = msgspec.json.encode({"id": key.id})
    return load_context.client.records.decode_one(body, projection, (), Parents(key.organization))
