"""Stages between the client and the transport, each one concern of an upstream call."""

from collections.abc import Awaitable, Callable, Sequence

from dexter_graphql.sentry.call import Call, Reply

CallNext = Callable[[Call], Awaitable[Reply]]
Stage = Callable[[Call, CallNext], Awaitable[Reply]]
"""Handles a call and passes it on. Stages with background tasks also have `close()`."""
Handler = Callable[[Call, CallNext], Awaitable[Reply]]
"""Leads a call through all stages to the given transport."""


def compose(stages: Sequence[Stage]) -> Handler:
    """A handler that runs `stages`, outermost first. Made once, as only the transport differs from call to call."""
    handler: Handler = _call_transport
    for stage in reversed(stages):
        handler = _wrap(stage, handler)
    return handler


def _wrap(stage: Stage, inner: Handler) -> Handler:
    def handle(call: Call, transport: CallNext) -> Awaitable[Reply]:
        return stage(call, lambda call: inner(call, transport))

    return handle


def _call_transport(call: Call, transport: CallNext) -> Awaitable[Reply]:
    return transport(call)
