"""Loaders of source repositories and their commits."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_complete_list, fetch_all, fetch_list, find_row
from dexter_graphql.sentry.catalogue import repositories as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents


class RepositoryKey(NamedTuple):
    """A repository by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class CommitKey(NamedTuple):
    """A commit by the ID of its repository and its hash."""

    organization: OrganizationRef
    repository: str
    id: str


@fan_out(target="Repository", uses=(catalogue.LIST,), is_shared=True)
async def all_repositories(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All repositories of an organization."""
    return await fetch_all(catalogue.LIST, organization, load_context)


@bulk(target="Repository", uses=(catalogue.LIST,))
async def repositories_by_id(keys: Sequence[RepositoryKey], load_context: LoadContext) -> Mapping[RepositoryKey, Any]:
    """Repositories by ID, from the complete list of their organization."""
    return await by_complete_list(keys, load_context, all_repositories, "id", RepositoryKey)


@fan_out(target="Repository", uses=(catalogue.LIST,))
async def repository_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's repositories; options are ListOptions."""
    return await fetch_list(catalogue.LIST, parents, load_context)


@fan_out(target="Commit", uses=(catalogue.COMMITS,))
async def repository_commit_pages(key: RepositoryKey, load_context: LoadContext) -> Slice:
    """A page of a repository's commits, newest first; options are ListOptions."""
    return await fetch_list(catalogue.COMMITS, Parents(key.organization), load_context, path={"repository": key.id})


@fan_out(target="Commit", uses=(catalogue.COMMITS,), is_shared=True)
async def commits_by_hash(key: CommitKey, load_context: LoadContext) -> Any:
    """A commit, found among the newest 1000 of its repository, because Sentry has no endpoint for a single one."""
    path = {"repository": key.repository}
    return await find_row(catalogue.COMMITS, Parents(key.organization), load_context, path=path, row_id=key.id)
