"""The way of a call from the client to the wire, stage by stage."""

from collections.abc import Awaitable, Callable, Sequence

from dexter_graphql.sentry.call import Call, Reply

Proceed = Callable[[Call], Awaitable[Reply]]
Stage = Callable[[Call, Proceed], Awaitable[Reply]]
"""One reason to stand between the client and the wire. Those with tasks of their own also have `close()`."""


Way = Callable[[Call, Proceed], Awaitable[Reply]]
"""Leads a call through all stages, to the wire that is handed along."""


def compose(stages: Sequence[Stage]) -> Way:
    """The way through `stages`, outermost first; made once, since only the wire differs from call to call."""
    way: Way = _arrived
    for stage in reversed(stages):
        way = _through(stage, way)
    return way


def _through(stage: Stage, rest: Way) -> Way:
    def way(call: Call, wire: Proceed) -> Awaitable[Reply]:
        return stage(call, lambda call: rest(call, wire))

    return way


def _arrived(call: Call, wire: Proceed) -> Awaitable[Reply]:
    return wire(call)
