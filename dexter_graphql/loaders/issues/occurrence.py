"""Whether an issue occurs in an environment, which no webhook says."""

from collections.abc import Sequence

import msgspec

from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.parameters import COLLAPSE_ALL, RETENTION
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.parents import Parents


async def occurs_in(
    issue: IssueKey, environments: Sequence[str], client: SentryClient, call_context: CallContext
) -> bool:
    """True when the issue has events in one of the environments: one call."""
    query = (
        ("query", f"issue.id:{issue.id}"),
        ("limit", "1"),
        *RETENTION,
        *COLLAPSE_ALL,
        *repeated("environment", environments),
    )
    reply = await client.send(catalogue.LIST, call_context, parents=Parents(issue.organization), query=query)
    try:
        return bool(msgspec.json.decode(reply.body, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadResponse("Sentry's answer is not a list", title=catalogue.LIST.title, status=reply.status) from None
