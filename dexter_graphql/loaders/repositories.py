"""Knows how source repositories are looked up, and their commits."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, by_organization, fetch_list
from dexter_graphql.sentry.catalogue import repositories as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import only_records

EVERYTHING = 10_000
"""Keys that one list of repositories answers."""


class RepositoryKey(NamedTuple):
    """A repository by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


@bulk(target="Repository", uses=(catalogue.LIST,))
async def repositories_by_id(keys: Sequence[RepositoryKey], load_context: LoadContext) -> Mapping[RepositoryKey, Any]:
    """Repositories by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[RepositoryKey]) -> Mapping[RepositoryKey, Any]:
        page = await fetch_list(catalogue.LIST, Parents(organization), load_context, wanted=ALL_ROWS)
        return {RepositoryKey(organization, str(row.id)): row for row in only_records(page.rows)}

    return await by_organization(keys, listed, size=EVERYTHING)


@fan_out(target="Repository", uses=(catalogue.LIST,))
async def repository_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's repositories; options are a Listing."""
    return await fetch_list(catalogue.LIST, parents, load_context)


@fan_out(target="Commit", uses=(catalogue.COMMITS,))
async def repository_commit_pages(key: RepositoryKey, load_context: LoadContext) -> Slice:
    """A page of a repository's commits, newest first; options are a Listing."""
    return await fetch_list(catalogue.COMMITS, Parents(key.organization), load_context, path={"repository": key.id})
