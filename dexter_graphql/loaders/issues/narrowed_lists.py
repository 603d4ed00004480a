"""Knows how the list of issues is narrowed to what a field hangs on: a project or a release."""

from dataclasses import replace
from typing import Any

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.issues.details import IssueList, issue_pages
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.releases import ReleaseKey, search_value
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.parents import OrganizationRef, Parents


@fan_out(target="Issue", uses=(catalogue.LIST,))
async def project_issue_pages(key: ProjectKey, load_context: LoadContext) -> Any:
    """A page of the issues of one project; options are an IssueList."""
    wanted: IssueList = load_context.options
    return await _narrowed(key.organization, wanted._replace(query=(*wanted.query, ("project", key.id))), load_context)


@fan_out(target="Issue", uses=(catalogue.LIST,))
async def release_issue_pages(key: ReleaseKey, load_context: LoadContext) -> Any:
    """A page of the issues seen in one release; options are an IssueList."""
    return await _narrowed(key.organization, _searching("release", key, load_context.options), load_context)


@fan_out(target="Issue", uses=(catalogue.LIST,))
async def new_issue_pages(key: ReleaseKey, load_context: LoadContext) -> Any:
    """A page of the issues that one release brought; options are an IssueList."""
    return await _narrowed(key.organization, _searching("firstRelease", key, load_context.options), load_context)


def _searching(word: str, key: ReleaseKey, wanted: IssueList) -> IssueList:
    """The same list with one more term in its search."""
    term = f"{word}:{search_value(key.version)}"
    query = tuple((name, f"{term} {value}".strip() if name == "query" else value) for name, value in wanted.query)
    return wanted._replace(query=query)


async def _narrowed(organization: OrganizationRef, wanted: IssueList, load_context: LoadContext) -> Any:
    parents = Parents(organization)
    return (await issue_pages.load((parents,), replace(load_context, options=wanted)))[parents]
