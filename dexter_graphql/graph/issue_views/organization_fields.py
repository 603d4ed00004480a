"""Fields of organizations for issue views."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.declarations.fields import batch
from dexter_graphql.graph.issue_views.types import IssueView, IssueViewCreator, IssueViewSort
from dexter_graphql.graph.organizations.organization_field import organization_parents
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options, search_parameter
from dexter_graphql.loaders.issue_views import issue_view_pages


@strawberry.type
class IssueViewFields:
    """Fields of Organization."""

    @batch(issue_view_pages, key=organization_parents, reads={})
    @paged
    def issue_views(
        *,
        created_by: Annotated[
            IssueViewCreator, strawberry.argument(description="Whose views are listed.")
        ] = IssueViewCreator.SELF,
        search: Annotated[
            str | None, strawberry.argument(description="Text in the name or in the filter of the views.")
        ] = None,
        sort: Annotated[
            IssueViewSort, strawberry.argument(description="Sort order of the views.")
        ] = IssueViewSort.NAME,
        page: PageArguments,
    ) -> Connection[IssueView] | None:
        """Issue views of the token's user, or those that other members share."""
        query = (("createdBy", created_by.value), *search_parameter(search), ("sort", sort.value))
        return list_options(page, query)
