"""Writes to workflows and detectors: replacing one, changing and deleting many."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.errors import UnknownReference
from dexter_graphql.loaders.base import CHUNK_SIZE, LoadContext, Loader, chunks
from dexter_graphql.loaders.lists import OrganizationKey
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.sentry.client import decode_json
from dexter_graphql.sentry.endpoint import Endpoint, Lifetime
from dexter_graphql.sentry.errors import BadResponse, NotFound
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection

SHOWN_CHARACTERS = 100
Members = Mapping[str, Any]
"""The members of a JSON object."""
Key = Any
"""An AlertKey or a MonitorKey."""


class KeptPart(NamedTuple):
    """A condition or an action in a change that stays as it is, by its ID."""

    id: str


@dataclass(frozen=True, slots=True)
class Resource:
    """The endpoints of workflows or of detectors, and how their answers are used.

    `parameter` is the name of the ID in paths. `writable` makes of an object as Sentry returns it the body that leaves
    it unchanged. `by_id` is the loader that answers `key`, in the members of `projection`.
    """

    parameter: str
    list: Endpoint
    detail: Endpoint
    create: Endpoint
    update: Endpoint
    delete: Endpoint
    update_many: Endpoint
    delete_many: Endpoint
    writable: Callable[[Members], dict[str, Any]]
    by_id: Loader
    key: Callable[[OrganizationRef, str], Key]
    projection: Callable[[LoadContext], AnyProjection]

    @property
    def uses_of_update(self) -> tuple[Endpoint, ...]:
        """What `update_object` calls."""
        return (self.detail, self.update)

    @property
    def uses_of_deletion(self) -> tuple[Endpoint, ...]:
        """What `delete_objects` calls."""
        return (self.delete, self.list, self.delete_many)


async def update_object(
    resource: Resource, key: Key, change: Callable[[Members], Members], load_context: LoadContext
) -> None:
    """Replace an object by itself with some members changed, so that nothing else of it is lost.

    `change` returns the members to change. The object is read past the cache; raises NotFound when it does not exist.
    """
    parents, path = Parents(key.organization), {resource.parameter: key.id}
    current = await read_object(resource.detail, parents, path, load_context)
    body = merge(resource.writable(current), change(current))
    reply = await load_context.send(resource.update, parents, path=path, body=body)
    use_answers(resource, key.organization, [decode_json(resource.update, reply)], load_context)


async def create_object(
    resource: Resource, parents: Parents, path: Mapping[str, str], body: Members, load_context: LoadContext
) -> Key | None:
    """Create an object; its key, None when Sentry's answer does not tell."""
    reply = await load_context.send(resource.create, parents, path=path, body=body)
    keys = use_answers(resource, parents.organization, [decode_json(resource.create, reply)], load_context)
    return next(iter(keys), None)


async def read_object(
    endpoint: Endpoint, parents: Parents, path: Mapping[str, str], load_context: LoadContext
) -> Members:
    """The members of an object, past the cache; raises NotFound when it does not exist."""
    reply = await load_context.send(replace(endpoint, lifetime=Lifetime.NEVER), parents, path=path)
    members = decode_json(endpoint, reply)
    if not isinstance(members, dict):
        raise BadResponse("Sentry's answer is no object", title=endpoint.title, status=reply.status)
    return members


def merge(members: Members, changes: Members) -> dict[str, Any]:
    """The members with the changes; `config` is merged itself."""
    merged = {**members, **changes}
    if "config" in changes:
        merged["config"] = {**(members.get("config") or {}), **changes["config"]}
    return merged


def keep_parts(parts: Sequence[Any], current: Iterable[Any], *field: str) -> list[Any]:
    """Conditions or actions, with those that are kept as they are now; `field` is the path of the list in the input.

    Raises UnknownReference for an ID that none of the present ones has.
    """
    by_id = {str(part.get("id")): part for part in current if isinstance(part, dict)}
    return [
        _kept_part(part, by_id, (*field, str(index))) if isinstance(part, KeptPart) else part
        for index, part in enumerate(parts)
    ]


def _kept_part(kept: KeptPart, by_id: Mapping[str, Any], field: tuple[str, ...]) -> Any:
    if kept.id not in by_id:
        raise UnknownReference(f"No part of this alert has the ID '{kept.id[:SHOWN_CHARACTERS]}'", (*field, "keep"))
    return by_id[kept.id]


async def set_enabled(
    resource: Resource, keys: Sequence[Key], load_context: LoadContext, *, is_enabled: bool
) -> set[Key]:
    """Enable or disable objects, 100 per call; the keys of those that exist."""
    changed: set[Key] = set()
    for organization, chunk in _chunks(keys):
        query, body = repeated("id", (key.id for key in chunk)), {"enabled": is_enabled}
        try:
            reply = await load_context.send(resource.update_many, Parents(organization), query=query, body=body)
        except NotFound:
            continue
        rows = decode_json(resource.update_many, reply)
        changed |= use_answers(resource, organization, rows if isinstance(rows, list) else [], load_context)
    return changed


async def delete_objects(resource: Resource, keys: Sequence[Key], load_context: LoadContext) -> set[Key]:
    """Delete objects, a single one by its own endpoint and several 100 per call; the keys of those that existed."""
    deleted = await (_delete_one if len(keys) == 1 else _delete_many)(resource, keys, load_context)
    load_context.loaders.clear()
    return deleted


def use_answers(
    resource: Resource, organization: OrganizationRef, rows: Iterable[Any], load_context: LoadContext
) -> set[Key]:
    """Make the objects that a write returned the results of lookups in the rest of the operation; their keys."""
    load_context.loaders.clear()
    decode, projection = load_context.client.records.decode_one, resource.projection(load_context)
    keys = set()
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("id"), (int, str)):
            key = resource.key(organization, str(row["id"]))
            record = decode(msgspec.json.encode(row), projection, (), Parents(organization))
            load_context.loaders.prime(resource.by_id, key, record)
            keys.add(key)
    return keys


async def _delete_one(resource: Resource, keys: Sequence[Key], load_context: LoadContext) -> set[Key]:
    [key] = keys
    try:
        await load_context.send(resource.delete, Parents(key.organization), path={resource.parameter: key.id})
    except NotFound:
        return set()
    return {key}


async def _delete_many(resource: Resource, keys: Sequence[Key], load_context: LoadContext) -> set[Key]:
    deleted: set[Key] = set()
    for organization, chunk in _chunks(keys):
        # Sentry does not say which of the IDs it deleted.
        ids = await _existing_ids(resource, organization, [key.id for key in chunk], load_context)
        if ids:
            await load_context.send(resource.delete_many, Parents(organization), query=repeated("id", ids))
        deleted |= {key for key in chunk if key.id in ids}
    return deleted


async def _existing_ids(
    resource: Resource, organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext
) -> list[str]:
    endpoint = replace(resource.list, lifetime=Lifetime.NEVER)
    query = (*repeated("id", ids), ("per_page", str(len(ids))))
    reply = await load_context.send(endpoint, Parents(organization), query=query)
    rows = decode_json(endpoint, reply)
    existing = {str(row.get("id")) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()
    return [number for number in ids if number in existing]


def _chunks(keys: Sequence[OrganizationKey]) -> list[tuple[OrganizationRef, Sequence[Any]]]:
    """The keys by organization, at most 100 together."""
    return [
        (organization, chunk)
        for organization in dict.fromkeys(key.organization for key in keys)
        for chunk in chunks([key for key in keys if key.organization == organization], CHUNK_SIZE)
    ]
