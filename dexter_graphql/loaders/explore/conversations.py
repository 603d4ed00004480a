"""Loaders of conversations with language models."""

from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.explore.tables import table_rows
from dexter_graphql.loaders.lists import ListOptions, fetch_in_range
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import quoted
from dexter_graphql.sentry.catalogue import explore as catalogue
from dexter_graphql.sentry.pagination import Page, Slice, collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

PERIOD = (("statsPeriod", "30d"),)
"""The longest time range in which Sentry finds spans."""
SPANS = Projection(
    "AIConversationSpan", "list", (Field("spans", "spans", list[dict[str, Any] | None], is_required=True),)
)


class ConversationKey(NamedTuple):
    """A conversation by its ID."""

    organization: OrganizationRef
    id: str


@fan_out(target="AIConversation", uses=(catalogue.CONVERSATIONS, *REFERENCE_ENDPOINTS))
async def conversation_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of conversations; options are ListOptions."""
    return await fetch_in_range(catalogue.CONVERSATIONS, parents, load_context)


@fan_out(target="AIConversation", uses=(catalogue.CONVERSATIONS,), is_shared=True)
async def conversations_by_id(key: ConversationKey, load_context: LoadContext) -> Any:
    """A conversation, found by a search for its ID, as Sentry answers only its spans by ID; None without any."""
    query = (*PERIOD, ("query", f"gen_ai.conversation.id:{quoted(key.id)}"))
    page = await load_context.get_page(catalogue.CONVERSATIONS, Parents(key.organization), size=1, query=query)
    return page.rows[0] if page.rows else None


@fan_out(target="AIConversationSpan", uses=(catalogue.CONVERSATION,))
async def conversation_span_pages(key: ConversationKey, load_context: LoadContext) -> Slice:
    """A page of the spans of a conversation; options are ListOptions."""
    options: ListOptions = load_context.options

    async def fetch(size: int, cursor: str | None) -> Page:
        record, page = await load_context.get_page_record(
            catalogue.CONVERSATION,
            Parents(key.organization),
            SPANS,
            path={"conversation": key.id},
            size=size,
            cursor=cursor,
        )
        if invalid := first_invalid(record, "spans"):
            raise invalid
        return msgspec.structs.replace(page, rows=table_rows(key.organization, record.spans))

    return await collect(fetch, first=options.first, after=options.after, cap=options.cap)
