"""References to saved queries."""

from typing import Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.references import GLOBAL_ID, ONE_NAME, SENTRY_ID, given_name, member
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.saved_queries import SavedQueryKey, saved_queries_by_id
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.input(one_of=True, description=f"A saved query. {ONE_NAME}")
class SavedQueryReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


async def find_saved_query(value: SavedQueryReference, organization: OrganizationRef, load_context: LoadContext) -> Any:
    """A saved query of the organization, None when it does not exist; the reference stands at `reference`."""
    by, text = given_name(value, ("reference",))
    with within("reference", by):
        home, number = key_from_id(text, "SavedQuery", 2) if by == "id" else (organization.id, text)
    if home != organization.id:
        return None
    return await load_context.load(saved_queries_by_id, SavedQueryKey(organization, number))
