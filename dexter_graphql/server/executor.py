"""Runs one GraphQL request for whoever asked: the step between a transport and the pipeline."""

from collections.abc import AsyncIterator, Hashable
from contextlib import aclosing
from functools import partial
from secrets import token_hex
from traceback import format_exception
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLError, OperationType
from msgspec.structs import replace

from dexter_graphql.concurrency.single_flight import Flight, SingleFlight
from dexter_graphql.engine.documents import PreparedDocument
from dexter_graphql.engine.pipeline import ExecutionAnswer, FormatError, Pipeline
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.context import Context, Services
from dexter_graphql.graph.declarations.shareable import Shareability
from dexter_graphql.graph.errors import format_error
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import Priority
from dexter_graphql.server.requests import GraphQLRequest
from dexter_graphql.server.response_cache import AnswerKey, CachedAnswer, ResponseCache
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics, Sample
from dexter_graphql.telemetry.redact import redacted

SharedAnswer = tuple[ExecutionAnswer, str]
"""An answer, and the id of the request that it was computed for."""


class ExecutionRequest(NamedTuple):
    """One request for an operation, by whom, and under which key its answer is kept; None when it is not."""

    prepared: PreparedDocument
    request: GraphQLRequest
    identity: Identity
    request_id: str
    key: AnswerKey | None


class RequestExecutor:
    """Everything that transports share: preparing, running, and the form of errors.

    Queries that ask the same of Sentry, for the same reader, while nothing changes, are executed once.
    """

    def __init__(self, pipeline: Pipeline, services: Services, metrics: Metrics, response_cache: ResponseCache) -> None:
        self._metrics = metrics
        self._response_cache = response_cache
        self._pipeline = pipeline
        self._services = services
        self._log = get_log("dexter.operations")
        self._shareability = Shareability(pipeline.schema)
        self._flights: SingleFlight[SharedAnswer] = SingleFlight()
        metrics.register(self.collect)
        # Stands for the request id of whoever is told, in answers for several. Nobody knows it, so no data contains it.
        self._any_request = token_hex(16)

    def collect(self) -> list[Sample]:
        """How many executions are under way."""
        return [Sample("dexter_shareable_executions", "Executions that equal operations join.", len(self._flights))]

    def prepare(self, request: GraphQLRequest) -> PreparedDocument:
        """The document, looked at and ready to run, or with what is wrong with it."""
        return self._pipeline.prepare(request.query, request.operation_name)

    def find_cached(self, key: AnswerKey | None) -> CachedAnswer | None:
        """The answer to a request that came before, while it is sure that it would be the same again."""
        found = self._response_cache.find(key)
        if found is not None:
            self._metrics.operation(OperationType.QUERY.value, ())
        return found

    async def execute(
        self,
        prepared: PreparedDocument,
        request: GraphQLRequest,
        identity: Identity,
        request_id: str,
        *,
        key: AnswerKey | None = None,
        may_leave: bool = False,
    ) -> ExecutionAnswer:
        """The answer to a query or a mutation.

        With a key it is kept, to be given again; `may_leave` says that the client may end it before it is there.
        """
        if self._may_share(prepared):
            execution_request = ExecutionRequest(prepared, request, identity, request_id, key)
            answer = await self._shared(execution_request, may_leave=may_leave)
        else:
            context = self._context(request, identity, request_id)
            answer = await self._run(prepared, request, context, self._format(request_id))
        self._metrics.operation(_kind(prepared), answer.codes)
        return answer

    async def stream(
        self, prepared: PreparedDocument, request: GraphQLRequest, identity: Identity, request_id: str
    ) -> AsyncIterator[ExecutionAnswer]:
        """The answers of any operation: one for a query or a mutation, one per event for a subscription."""
        if prepared.kind is not OperationType.SUBSCRIPTION:
            yield await self.execute(prepared, request, identity, request_id, may_leave=True)
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

    def _may_share(self, prepared: PreparedDocument) -> bool:
        operation_entry = prepared.operation_entry
        is_query = operation_entry is not None and prepared.kind is OperationType.QUERY
        return is_query and operation_entry is not None and self._shareability(operation_entry.document)

    async def _shared(self, execution_request: ExecutionRequest, *, may_leave: bool) -> ExecutionAnswer:
        """The answer of an equal operation that is being executed, or of this one, which others may join."""
        prepared, request, identity, request_id, repeat_key = execution_request
        context = self._context(request, identity, request_id)

        async def begin(flight: Flight[SharedAnswer]) -> SharedAnswer:
            context.is_shared = flight.has_followers
            answer = await self._run(prepared, request, context, self._format(request_id, self._any_request))
            if (
                repeat_key is not None
                and not answer.codes
                and (dependencies := context.cache_dependencies()) is not None
            ):
                self._response_cache.keep(repeat_key, answer, prepared.name, dependencies)
            return answer, request_id

        key = self._key(prepared, request, identity)
        (answer, leader), is_shared = await self._flights.run(key, begin, inline=not may_leave)
        if is_shared:
            self._metrics.joined()
            if ErrorCode.DEADLINE_EXCEEDED in answer.codes and context.is_in_time():
                # The other's time was over, this one's is not.
                return await self._run(prepared, request, context, self._format(request_id))
            if ErrorCode.INTERNAL in answer.codes:
                self._log.error("unforeseen error", request_id=request_id, told_under=leader)
        if answer.codes:
            told = msgspec.json.encode(request_id)[1:-1]
            answer = ExecutionAnswer(
                answer.body.replace(self._any_request.encode(), told), answer.is_request_error, answer.codes
            )
        return answer

    def _key(self, prepared: PreparedDocument, request: GraphQLRequest, identity: Identity) -> Hashable:
        """What makes operations equal: everything that their answers depend on.

        `me` in an argument means whose credential it is. The document stays alive, and its number its own, while it is
        executed.
        """
        return (
            id(prepared.operation_entry),
            prepared.name,
            msgspec.json.encode(request.variables) if request.variables else b"",
            identity.upstream.key,
            identity.reach.key,
            self._services.client.version,
            request.explain,
            request.priority,
        )

    async def _run(
        self, prepared: PreparedDocument, request: GraphQLRequest, context: Context, formatted: FormatError
    ) -> ExecutionAnswer:
        try:
            return await self._pipeline.execute(prepared, request.variables, context, formatted)
        finally:
            await context.close()

    def _context(self, request: GraphQLRequest, identity: Identity, request_id: str) -> Context:
        return Context(self._services, identity, request_id, request.priority, request.explain)

    def _format(self, request_id: str, shown_id: str | None = None) -> FormatError:
        """The form of errors; their request id is `shown_id` when that is not the one to be found in the log."""

        def formatted(error: GraphQLError) -> dict[str, Any]:
            return format_error(error, shown_id or request_id, partial(self._log_unexpected, request_id))

        return formatted

    def _log_unexpected(self, request_id: str, error: BaseException) -> None:
        self._log.error("unforeseen error", request_id=request_id, exception=redacted("".join(format_exception(error))))


def _kind(prepared: PreparedDocument) -> str:
    return prepared.kind.value if prepared.kind is not None else "refused"
