"""Batches: several operations in one request, as a JSON array. Each has its own answer; none affects the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import Priority
from dexter_graphql.server.executor import ExecutionRequest, RequestExecutor
from dexter_graphql.server.requests import bad_request, from_values
from dexter_graphql.server.responses import RequestRejected, error_of

BatchItem = ExecutionRequest | RequestRejected
"""An operation to execute, or why it is not executed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Who sent a batch, in which request."""

    identity: Identity
    request_id: str
    priority: Priority


def is_batch(content: bytes) -> bool:
    """True for a body that is a JSON array."""
    return content.lstrip()[:1] == b"["


def read_batch(content: bytes, limit: int) -> list[Any]:
    """Return the items of a batch; rejects an empty one and one with more than `limit` items."""
    if limit == 0:
        raise bad_request("Batches are turned off on this server: send one operation in a request")
    try:
        values = msgspec.json.decode(content, type=list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("The request is not JSON") from None
    if not 0 < len(values) <= limit:
        message = f"The batch has {len(values)} operations; 1 to {limit} are allowed"
        raise RequestRejected(400, ErrorCode.QUERY_TOO_COMPLEX, message)
    return values


async def prepare_batch(executor: RequestExecutor, values: Sequence[Any], batch: Batch) -> list[BatchItem]:
    """Return each operation of a batch, prepared, or why it cannot be executed."""
    return [await _prepare(executor, value, batch, f"{batch.request_id}/{n}") for n, value in enumerate(values)]


async def execute_batch(executor: RequestExecutor, items: Sequence[BatchItem], batch: Batch) -> bytes:
    """Return the answers of all operations as a JSON array, in the order of the request."""
    bodies = [_answer(executor, item, f"{batch.request_id}/{number}") for number, item in enumerate(items)]
    return b"[" + b",".join(await asyncio.gather(*bodies)) + b"]"


async def _prepare(executor: RequestExecutor, value: Any, batch: Batch, request_id: str) -> BatchItem:
    try:
        if not isinstance(value, dict):
            raise bad_request("Each item of a batch must be a JSON object with 'query'")
        request = replace(from_values(value), priority=batch.priority)
    except RequestRejected as rejection:
        return rejection
    prepared = await executor.prepare(request, batch.identity)
    execution = ExecutionRequest(prepared, request, batch.identity, request_id)
    if execution.is_subscription:
        return bad_request("A subscription cannot be part of a batch")
    return execution


async def _answer(executor: RequestExecutor, item: BatchItem, request_id: str) -> bytes:
    if isinstance(item, RequestRejected):
        return msgspec.json.encode({"errors": [error_of(item, request_id)]})
    # A border of errors: what nothing foresaw in one operation is its answer.
    [(answer, *_)] = [streamed async for streamed in executor.stream(item)]
    return answer.body
