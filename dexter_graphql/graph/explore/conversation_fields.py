"""Fields of organizations for conversations with language models."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.time_ranges import time_range_of
from dexter_graphql.graph.declarations.fields import batch, call
from dexter_graphql.graph.explore.arguments import DEFAULT_RANGE, ExploreRange, Search, event_filter
from dexter_graphql.graph.explore.attribute_fields import given
from dexter_graphql.graph.explore.conversations import AIConversation
from dexter_graphql.graph.organizations.organization_field import organization_parents
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import Environments, Projects, list_options
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.explore.conversations import ConversationKey, conversation_pages, conversations_by_id


@strawberry.type
class ConversationFields:
    """Fields of Organization."""

    @batch(conversation_pages, key=organization_parents, reads={})
    @paged
    def ai_conversations(
        *,
        search: Search = None,
        sort: Annotated[
            str | None, strawberry.argument(description="A member to sort by, for example `-conversation.totalTokens`.")
        ] = None,
        range: ExploreRange = None,
        projects: Projects = None,
        environments: Environments = None,
        page: PageArguments,
    ) -> Connection[AIConversation] | None:
        """Conversations with language models, newest first."""
        query = (*given("query", search), *given("sort", sort), *event_filter(projects, environments))
        return list_options(page, query, time_range_of(range or DEFAULT_RANGE))

    @call(uses=conversations_by_id.uses)
    async def ai_conversation(
        row: Any,
        load_context: LoadContext,
        *,
        conversation_id: Annotated[str, strawberry.argument(description="ID of the conversation.")],
    ) -> AIConversation | None:
        """Conversation with a language model by its ID; null when Sentry has nothing of it in the last 30 days."""
        return await load_context.load(conversations_by_id, ConversationKey(row.parents.organization, conversation_id))
