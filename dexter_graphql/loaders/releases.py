"""Knows how releases are looked up, and what hangs below one: commits, deploys, files. Knows no release health."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, fan_out
from dexter_graphql.loaders.listing import WHOLE, pages
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Record, records, rescoped


class ReleaseKey(NamedTuple):
    """A release by its version, which is unique in its organization."""

    organization: OrganizationRef
    version: str


class ReleaseReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """A release of which the version is known; whatever else is asked of it is fetched."""

    typename = "Release"
    form = "reference"
    members = frozenset({"version"})

    version: str


@fan_out(target="Release", uses=(catalogue.DETAIL,), is_shared=True)
async def releases_by_version(key: ReleaseKey, lookup: Lookup) -> Any:
    """The detail of a release; None when there is no such version."""
    try:
        return await lookup.client.one(
            catalogue.DETAIL,
            lookup.ticket,
            lookup.shape("detail"),
            scope=release_scope(key),
            path={"release": key.version},
        )
    except NotFound:
        return None


@fan_out(target="Release", uses=(catalogue.LIST,))
async def release_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's releases, newest first; options are a Listing."""
    return _within(await pages(catalogue.LIST, scope, lookup))


@fan_out(target="Release", uses=(catalogue.LIST,))
async def project_release_pages(key: ProjectKey, lookup: Lookup) -> Slice:
    """A page of a project's releases, newest first; options are a Listing."""
    return _within(await pages(catalogue.LIST, Scope(key.organization), lookup, query=(("project", key.id),)))


@fan_out(target="Commit", uses=(catalogue.COMMITS,))
async def release_commit_pages(key: ReleaseKey, lookup: Lookup) -> Slice:
    """A page of a release's commits, newest first; options are a Listing."""
    return await pages(catalogue.COMMITS, release_scope(key), lookup, path={"release": key.version})


@fan_out(target="Deploy", uses=(catalogue.DEPLOYS,))
async def release_deploys(key: ReleaseKey, lookup: Lookup) -> list[Any]:
    """The deploys of a release, newest first."""
    return await _whole(catalogue.DEPLOYS, key, lookup)


@fan_out(target="CommitFile", uses=(catalogue.COMMIT_FILES,))
async def release_commit_files(key: ReleaseKey, lookup: Lookup) -> list[Any]:
    """The files that a release's commits changed."""
    return await _whole(catalogue.COMMIT_FILES, key, lookup)


def release_scope(key: ReleaseKey) -> Scope:
    """Scope of a release and of what hangs below it."""
    return Scope(key.organization, release=key.version)


def release_reference(scope: Scope) -> ReleaseReference | None:
    """The release that a scope names: a record that costs no call; None when it names none."""
    return None if scope.release is None else ReleaseReference(version=scope.release, scope=scope)


def search_value(version: str) -> str:
    """A version as a value in Sentry's search."""
    return '"' + version.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _within(page: Slice) -> Slice:
    """The same page with each release's own scope, for what its record embeds."""
    for row in records(page.rows):
        if isinstance(row.version, str):
            rescoped(row, row.scope.within(release=row.version))
    return page


async def _whole(endpoint: Endpoint, key: ReleaseKey, lookup: Lookup) -> list[Any]:
    found = await pages(endpoint, release_scope(key), lookup, wanted=WHOLE, path={"release": key.version})
    return found.rows
