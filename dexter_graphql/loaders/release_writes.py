"""Writes to releases and their deploys."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.releases import ReleaseKey, release_parents
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.parents import Parents

CREATED = 201
"""Status of the answer when the release did not exist; it is 208 when Sentry updated one with that version."""
Body = dict[str, Any]


class CreatedRelease(NamedTuple):
    """A release after its creation; `is_new` is False when it had existed."""

    release: Any
    is_new: bool


async def create_release(key: ReleaseKey, body: Body, load_context: LoadContext) -> CreatedRelease:
    """Create a release, or update the one with the same version."""
    created = {"version": key.version, **body}
    reply = await load_context.send(catalogue.CREATE, Parents(key.organization), body=created)
    return CreatedRelease(_release(key, reply, load_context), reply.status == CREATED)


async def update_release(key: ReleaseKey, body: Body, load_context: LoadContext) -> Any:
    """Change a release and return it."""
    reply = await load_context.send(catalogue.UPDATE, release_parents(key), path={"release": key.version}, body=body)
    return _release(key, reply, load_context)


async def delete_release(key: ReleaseKey, load_context: LoadContext) -> None:
    """Delete a release."""
    await load_context.send(catalogue.DELETE, release_parents(key), path={"release": key.version})
    load_context.loaders.clear()


async def create_deploy(key: ReleaseKey, body: Body, load_context: LoadContext) -> Any:
    """Record a deploy of a release and return it."""
    parents, path = release_parents(key), {"release": key.version}
    reply = await load_context.send(catalogue.CREATE_DEPLOY, parents, path=path, body=body)
    load_context.loaders.clear()
    projection = load_context.child("deploy", "Deploy").projection("list")
    return load_context.client.records.decode_one(reply.body, projection, (), parents)


def _release(key: ReleaseKey, reply: Reply, load_context: LoadContext) -> Any:
    load_context.loaders.clear()
    projection = load_context.child("release", "Release").projection("list")
    return load_context.client.records.decode_one(reply.body, projection, (), release_parents(key))
