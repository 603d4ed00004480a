"""What a change of an issue does not say: whether it occurs in an environment, and the issue itself after a hint."""

from collections.abc import Sequence

import msgspec

from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.issues.parameters import COLLAPSE_ALL, RETENTION
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import BadRequest, BadResponse, Forbidden, NotFound
from dexter_graphql.sentry.parents import Parents

CHEAPEST_DETAIL = tuple(("collapse", part) for part in ("stats", "tags", "release"))


async def read_issue(issue: IssueKey, client: SentryClient, call_context: CallContext) -> Reply | None:
    """Sentry's answer about an issue, None when the caller cannot read it: one call."""
    parents, path = issue_parents(issue), {"issue": issue.id}
    try:
        return await client.send(catalogue.DETAIL, call_context, parents=parents, path=path, query=CHEAPEST_DETAIL)
    except (Forbidden, NotFound, BadRequest):
        return None


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
