"""Loaders of a project's issues: from the list of the organization or its own, and by grouping hashes."""

from typing import Any

from dexter_graphql.loaders.base import LoadContext, fan_out, two_calls_per_key
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.lists import IssuePage, issue_page, narrowed_page, row_projection
from dexter_graphql.loaders.issues.selection import ONLY_ID
from dexter_graphql.loaders.lists import ListOptions, fetch_list
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import Forbidden, MissingRoute, SentryError
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import first_invalid, without_invalid_rows

OWN_PARAMETERS = frozenset({"query", "sort"})
"""Filters that the project's own list takes."""


@fan_out(target="Issue", uses=(catalogue.LIST, catalogue.PROJECT_LIST, *REFERENCE_ENDPOINTS))
async def project_issue_pages(key: ProjectKey, load_context: LoadContext) -> Any:
    """A page of the issues of a project; options are ListOptions.

    It comes from the list of the organization and, where that is closed to the credential, from the project's own,
    which has no time ranges, environments and figures.
    """
    options: ListOptions = load_context.options
    names = {name for name, _ in options.query}
    if options.time_range is not None or not names <= OWN_PARAMETERS or load_context.has("edges.inRange"):
        return await _organization_page(key, load_context)
    return await load_context.organizations.capabilities.prefer(
        f"{catalogue.LIST.name} {key.organization.id} {load_context.call_context.upstream.key}",
        key.organization,
        preferred=lambda: _organization_page(key, load_context),
        fallback=lambda: _own_page(key, load_context),
        is_refusal=_is_closed,
    )


@fan_out(target="Issue", uses=(catalogue.PROJECT_LIST, *issues_by_id.uses), cost=two_calls_per_key)
async def issues_by_hash(key: ProjectKey, load_context: LoadContext) -> list[Any]:
    """The issues of a project whose events were grouped by the hashes that are the options.

    The list has fewer members than others, so that the issues are loaded by the IDs in it.
    """
    rows = await load_context.get_rows(
        catalogue.PROJECT_LIST,
        Parents(key.organization),
        path={"project": key.id},
        query=(("statsPeriod", ""), *repeated("hashes", load_context.options)),
        projection=ONLY_ID,
    )
    keys = [IssueKey(key.organization, str(row.id)) for row in rows if not first_invalid(row, "id")]
    issues = (await load_context.load_each(issues_by_id, keys)).values()
    return without_invalid_rows([*issues, *(row for row in rows if isinstance(row, Exception))])


async def _organization_page(key: ProjectKey, load_context: LoadContext) -> IssuePage:
    options: ListOptions = load_context.options
    narrowed = options._replace(query=(*options.query, ("project", key.id)))
    page = await narrowed_page(key.organization, narrowed, load_context)
    if isinstance(page, Exception):
        raise page
    issues: IssuePage = page
    return issues


async def _own_page(key: ProjectKey, load_context: LoadContext) -> IssuePage:
    page = await fetch_list(
        catalogue.PROJECT_LIST,
        Parents(key.organization),
        load_context,
        path={"project": key.id},
        query=(("statsPeriod", ""),),
        projection=load_context.memoized("own_page", lambda: row_projection("base", load_context)),
    )
    return issue_page(page)


def _is_closed(error: SentryError) -> bool:
    return isinstance(error, (Forbidden, MissingRoute))
