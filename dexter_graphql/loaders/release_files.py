"""Loaders of the files of releases, and writes to them.

A file belongs to a release of an organization. Sentry has each operation a second time below a project, for tokens and
callers that see this project alone.
"""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import fetch_list
from dexter_graphql.loaders.releases import ReleaseKey, ReleaseProjectKey
from dexter_graphql.sentry.catalogue import release_files as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.narrowing.request import EndpointRequest
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import Parents


class ReleaseFileKey(NamedTuple):
    """A file of a release, by Sentry's ID."""

    release: ReleaseKey
    id: str


@fan_out(target="ReleaseFile", uses=(catalogue.DETAIL,), is_shared=True)
async def release_files_by_id(key: ReleaseFileKey, load_context: LoadContext) -> Any:
    """A file of a release; None when it does not exist."""
    return await load_context.get_or_none(catalogue.DETAIL, file_parents(key.release), path=file_path(key))


@fan_out(target="ReleaseFile", uses=(catalogue.LIST,))
async def release_file_pages(key: ReleaseKey, load_context: LoadContext) -> Slice:
    """A page of a release's files; options are ListOptions."""
    return await fetch_list(catalogue.LIST, file_parents(key), load_context, path={"release": key.version})


@fan_out(target="ReleaseFile", uses=(catalogue.PROJECT_LIST,))
async def project_release_file_pages(key: ReleaseProjectKey, load_context: LoadContext) -> Slice:
    """A page of a release's files, as a project lists them; options are ListOptions."""
    parents = file_parents(key.release, key.project)
    path = {"project": key.project, "release": key.release.version}
    return await fetch_list(catalogue.PROJECT_LIST, parents, load_context, path=path)


async def project_release_file(key: ReleaseFileKey, project: str, load_context: LoadContext) -> Any:
    """A file of a release in a project; None when it does not exist there."""
    parents = file_parents(key.release, project)
    return await load_context.get_or_none(catalogue.PROJECT_DETAIL, parents, path=file_path(key, project))


async def rename_release_file(key: ReleaseFileKey, project: str | None, name: str, load_context: LoadContext) -> Any:
    """Change the name of a file, by the operation of the project if one is given; returns the file."""
    endpoint = form_of(catalogue.RENAME, catalogue.PROJECT_RENAME, project)
    parents = file_parents(key.release, project)
    reply = await load_context.send(endpoint, parents, path=file_path(key, project), body={"name": name})
    load_context.loaders.clear()
    projection = load_context.child("file", "ReleaseFile").projection("detail")
    return load_context.client.records.decode_one(reply.body, projection, (), parents)


async def delete_release_file(key: ReleaseFileKey, project: str | None, load_context: LoadContext) -> None:
    """Delete a file, by the operation of the project if one is given."""
    endpoint = form_of(catalogue.DELETE, catalogue.PROJECT_DELETE, project)
    await load_context.send(endpoint, file_parents(key.release, project), path=file_path(key, project))
    load_context.loaders.clear()


async def prepare_upload(key: ReleaseKey, project: str | None, load_context: LoadContext) -> EndpointRequest:
    """The request that uploads a file to a release.

    It is checked as far as that is possible without a call: raises InvalidParameter, OutOfReach and NotFound.
    """
    endpoint = form_of(catalogue.UPLOAD, catalogue.PROJECT_UPLOAD, project)
    path = {"release": key.version} if project is None else {"release": key.version, "project": project}
    endpoint.encode_path({"organization": key.organization.slug, **path})
    request = EndpointRequest(endpoint, file_parents(key, project), path)
    return await load_context.client.narrow(request, load_context.call_context)


def form_of(endpoint: Endpoint, project_endpoint: Endpoint, project: str | None) -> Endpoint:
    """The operation of the organization, or that of a project."""
    return endpoint if project is None else project_endpoint


def file_parents(key: ReleaseKey, project: str | None = None) -> Parents:
    """Parents of the files of a release, with the project below which they are read."""
    return Parents(key.organization, release=key.version, project=project)


def file_path(key: ReleaseFileKey, project: str | None = None) -> dict[str, str]:
    """Path parameters of a file."""
    path = {"release": key.release.version, "file": key.id}
    return path if project is None else {**path, "project": project}
