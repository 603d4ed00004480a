"""Writes of cron monitors. Sentry replaces a monitor as a whole, so that what is not changed is read before."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.crons import CronKey, cron_parents, cron_path
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.sentry.catalogue import monitors as catalogue
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parents import OrganizationRef, Parents

CREATE_ENDPOINTS = (catalogue.CREATE,)
UPDATE_ENDPOINTS = (catalogue.CURRENT, catalogue.PROJECT_CURRENT, catalogue.UPDATE, catalogue.PROJECT_UPDATE)
DELETE_ENDPOINTS = (catalogue.DELETE, catalogue.PROJECT_DELETE)
Body = dict[str, Any]


class OwnerOfJob(msgspec.Struct, frozen=True):
    """`owner` of a job."""

    type: str
    id: str | int


class ProjectSlug(msgspec.Struct, frozen=True):
    """`project` of a job."""

    slug: str


class CurrentJob(msgspec.Struct, frozen=True, rename="camel"):
    """A job as it is, with all that a write replaces."""

    name: str
    slug: str
    project: ProjectSlug
    config: dict[str, Any]
    status: str | None = None
    is_muted: bool | None = None
    owner: OwnerOfJob | str | None = None


class WrittenJob(msgspec.Struct, frozen=True):
    """What the answer to a write tells about the job."""

    slug: str


async def create_cron(organization: OrganizationRef, body: Body, load_context: LoadContext) -> CronKey:
    """Create a job; Sentry makes its slug of its name when none is given."""
    reply = await load_context.send(catalogue.CREATE, Parents(organization), body=body)
    return _key_after(CronKey(organization, ""), reply.body, load_context)


async def update_cron(
    key: CronKey, changes: Mapping[str, Any], config: Mapping[str, Any], load_context: LoadContext
) -> CronKey:
    """Change members of a job and of its `config`; the others are sent as they are."""
    parents, path = cron_parents(key), cron_path(key)
    reply = await load_context.send(catalogue.PROJECT_CURRENT if key.project else catalogue.CURRENT, parents, path=path)
    body = {**_body_of(_decode(reply.body, CurrentJob)), **changes}
    body["config"] = {**body["config"], **config}
    endpoint = catalogue.PROJECT_UPDATE if key.project else catalogue.UPDATE
    reply = await load_context.send(endpoint, parents, path=path, body=body)
    return _key_after(key, reply.body, load_context)


async def delete_cron(key: CronKey, environments: Sequence[str], load_context: LoadContext) -> None:
    """Delete a job with its check-ins, or only some of its environments."""
    endpoint = catalogue.PROJECT_DELETE if key.project else catalogue.DELETE
    query = repeated("environment", environments)
    await load_context.send(endpoint, cron_parents(key), path=cron_path(key), query=query)
    load_context.loaders.clear()


def _body_of(job: CurrentJob) -> Body:
    body: Body = {"project": job.project.slug, "name": job.name, "slug": job.slug, "config": job.config}
    owner = job.owner if isinstance(job.owner, str) else f"{job.owner.type}:{job.owner.id}" if job.owner else None
    optional = {"status": job.status, "is_muted": job.is_muted, "owner": owner}
    return body | {name: value for name, value in optional.items() if value is not None}


def _key_after(key: CronKey, body: bytes, load_context: LoadContext) -> CronKey:
    load_context.loaders.clear()
    return key._replace(slug=_decode(body, WrittenJob).slug)


def _decode(body: bytes, kind: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidValue(f"The monitor in Sentry's answer cannot be read: {error}") from None
