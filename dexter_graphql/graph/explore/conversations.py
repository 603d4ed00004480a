"""Conversations with language models, and their spans."""

from datetime import datetime
from typing import Annotated

import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import LIST, batch, computed, entity, plain, value_type
from dexter_graphql.graph.explore.attributes import time_of_milliseconds
from dexter_graphql.graph.explore.cells import as_date, as_number, as_string
from dexter_graphql.graph.lazy_types import ProjectType, TraceType
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.loaders.explore.conversations import ConversationKey, conversation_span_pages
from dexter_graphql.loaders.explore.tables import TableRow
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.traces import TraceReference
from dexter_graphql.sentry.parents import Parents


@value_type
class AIConversationSpan:
    """Span of a conversation: a call to a model or to a tool, or a step around them."""

    @computed()
    def span_id(row: TableRow) -> str | None:
        """ID of the span: 16 hexadecimal digits."""
        return row.text("span_id")

    @computed()
    def parent_span_id(row: TableRow) -> str | None:
        """ID of the span that this one is in; null when Sentry does not send it."""
        return row.text("parent_span")

    @computed()
    def op(row: TableRow) -> str | None:
        """Operation, for example `gen_ai.chat`."""
        return as_string(row.values.get("span.op"))

    @computed()
    def name(row: TableRow) -> str | None:
        """Name of the span."""
        return as_string(row.values.get("span.name"))

    @computed()
    def description(row: TableRow) -> str | None:
        """Description of the operation."""
        return as_string(row.values.get("span.description"))

    @computed()
    def status(row: TableRow) -> str | None:
        """Status of the span, as named by Sentry, for example `ok`."""
        return as_string(row.values.get("span.status"))

    @computed()
    def transaction(row: TableRow) -> str | None:
        """Name of the transaction that the span is in."""
        return as_string(row.values.get("transaction"))

    @computed()
    def started_at(row: TableRow) -> datetime | None:
        """Time when the span started."""
        return as_date(row.values.get("precise.start_ts"))

    @computed()
    def ended_at(row: TableRow) -> datetime | None:
        """Time when the span ended."""
        return as_date(row.values.get("precise.finish_ts"))

    @computed()
    def duration_ms(row: TableRow) -> float | None:
        """Duration in milliseconds."""
        return as_number(row.values.get("span.duration"))

    @computed()
    def attribute(
        row: TableRow,
        *,
        name: Annotated[str, strawberry.argument(description="Name, for example `gen_ai.request.model`.")],
    ) -> str | None:
        """Value of an attribute as text; null when Sentry does not send it."""
        return as_string(row.values.get(name))

    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, row.text("project.id")) if row.text("project.id") else None,
        reads={},
        description="Project that recorded the span.",
    )

    @computed()
    def trace(row: TableRow) -> TraceType | None:
        """Trace of the span. Selecting only its ID costs no call."""
        trace_id = row.text("trace")
        return None if trace_id is None else TraceReference(traceId=trace_id, parents=Parents(row.organization))


@entity(representations=(LIST,))
class AIConversation:
    """Conversation with a language model."""

    conversation_id: str = plain("conversationId", description="ID of the conversation.")
    title: str | None = plain(description="Title of the conversation.")
    web_url: str | None = plain("webUrl", description="URL of the conversation in Sentry.")
    error_count: BigInt | None = plain("errors", description="Number of spans that failed.")
    llm_call_count: BigInt | None = plain("llmCalls", description="Number of calls to a model.")
    tool_call_count: BigInt | None = plain("toolCalls", description="Number of calls to tools.")
    tool_names: list[str] | None = plain("toolNames", description="Names of the tools.")
    total_tokens: BigInt | None = plain("totalTokens", description="Number of input and output tokens.")
    total_cost: float | None = plain("totalCost", description="Cost in US dollars.")
    trace_ids: list[str] | None = plain("traceIds", description="IDs of the traces of the conversation.")
    first_input: str | None = plain("firstInput", description="First message of the user.")
    last_output: str | None = plain("lastOutput", description="Last message of the model.")
    started_at: datetime | None = plain(
        "startTimestamp", type=float, convert=time_of_milliseconds, description="Time of the first span."
    )
    ended_at: datetime | None = plain(
        "endTimestamp", type=float, convert=time_of_milliseconds, description="Time of the newest span."
    )

    @batch(
        conversation_span_pages,
        key=lambda row: ConversationKey(row.parents.organization, row.conversationId),
        reads={"conversationId": str},
    )
    @paged
    def spans(*, page: PageArguments) -> Connection[AIConversationSpan] | None:
        """Spans of the conversation in order of their start. One call per conversation."""
        return list_options(page)
