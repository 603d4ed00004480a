"""Suspect commits of events and issues."""

from dexter_graphql.graph.commits.types import Commit
from dexter_graphql.graph.declarations.fields import plain, value_type


@value_type
class SuspectCommit:
    """Commit that may have caused an event, as Sentry concludes from its stack trace and the changed files."""

    commit: Commit = plain(description="The commit. Its author is the first person to ask.")
    reason: str | None = plain(
        "suspectCommitType",
        description="How Sentry found the commit, as sent by Sentry; null or empty when it does not say.",
    )
    score: int | None = plain(
        description="How well the commit matches the stack trace, a higher number being a better match; null when"
        " Sentry does not compute it."
    )
