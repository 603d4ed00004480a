"""Writes to releases and their deploys."""

from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.releases import ReleaseKey, release_parents
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

CREATED = 201
"""Status of the answer when the release did not exist; it is 208 when Sentry updated one with that version."""
Body = dict[str, Any]


class ProjectSlug(msgspec.Struct, frozen=True, gc=False):
    """A project in a release."""

    slug: str


PROJECT_SLUGS = Projection("Release", "detail", (Field("projects", "projects", list[ProjectSlug] | None),))


class WrittenRelease(NamedTuple):
    """A release or a deploy after a write: as a record, and as Sentry sent it. `is_new` is False if it had existed."""

    record: Any
    raw: bytes
    is_new: bool = False


async def create_release(key: ReleaseKey, body: Body, load_context: LoadContext) -> WrittenRelease:
    """Create a release, or update the one with the same version."""
    created = {"version": key.version, **body}
    reply = await load_context.send(catalogue.CREATE, Parents(key.organization), body=created)
    return _release(key, reply, load_context)


async def update_release(key: ReleaseKey, body: Body, load_context: LoadContext) -> WrittenRelease:
    """Change a release and return it."""
    reply = await load_context.send(catalogue.UPDATE, release_parents(key), path={"release": key.version}, body=body)
    return _release(key, reply, load_context)


async def delete_release(key: ReleaseKey, load_context: LoadContext) -> None:
    """Delete a release."""
    await load_context.send(catalogue.DELETE, release_parents(key), path={"release": key.version})
    load_context.loaders.clear()


async def create_deploy(key: ReleaseKey, body: Body, load_context: LoadContext) -> WrittenRelease:
    """Record a deploy of a release and return it."""
    parents, path = release_parents(key), {"release": key.version}
    reply = await load_context.send(catalogue.CREATE_DEPLOY, parents, path=path, body=body)
    load_context.loaders.clear()
    projection = load_context.child("deploy", "Deploy").projection("list")
    return WrittenRelease(load_context.client.records.decode_one(reply.body, projection, (), parents), reply.body)


async def release_project_slugs(key: ReleaseKey, load_context: LoadContext) -> tuple[str, ...]:
    """The slugs of the projects of a release; none when it cannot be read."""
    parents, path = release_parents(key), {"release": key.version}
    try:
        release = await load_context.get(catalogue.DETAIL, parents, path=path, projection=PROJECT_SLUGS)
    except SentryError:
        return ()
    return () if first_invalid(release, "projects") else tuple(project.slug for project in release.projects or ())


def _release(key: ReleaseKey, reply: Reply, load_context: LoadContext) -> WrittenRelease:
    load_context.loaders.clear()
    projection = load_context.child("release", "Release").projection("list")
    record = load_context.client.records.decode_one(reply.body, projection, (), release_parents(key))
    return WrittenRelease(record, reply.body, reply.status == CREATED)
