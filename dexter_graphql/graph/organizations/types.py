"""Organizations: where everything else hangs."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.connections import DEFAULT_FIRST, MAX_FIRST, After, First, window
from dexter_graphql.graph.fields import DETAIL, batch, noun, plain
from dexter_graphql.graph.ids import node_id
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.issues.filters import IssueFilter, filter_query
from dexter_graphql.graph.issues.lists import IssueConnection
from dexter_graphql.graph.node import Node
from dexter_graphql.graph.ranges import TimeRange, range_query
from dexter_graphql.loaders.issues import IssueList, issue_pages
from dexter_graphql.loaders.organizations import organization_details
from dexter_graphql.sentry.scope import OrganizationRef, Scope

REFERENCE = "reference"


def organization_key(row: Any) -> OrganizationRef:
    """Key of an organization, from any record of it or below it."""
    return row.scope.organization


def organization_scope(row: Any) -> Scope:
    """The scope of everything in the organization."""
    return Scope(row.scope.organization)


@noun(forms=(REFERENCE, DETAIL), hydrate=organization_details, key=organization_key)
class Organization(Node):
    """A company or a group with its own projects, teams and members at Sentry."""

    id: strawberry.ID = node_id(lambda _row: ())
    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    slug: str = plain(description="Short name in addresses; may change, the id never does.")
    name: str | None = plain(forms=(DETAIL,), description="Name for people.")

    @batch(issue_pages, key=organization_scope, reads={})
    def issues(
        *,
        filter: Annotated[
            IssueFilter | None, strawberry.argument(description="Which issues; all when left out.")
        ] = None,  # the word of the graph
        range: Annotated[
            TimeRange | None,
            strawberry.argument(description="Only issues with events in this stretch; the last 90 days when left out."),
        ] = None,
        sort: Annotated[IssueSort, strawberry.argument(description="Order of the list.")] = IssueSort.LAST_SEEN,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> IssueConnection | None:
        """Issues of all projects."""
        wanted = window(first, after)
        query = (*filter_query(filter), *range_query(range, "90d"), ("sort", sort.value))
        return IssueList(query, wanted.first, wanted.after, MAX_FIRST)
