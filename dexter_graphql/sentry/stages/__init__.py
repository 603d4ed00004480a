"""The way of a call from the client to the wire, stage by stage."""

from collections.abc import Awaitable, Callable, Sequence

from dexter_graphql.sentry.call import Call, Reply

CallNext = Callable[[Call], Awaitable[Reply]]
Stage = Callable[[Call, CallNext], Awaitable[Reply]]
"""One reason to stand between the client and the wire. Those with tasks of their own also have `close()`."""


Handler = Callable[[Call, CallNext], Awaitable[Reply]]
"""Leads a call through all stages, to the wire that is handed along."""


def compose(stages: Sequence[Stage]) -> Handler:
    """The way through `stages`, outermost first; made once, since only the wire differs from call to call."""
    way: Handler = _call_transport
    for stage in reversed(stages):
        way = _wrap(stage, way)
    return way


def _wrap(stage: Stage, rest: Handler) -> Handler:
    def way(call: Call, wire: CallNext) -> Awaitable[Reply]:
        return stage(call, lambda call: rest(call, wire))

    return way


def _call_transport(call: Call, wire: CallNext) -> Awaitable[Reply]:
    return wire(call)
