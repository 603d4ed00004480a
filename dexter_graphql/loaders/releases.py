"""Loaders of releases and their commits, deploys and files. Release health is in `release_health`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, call_per_key, each, fan_out
from dexter_graphql.loaders.lists import fetch_list, find_row
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, ParentRows, Projection, Record, first_invalid, only_records


class ReleaseKey(NamedTuple):
    """A release by its version, which is unique in its organization."""

    organization: OrganizationRef
    version: str


class DeployKey(NamedTuple):
    """A deploy of a release, by Sentry's ID."""

    release: ReleaseKey
    id: str


class CommitFileKey(NamedTuple):
    """A file that a commit of a release changed, by Sentry's ID of the change."""

    release: ReleaseKey
    id: str


class ReleaseProjectKey(NamedTuple):
    """A release in one of its projects, by the ID of the project."""

    release: ReleaseKey
    project: str


class ReleaseReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """A release of which the version is known; its other members are fetched on demand."""

    typename = "Release"
    representation = "reference"
    members = frozenset({"version"})

    version: str


SETUP_STEP = Projection("ReleaseSetup", "list", (Field("step", "step", str), Field("complete", "complete", bool)))


class ReleaseVersion(msgspec.Struct, frozen=True, gc=False):
    """A release as commits embed it."""

    version: str


@fan_out(target="Release", uses=(catalogue.DETAIL,), is_shared=True)
async def releases_by_version(key: ReleaseKey, load_context: LoadContext) -> Any:
    """The detail of a release; None when it does not exist."""
    return await load_context.get_or_none(catalogue.DETAIL, release_parents(key), path={"release": key.version})


@fan_out(target="Release", uses=(catalogue.LIST, *REFERENCE_ENDPOINTS))
async def release_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's releases, newest first; options are ListOptions."""
    return await fetch_list(
        catalogue.LIST, parents, load_context, projection=release_rows(load_context.projection("list"))
    )


@bulk(
    target="Release",
    uses=(catalogue.PROJECT_LIST, catalogue.LIST, *REFERENCE_ENDPOINTS),
    is_shared=False,
    cost=call_per_key,
)
async def project_release_pages(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """A page of each project's releases, newest first; options are ListOptions. A single project has its own list."""
    endpoint = catalogue.PROJECT_LIST if len(keys) == 1 else catalogue.LIST
    projection = release_rows(load_context.projection("list"))

    async def fetch(key: ProjectKey) -> Slice:
        parents = Parents(key.organization)
        if endpoint is catalogue.PROJECT_LIST:
            path = {"project": key.id}
            return await fetch_list(endpoint, parents, load_context, path=path, projection=projection)
        query = (("project", key.id),)
        return await fetch_list(endpoint, parents, load_context, query=query, projection=projection)

    return await each(keys, fetch)


@fan_out(target="Commit", uses=(catalogue.PROJECT_COMMITS,))
async def project_release_commit_pages(key: ReleaseProjectKey, load_context: LoadContext) -> Slice:
    """A page of a release's commits in a project, newest first; options are ListOptions."""
    path = {"project": key.project, "release": key.release.version}
    return await fetch_list(
        catalogue.PROJECT_COMMITS,
        release_parents(key.release),
        load_context,
        path=path,
        projection=commit_projection(load_context),
    )


@fan_out(target="ReleaseSetup", uses=(catalogue.SETUP,))
async def release_setup(key: ProjectKey, load_context: LoadContext) -> dict[str, bool]:
    """The steps of a project's release setup, and whether each is complete."""
    rows = await load_context.get_rows(
        catalogue.SETUP, Parents(key.organization), path={"project": key.id}, projection=SETUP_STEP
    )
    return {row.step: row.complete for row in only_records(rows) if first_invalid(row, "step", "complete") is None}


@fan_out(target="Commit", uses=(catalogue.COMMITS,))
async def release_commit_pages(key: ReleaseKey, load_context: LoadContext) -> Slice:
    """A page of a release's commits, newest first; options are ListOptions."""
    return await fetch_list(
        catalogue.COMMITS,
        release_parents(key),
        load_context,
        path={"release": key.version},
        projection=commit_projection(load_context),
    )


@fan_out(target="Deploy", uses=(catalogue.DEPLOYS,))
async def release_deploy_pages(key: ReleaseKey, load_context: LoadContext) -> Slice:
    """A page of a release's deploys, newest first; options are ListOptions."""
    return await fetch_list(catalogue.DEPLOYS, release_parents(key), load_context, path={"release": key.version})


@fan_out(target="Deploy", uses=(catalogue.DEPLOYS,), is_shared=True)
async def deploys_by_id(key: DeployKey, load_context: LoadContext) -> Any:
    """A deploy, found among those of its release, because Sentry has no endpoint for a single one."""
    parents, path = release_parents(key.release), {"release": key.release.version}
    return await find_row(catalogue.DEPLOYS, parents, load_context, path=path, row_id=key.id)


@fan_out(target="CommitFile", uses=(catalogue.COMMIT_FILES,))
async def release_commit_file_pages(key: ReleaseKey, load_context: LoadContext) -> Slice:
    """A page of the files that a release's commits changed; options are ListOptions."""
    return await fetch_list(catalogue.COMMIT_FILES, release_parents(key), load_context, path={"release": key.version})


@fan_out(target="CommitFile", uses=(catalogue.COMMIT_FILES,), is_shared=True)
async def commit_files_by_id(key: CommitFileKey, load_context: LoadContext) -> Any:
    """A changed file, found among those of its release, because Sentry has no endpoint for a single one."""
    parents, path = release_parents(key.release), {"release": key.release.version}
    return await find_row(catalogue.COMMIT_FILES, parents, load_context, path=path, row_id=key.id)


def release_parents(key: ReleaseKey) -> Parents:
    """Parents of a release and of the objects in it."""
    return Parents(key.organization, release=key.version)


def release_reference(parents: Parents) -> ReleaseReference | None:
    """The release in `parents` as a record that costs no call; None when there is none."""
    return None if parents.release is None else ReleaseReference(version=parents.release, parents=parents)


def releases_of_commit(row: Any) -> list[ReleaseReference] | None:
    """The releases that contain a commit, as records that cost no call; None when Sentry did not send them."""
    releases: list[ReleaseVersion | None] | None = getattr(row, "releases", None)
    if releases is None:
        return None
    return [
        ReleaseReference(version=release.version, parents=row.parents.within(release=release.version))
        for release in releases
        if release is not None
    ]


def commit_projection(load_context: LoadContext) -> Projection:
    """The members of each commit of a release, with its releases when they are selected on the edges."""
    return load_context.memoized("release_commits", lambda: _release_commits(load_context))


def _release_commits(load_context: LoadContext) -> Projection:
    projection = load_context.projection("list")
    if not load_context.has("edges.releases"):
        return projection
    releases = Field("releases", "releases", list[ReleaseVersion | None])
    return load_context.merge_projections(projection, Projection("Commit", "list", (releases,)))


def release_rows(projection: Projection) -> ParentRows:
    """Rows of a release list, each the parent of the objects that it embeds."""
    return ParentRows(projection, _own_parents)


def _own_parents(row: Any, parents: Parents) -> Parents:
    """The release itself, as the parent of the objects that its record embeds."""
    return parents.within(release=row.version) if isinstance(row.version, str) else parents
