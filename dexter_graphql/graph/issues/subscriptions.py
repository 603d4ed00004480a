"""Subscriptions to changes of issues."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.changes.arguments import SUBSCRIPTION_ENDPOINTS, After
from dexter_graphql.graph.changes.sources import ChangeSource, changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields, VisibleChange
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.issues.change_filter import IssueChangeFilter, change_conditions
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.relay.references import OrganizationReference, find_organization
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.realtime.changes import Kind, Stream
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.parents import Parents

PERSONAL = frozenset({"hasSeen", "isBookmarked", "isSubscribed", "subscriptionDetails"})
"""Members that depend on the credential: those in a change's object belong to its author, not to the subscriber."""


@value_type
class IssueChange(ChangeFields):
    """A change of an issue."""

    @call(uses=(catalogue.DETAIL,), target="Issue")
    async def issue(visible: VisibleChange, load_context: LoadContext) -> IssueType | None:
        """The issue right after the change; null when it was deleted."""
        change, parents = visible.change, Parents(visible.organization)
        if change.kind is Kind.DELETED or change.subject is None:
            return None
        if change.object is None or load_context.reads("base") & PERSONAL:
            return await load_context.load(issues_by_id, IssueKey(visible.organization, change.subject))
        return load_context.client.records.decode_one(change.object, load_context.projection("base"), (), parents)


@value_type
class IssueChanged(StreamItemFields):
    """One item of a stream of changes: a change or a gap."""

    @computed()
    def change(item: StreamItem) -> IssueChange | None:
        """The change; null when this item is a gap."""
        return item.change


@strawberry.type
class IssueSubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def issue_changed(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Annotated[
            OrganizationReference, strawberry.argument(description="Organization whose issues are followed.")
        ],
        filter: Annotated[
            IssueChangeFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[IssueChanged, None]:
        """Changes of the issues that the token may read, from webhooks and from mutations of this server.

        Changes of projects whose issues the token may not read are left out. The stream ends when Sentry rejects the
        token.
        """
        reference = await find_organization(organization, load_context, "organization")
        conditions = await change_conditions(filter, reference, load_context)
        source = ChangeSource(reference, Stream.ISSUES, conditions)
        return await changes_of(source, after, context_of(load_context))
