"""Execution of one GraphQL request: the step between a transport and the engine's pipeline."""

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
from dexter_graphql.graph.context import CacheDependencies, Context, Explain, Services, SharedStream
from dexter_graphql.graph.declarations.shareable import Shareability
from dexter_graphql.graph.directives import LIVE
from dexter_graphql.graph.errors import INTERNAL_MESSAGE, format_error
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import Priority
from dexter_graphql.server.audit.auditor import REFUSED, Auditor
from dexter_graphql.server.estimates import Estimator
from dexter_graphql.server.live.answers import StreamedAnswer
from dexter_graphql.server.requests import GraphQLRequest
from dexter_graphql.server.response_cache import CONSTANT, AnswerKey, CachedAnswer, ResponseCache
from dexter_graphql.server.stored_documents import StoredDocuments
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics, Sample
from dexter_graphql.telemetry.redact import redacted

QUERY = OperationType.QUERY.value
LIMITS_OF_LEADER = frozenset({ErrorCode.DEADLINE_EXCEEDED, ErrorCode.QUOTA_EXCEEDED})
"""Codes of errors that do not concern the requests that joined an execution."""
SharedAnswer = tuple[ExecutionAnswer, str]
"""An answer and the id of the request that it was computed for."""


class Refreshed(NamedTuple):
    """The answer of a live query, the cache tags of everything that it was made of, and the calls that it cost."""

    answer: ExecutionAnswer
    tags: frozenset[str]
    calls: int


class ExecutionRequest(NamedTuple):
    """An operation to execute, who asks for it, and the key of the response cache; without a key it is not cached."""

    prepared: PreparedDocument
    request: GraphQLRequest
    identity: Identity
    request_id: str
    cache_key: AnswerKey | None = None
    is_followed: bool = False
    """Whether the request asks for a query's answer again and again, as `@live` does in a document."""

    @property
    def is_estimate(self) -> bool:
        """True when the operation is not to be executed, only its cost is asked for."""
        return self.request.explain is Explain.ESTIMATE

    @property
    def is_subscription(self) -> bool:
        """True for an operation with many answers."""
        return self.prepared.kind is OperationType.SUBSCRIPTION and not self.is_estimate

    @property
    def is_live(self) -> bool:
        """True for a query whose answer is sent again when it changes."""
        entry = self.prepared.operation_entry
        if entry is None or self.prepared.kind is not OperationType.QUERY or self.is_estimate:
            return False
        return self.is_followed or LIVE in entry.directives

    @property
    def is_stream(self) -> bool:
        """True for an operation that has answers until its client leaves."""
        return self.is_subscription or self.is_live

    @property
    def is_mutation(self) -> bool:
        """True for an operation that writes."""
        return self.prepared.kind is OperationType.MUTATION

    def as_stream(self) -> "ExecutionRequest":
        """The same for an item of a stream, which is less urgent than a page that is being opened."""
        return self._replace(request=replace(self.request, priority=max(self.request.priority, Priority.STREAM)))

    @property
    def kind(self) -> str:
        """Label of the operation in metrics."""
        return self.prepared.kind.value if self.prepared.kind is not None else "refused"


class RequestExecutor:
    """What all transports share: preparing documents, executing operations, formatting errors.

    Equal queries of one credential that run at the same time are executed once.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        services: Services,
        metrics: Metrics,
        response_cache: ResponseCache,
        documents: StoredDocuments,
        *,
        estimator: Estimator,
        auditor: Auditor,
    ) -> None:
        self._estimator = estimator
        self._auditor = auditor
        self._metrics = metrics
        self._response_cache = response_cache
        self._pipeline = pipeline
        self._documents = documents
        self._services = services
        self._log = get_log("dexter.operations")
        self._shareability = Shareability(pipeline.schema)
        self._flights: SingleFlight[SharedAnswer] = SingleFlight()
        metrics.register(self.collect)
        # Stands for the request id in answers that several requests share. It is secret, so no data contains it.
        self._any_request = token_hex(16)

    def collect(self) -> list[Sample]:
        """The number of executions that equal operations can join."""
        return [Sample("dexter_shareable_executions", "Executions that equal operations join.", len(self._flights))]

    async def prepare(self, request: GraphQLRequest, identity: Identity) -> PreparedDocument:
        """Find, parse and validate a document, or take it from those seen before; errors are in the result."""
        text = await self._documents.find_text(request, identity)
        if isinstance(text, GraphQLError):
            return PreparedDocument(errors=(text,))
        prepared = self._pipeline.prepare(text, request.operation_name)
        if prepared.kind is OperationType.MUTATION and not self._auditor.may_mutate:
            return PreparedDocument(errors=(GraphQLError(REFUSED, extensions={"code": ErrorCode.FORBIDDEN}),))
        if request.query_hash is not None and prepared.operation_entry is not None:
            await self._documents.register(request, identity)
        return prepared

    def find_cached(self, key: AnswerKey | None) -> CachedAnswer | None:
        """Return the cached answer to an equal request, while everything that it was made of is fresh."""
        cached = self._response_cache.find(key)
        if cached is not None:
            self._metrics.operation(QUERY, ())
        return cached

    async def execute(self, execution: ExecutionRequest) -> ExecutionAnswer:
        """Execute a query or a mutation. A cancelled caller ends what no other caller waits for."""
        entry = execution.prepared.operation_entry
        if execution.is_estimate and entry is not None:
            caller, formatted = execution.identity.caller.subject, self._format(execution.request_id)
            return self._estimator.answer(entry, execution.request, caller, formatted)
        answer: ExecutionAnswer | None = None
        try:
            answer = await self._answer(execution)
        finally:
            self._auditor.record(execution, answer)
        self._metrics.operation(execution.kind, answer.codes)
        return answer

    async def _answer(self, execution: ExecutionRequest) -> ExecutionAnswer:
        if self._is_shareable(execution.prepared):
            answer = await self._execute_shared(execution)
        else:
            answer = await self._run(execution, self._context(execution), self._format(execution.request_id))
            self._cache(execution, answer, CONSTANT if is_constant(execution) else None)
        return answer

    async def refresh(self, execution: ExecutionRequest, shared: SharedStream) -> Refreshed:
        """Compute the answer of a live query, and charge it to one of the callers who share it.

        Sentry's answers come from the cache while they are fresh.
        """
        execution = execution.as_stream()
        context = self._context(execution)
        context.shared = shared
        answer = await self._run(execution, context, self._format(execution.request_id))
        self._metrics.operation(execution.kind, answer.codes)
        self._auditor.record(execution, answer)
        stats = context.call_context.stats
        return Refreshed(answer, frozenset(stats.tags), stats.first_attempts)

    async def stream(
        self, execution: ExecutionRequest, shared: SharedStream | None = None
    ) -> AsyncIterator[StreamedAnswer]:
        """Execute any operation: one answer for a query or a mutation, one per event for a subscription.

        `shared` is given for a subscription that is computed for several subscribers. A border of errors: what nothing
        foresaw is logged and becomes the last answer.
        """
        answers = self._subscribe(execution, shared) if execution.is_subscription else self._execute_once(execution)
        try:
            async with aclosing(answers) as events:  # type: ignore[type-var]  # an async generator
                async for streamed in events:
                    yield streamed
        except Exception as error:  # noqa: BLE001  # see above
            yield StreamedAnswer(self._internal_error(execution, error), None)

    async def _execute_once(self, execution: ExecutionRequest) -> AsyncIterator[StreamedAnswer]:
        yield StreamedAnswer(await self.execute(execution), None)

    async def _subscribe(
        self, execution: ExecutionRequest, shared: SharedStream | None
    ) -> AsyncIterator[StreamedAnswer]:
        request, execution = execution.request, execution.as_stream()
        context, formatted = self._context(execution), self._format(execution.request_id)
        context.shared = shared
        answers = self._pipeline.subscribe(execution.prepared, request.variables, context, formatted)
        try:
            async with aclosing(answers) as events:  # type: ignore[type-var]  # an async generator
                async for answer in events:
                    self._metrics.operation(execution.kind, answer.codes)
                    self._auditor.record(execution, answer)
                    position = None if answer.is_request_error else context.position
                    yield StreamedAnswer(answer, position, context.start)
        finally:
            await context.close()

    def _is_shareable(self, prepared: PreparedDocument) -> bool:
        return prepared.kind is OperationType.QUERY and self._has_shared_answers(prepared)

    def _has_shared_answers(self, prepared: PreparedDocument) -> bool:
        """True when the answers are the same for all callers with equal reach."""
        return prepared.operation_entry is not None and self._shareability(prepared.operation_entry.document)

    async def _execute_shared(self, execution: ExecutionRequest) -> ExecutionAnswer:
        """Return the answer of an equal operation in progress, or execute this one so that others can join."""
        context = self._context(execution)

        async def begin(flight: Flight[SharedAnswer]) -> SharedAnswer:
            context.is_shared = flight.has_followers
            answer = await self._run(execution, context, self._format(execution.request_id, self._any_request))
            self._cache(execution, answer, context.cache_dependencies())
            return answer, execution.request_id

        key = self._flight_key(execution)
        (answer, leader), is_shared = await self._flights.run(key, begin)
        if is_shared:
            self._metrics.joined()
            if not LIMITS_OF_LEADER.isdisjoint(answer.codes) and context.is_in_time():
                # The leader's time or its caller's budget was over; those of this request may not be.
                return await self._run(execution, context, self._format(execution.request_id))
            if ErrorCode.INTERNAL in answer.codes:
                self._log.error("unforeseen error", request_id=execution.request_id, logged_under=leader)
        if answer.codes:
            body = answer.body.replace(self._any_request.encode(), msgspec.json.encode(execution.request_id)[1:-1])
            answer = ExecutionAnswer(body, answer.is_request_error, answer.codes)
        return answer

    def _cache(
        self, execution: ExecutionRequest, answer: ExecutionAnswer, dependencies: CacheDependencies | None
    ) -> None:
        if execution.cache_key is not None and dependencies is not None and not answer.codes:
            self._response_cache.keep(execution.cache_key, answer, execution.prepared.name, dependencies)

    def _flight_key(self, execution: ExecutionRequest) -> Hashable:
        """Everything that the answer depends on.

        `me` in an argument means the owner of the credential. The document is referenced while it is executed, so its
        `id` is not reused.
        """
        return (*self._question(execution), self._services.client.version)

    def _question(self, execution: ExecutionRequest) -> tuple[Hashable, ...]:
        """Everything that the answer depends on besides Sentry's data."""
        request, identity = execution.request, execution.identity
        return (
            id(execution.prepared.operation_entry),
            execution.prepared.name,
            msgspec.json.encode(request.variables) if request.variables else b"",
            identity.upstream.key,
            identity.reach.key,
            request.explain,
            # The explanation says what is left of the caller's budget.
            None if request.explain is Explain.NOTHING else identity.caller.subject,
            request.priority,
        )

    def stream_key(self, execution: ExecutionRequest, variables: dict[str, Any]) -> Hashable:
        """Everything that the answers of a stream depend on, with these variables instead of the request's.

        Streams with personal fields are shared only between those of one caller.
        """
        request, is_shared = execution.request, self._has_shared_answers(execution.prepared)
        execution = execution._replace(request=replace(request, variables=variables))
        return (*self._question(execution), None if is_shared else execution.identity.caller.subject)

    async def _run(self, execution: ExecutionRequest, context: Context, formatted: FormatError) -> ExecutionAnswer:
        try:
            return await self._pipeline.execute(execution.prepared, execution.request.variables, context, formatted)
        finally:
            await context.close()

    def _internal_error(self, execution: ExecutionRequest, error: Exception) -> ExecutionAnswer:
        self._log_unexpected(execution.request_id, error)
        self._metrics.operation(execution.kind, (ErrorCode.INTERNAL,))
        extensions = {"code": ErrorCode.INTERNAL, "retryable": False, "requestId": execution.request_id}
        body = msgspec.json.encode({"errors": [{"message": INTERNAL_MESSAGE, "extensions": extensions}]})
        return ExecutionAnswer(body, is_request_error=True, codes=(ErrorCode.INTERNAL,))

    def _context(self, execution: ExecutionRequest) -> Context:
        request = execution.request
        return Context(self._services, execution.identity, execution.request_id, request.priority, request.explain)

    def _format(self, request_id: str, shown_id: str | None = None) -> FormatError:
        """Return the function that formats errors; `shown_id` replaces the request id, which the log has."""

        def formatted(error: GraphQLError) -> dict[str, Any]:
            return format_error(error, shown_id or request_id, partial(self._log_unexpected, request_id))

        return formatted

    def _log_unexpected(self, request_id: str, error: BaseException) -> None:
        self._log.error("unforeseen error", request_id=request_id, exception=redacted("".join(format_exception(error))))


def is_constant(execution: ExecutionRequest) -> bool:
    """True for a query whose response is always the same."""
    entry, is_explained = execution.prepared.operation_entry, execution.request.explain is not Explain.NOTHING
    return (
        entry is not None and entry.is_constant and execution.prepared.kind is OperationType.QUERY and not is_explained
    )
