"""Directives of operations."""

import strawberry
from strawberry.directive import DirectiveLocation

LIVE = "live"


@strawberry.directive(
    name=LIVE,
    locations=[DirectiveLocation.QUERY],
    description="Sends the whole answer of the query again when something that it was made of has changed. Over a "
    "WebSocket, server-sent events or multipart; a request that accepts JSON alone is answered once.",
)
def live() -> None:
    """Declares the directive; the transports act on it."""


OPERATION_DIRECTIVES = (live,)
