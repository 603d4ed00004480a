"""Subscriptions to changes of issues."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields, VisibleChange
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.issues.change_filter import IssueChangeFilter, issue_conditions
from dexter_graphql.graph.issues.seeds import issue_of_change
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.realtime.changes import Kind, Stream
from dexter_graphql.sentry.catalogue import issues as catalogue


@value_type
class IssueChange(ChangeFields):
    """A change of an issue."""

    @call(uses=(catalogue.DETAIL,), target="Issue")
    async def issue(visible: VisibleChange, load_context: LoadContext) -> IssueType | None:
        """The issue right after the change; null when it was deleted."""
        change = visible.change
        if change.kind is Kind.DELETED or change.subject is None:
            return None
        return await issue_of_change(IssueKey(visible.organization, change.subject), change.object, load_context)


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
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            IssueChangeFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[IssueChanged, None]:
        """Changes of the issues that the token may read, from webhooks, polling and mutations of this server.

        Changes of projects whose issues the token may not read are left out. The stream ends when Sentry rejects the
        token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await issue_conditions(filter, followed, load_context)
        return await changes_of((Stream.ISSUES,), conditions, after, context_of(load_context))
