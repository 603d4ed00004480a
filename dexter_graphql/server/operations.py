"""Runs one GraphQL request for whoever asked: the step between a transport and the pipeline."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from traceback import format_exception
from typing import Any

from graphql import GraphQLError, OperationType
from msgspec.structs import replace

from dexter_graphql.engine.documents import Prepared
from dexter_graphql.engine.pipeline import Answer, FormatError, Pipeline
from dexter_graphql.graph.context import Context, Services
from dexter_graphql.graph.faults import format_error
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import Priority
from dexter_graphql.server.repeats import Key, Repeat, Repeats
from dexter_graphql.server.requests import GraphQLRequest
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics
from dexter_graphql.telemetry.redact import redacted


class Operations:
    """Everything that transports share: preparing, running, and the form of errors."""

    def __init__(self, pipeline: Pipeline, services: Services, metrics: Metrics, repeats: Repeats) -> None:
        self._metrics = metrics
        self._repeats = repeats
        self._pipeline = pipeline
        self._services = services
        self._log = get_log("dexter.operations")

    def prepare(self, request: GraphQLRequest) -> Prepared:
        """The document, looked at and ready to run, or with what is wrong with it."""
        return self._pipeline.prepare(request.query, request.operation_name)

    def repeat(self, key: Key | None) -> Repeat | None:
        """The answer to a request that came before, while it is sure that it would be the same again."""
        found = self._repeats.find(key)
        if found is not None:
            self._metrics.operation(OperationType.QUERY.value, ())
        return found

    async def execute(
        self,
        prepared: Prepared,
        request: GraphQLRequest,
        identity: Identity,
        request_id: str,
        key: Key | None = None,
    ) -> Answer:
        """The answer to a query or a mutation. With a key it is kept, to be given again."""
        context = self._context(request, identity, request_id)
        try:
            answer = await self._pipeline.execute(prepared, request.variables, context, self._format(request_id))
        finally:
            await context.close()
        self._metrics.operation(_kind(prepared), answer.codes)
        if not answer.codes and prepared.kind is OperationType.QUERY and (lasting := context.lasting()) is not None:
            self._repeats.keep(key, answer, operation=prepared.name, sources=lasting.sources, until=lasting.until)
        return answer

    async def stream(
        self, prepared: Prepared, request: GraphQLRequest, identity: Identity, request_id: str
    ) -> AsyncIterator[Answer]:
        """The answers of any operation: one for a query or a mutation, one per event for a subscription."""
        if prepared.kind is not OperationType.SUBSCRIPTION:
            yield await self.execute(prepared, request, identity, request_id)
            return
        # Nobody waits for an item of a stream as for a page.
        patient = replace(request, priority=max(request.priority, Priority.STREAM))
        context = self._context(patient, identity, request_id)
        answers = self._pipeline.subscribe(prepared, request.variables, context, self._format(request_id))
        self._metrics.stream(1)
        try:
            async with aclosing(answers) as events:  # type: ignore[type-var]  # an async generator
                async for answer in events:
                    self._metrics.operation(_kind(prepared), answer.codes)
                    yield answer
        finally:
            self._metrics.stream(-1)
            await context.close()

    def _context(self, request: GraphQLRequest, identity: Identity, request_id: str) -> Context:
        return Context(self._services, identity, request_id, request.priority, request.explain)

    def _format(self, request_id: str) -> FormatError:
        def formatted(error: GraphQLError) -> dict[str, Any]:
            return format_error(error, request_id, partial(self._report, request_id))

        return formatted

    def _report(self, request_id: str, error: BaseException) -> None:
        self._log.error("unforeseen error", request_id=request_id, exception=redacted("".join(format_exception(error))))


def _kind(prepared: Prepared) -> str:
    return prepared.kind.value if prepared.kind is not None else "refused"
