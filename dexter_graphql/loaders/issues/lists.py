"""Loaders of issue lists: of an organization and of a release."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from typing_extensions import override

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.issues.parameters import RETENTION, pushdown, with_row_filter
from dexter_graphql.loaders.issues.priorities import check_priorities
from dexter_graphql.loaders.lists import ListOptions, fetch_list
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.loaders.search import Search, Term, quoted
from dexter_graphql.loaders.time_ranges import Interval
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadRequest, FeatureUnavailable
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Projection

NEWER_SORTS = frozenset({"trends", "recommended"})
"""Sort orders that older releases refuse with 400."""


@dataclass(frozen=True, slots=True)
class IssuePage(Slice):
    """Part of an issue list and its interval, which is None for the retention period."""

    interval: Interval | None = None

    @property
    @override
    def fragment_key(self) -> Hashable:
        return (self.interval, super(IssuePage, self).fragment_key)


def issue_page(page: Slice, interval: Interval | None = None) -> IssuePage:
    """The part of a list as one of an issue list."""
    members = (page.rows, page.positions, page.has_next, page.has_previous, page.hits, page.stopped)
    return IssuePage(*members, cache_entry=page.cache_entry, parents=page.parents, interval=interval)


@fan_out(target="Issue", uses=(catalogue.LIST, *REFERENCE_ENDPOINTS))
async def issue_pages(parents: Parents, load_context: LoadContext) -> IssuePage:
    """A page of the organization's issues; options are ListOptions."""
    options: ListOptions = load_context.options
    projection, pushed = load_context.memoized(
        ("issue_pages", options.row_filter), lambda: _list_projection(load_context)
    )
    interval = None if options.time_range is None else load_context.interval(options.time_range)
    query = (*(RETENTION if interval is None else interval.query), *pushed)
    try:
        page = await fetch_list(catalogue.LIST, parents, load_context, query=query, projection=projection)
    except BadRequest as error:
        raise _unknown_sort(error, options) or error from None
    if not page.rows:
        await check_priorities(parents, options, load_context)
    return issue_page(page, interval)


@fan_out(target="Issue", uses=(catalogue.LIST, *REFERENCE_ENDPOINTS))
async def release_issue_pages(key: ReleaseKey, load_context: LoadContext) -> Any:
    """A page of the issues seen in a release; options are ListOptions."""
    options = with_release_term("release", (key.version,), load_context.options)
    return await narrowed_page(key.organization, options, load_context)


@fan_out(target="Issue", uses=(catalogue.LIST, *REFERENCE_ENDPOINTS))
async def new_issue_pages(key: ReleaseKey, load_context: LoadContext) -> Any:
    """A page of the issues first seen in a release; options are ListOptions."""
    options = with_release_term("firstRelease", (key.version,), load_context.options)
    return await narrowed_page(key.organization, options, load_context)


def _unknown_sort(error: BadRequest, options: ListOptions) -> FeatureUnavailable | None:
    """The error for a sort order that the release lacks; None when the request was refused for another reason."""
    sort = next((str(value) for name, value in options.query if name == "sort"), "")
    if sort not in NEWER_SORTS or "sort" not in str(error).lower():
        return None
    return FeatureUnavailable(
        f"This release of Sentry cannot sort issues by `{sort}`", title=error.title, status=error.status
    )


def _list_projection(load_context: LoadContext) -> tuple[Projection, QueryParameters]:
    """The members of each row, as an issue and as its figures in the range, and the parameters that bring them."""
    projection = with_row_filter(row_projection("list", load_context), load_context)
    return projection, pushdown(projection)


def row_projection(representation: str, load_context: LoadContext) -> Projection:
    """The members of a row in a list of issues, as an issue in this representation and as its figures in the range."""
    in_range = load_context.child("edges.inRange", "IssueInRange")
    return load_context.merge_projections(load_context.projection(representation), in_range.projection("list"))


def with_release_term(term: str, versions: Sequence[str], options: ListOptions) -> ListOptions:
    """The options with a term for any of these releases in their search."""
    return with_term(Term(term, tuple(quoted(version) for version in versions)), options)


def with_term(term: Term, options: ListOptions) -> ListOptions:
    """The options with another term in their search."""
    query = tuple(
        (name, value.with_term(term) if isinstance(value, Search) else value) for name, value in options.query
    )
    return options._replace(query=query)


async def narrowed_page(organization: OrganizationRef, options: ListOptions, load_context: LoadContext) -> Any:
    """A page of the organization's issues with these options."""
    parents = Parents(organization)
    return (await issue_pages.load((parents,), replace(load_context, options=options)))[parents]
