"""Knows how source repositories are looked up, and their commits."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, fan_out
from dexter_graphql.loaders.listing import WHOLE, by_organization, pages
from dexter_graphql.sentry.catalogue import repositories as catalogue
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import records

EVERYTHING = 10_000
"""Keys that one list of repositories answers."""


class RepositoryKey(NamedTuple):
    """A repository by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


@bulk(target="Repository", uses=(catalogue.LIST,))
async def repositories_by_id(keys: Sequence[RepositoryKey], lookup: Lookup) -> Mapping[RepositoryKey, Any]:
    """Repositories by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[RepositoryKey]) -> Mapping[RepositoryKey, Any]:
        page = await pages(catalogue.LIST, Scope(organization), lookup, wanted=WHOLE)
        return {RepositoryKey(organization, str(row.id)): row for row in records(page.rows)}

    return await by_organization(keys, listed, size=EVERYTHING)


@fan_out(target="Repository", uses=(catalogue.LIST,))
async def repository_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's repositories; options are a Listing."""
    return await pages(catalogue.LIST, scope, lookup)


@fan_out(target="Commit", uses=(catalogue.COMMITS,))
async def repository_commit_pages(key: RepositoryKey, lookup: Lookup) -> Slice:
    """A page of a repository's commits, newest first; options are a Listing."""
    return await pages(catalogue.COMMITS, Scope(key.organization), lookup, path={"repository": key.id})
