"""Issues as changes carry them."""

from typing import Any

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.sentry.parents import Parents

PERSONAL = frozenset({"hasSeen", "isBookmarked", "isSubscribed", "subscriptionDetails"})
"""Members that depend on the credential: those in a change's object belong to its author, not to the subscriber."""


async def issue_of_change(key: IssueKey, seed: bytes | None, load_context: LoadContext) -> Any:
    """The issue made of its JSON in a change; loaded without it, and where personal members are selected."""
    if seed is None or load_context.reads("base") & PERSONAL:
        return await load_context.load(issues_by_id, key)
    projection = load_context.projection("base")
    return load_context.client.records.decode_one(seed, projection, (), Parents(key.organization))
