"""Searches by priority on releases of Sentry that have no priorities of issues, and therefore find nothing."""

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.parameters import COLLAPSE_ALL, RETENTION
from dexter_graphql.loaders.lists import ListOptions
from dexter_graphql.loaders.search import Search
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import FeatureUnavailable
from dexter_graphql.sentry.parents import Parents

PRIORITY_KEY = "issue.priority"
"""Search key that older releases take for the name of a tag."""


async def check_priorities(parents: Parents, options: ListOptions, load_context: LoadContext) -> None:
    """Raise FeatureUnavailable when the release has no priorities; one call, where a search by priority found nothing.

    Nothing is said where there is no issue at all to look at.
    """
    searches = [value for _, value in options.query if isinstance(value, Search)]
    organization = parents.organization
    if not any(search.has_key(PRIORITY_KEY) for search in searches) or load_context.client.is_saas(organization):
        return
    rows = await load_context.client.get_json(
        catalogue.LIST,
        load_context.call_context,
        parents=Parents(organization),
        query=(*RETENTION, *COLLAPSE_ALL, ("limit", "1"), ("query", "")),
    )
    if isinstance(rows, list) and any(isinstance(row, dict) and "priority" not in row for row in rows):
        message = "This release of Sentry has no priorities of issues, so that it cannot search for them"
        raise FeatureUnavailable(message, title=catalogue.LIST.title)
