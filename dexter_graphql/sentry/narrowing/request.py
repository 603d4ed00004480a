"""A request to an endpoint, before it becomes a call."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.parents import Parents


class EndpointRequest(NamedTuple):
    """What is requested of an endpoint; the arguments of `SentryClient.send`."""

    endpoint: Endpoint
    parents: Parents | None
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]] = ()
    body: object = None
    touches: Iterable[str] = ()


Send = Callable[[EndpointRequest, CallContext], Awaitable[Reply]]
"""Makes the call of a request."""
