"""The way of a call from the client to the wire, stage by stage."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from dexter_graphql.sentry.call import Call, Reply

Proceed = Callable[[Call], Awaitable[Reply]]
Stage = Callable[[Call, Proceed], Awaitable[Reply]]
"""One reason to stand between the client and the wire. Those with tasks of their own also have `close()`."""


def compose(stages: Sequence[Stage], wire: Proceed) -> Proceed:
    """One function that sends a call through `stages`, outermost first, to the wire."""
    proceed = wire
    for stage in reversed(stages):
        proceed = partial(_through, stage, proceed)
    return proceed


async def _through(stage: Stage, proceed: Proceed, call: Call) -> Reply:
    return await stage(call, proceed)
