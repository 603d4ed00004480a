"""Root fields of issues."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.issues.types import Issue
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.node_lookup import find_node
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.sentry.catalogue import organizations


@strawberry.type
class IssueQueries:
    """Root fields."""

    @call(uses=(organizations.DETAIL, *issues_by_id.uses))
    async def issue(
        _root: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global ID of the issue.")],
    ) -> Issue | None:
        """Issue by global ID. Null when it does not exist. For short IDs, see `Organization.issue`."""
        with within("id"):
            key_from_id(id, "Issue", 2)
        return await find_node(id, load_context, "id")
