"""Progress of an issue towards its fix."""

from datetime import datetime

from dexter_graphql.graph.declarations.fields import plain, value_type


@value_type
class IssueProgress:
    """Progress of an issue towards its fix, as Sentry derives it. Sets of words are open and stay as sent."""

    status: str | None = plain(description="Whether the issue is open, as named by Sentry, for example `open`.")
    progress: str | None = plain(description="Newest step, as named by Sentry, for example `fix_applied`.")
    blocker: str | None = plain(description="What keeps the issue from the next step; `none` when nothing does.")
    view_count: int | None = plain("viewCount", description="Number of users who have viewed the issue.")
    is_assigned: bool | None = plain("isAssigned", description="True when the issue has an assignee.")
    has_root_cause: bool | None = plain("hasRootCause", description="True when a root cause was found.")
    has_open_fix: bool | None = plain("hasOpenFixPr", description="True when a pull request with a fix is open.")
    last_fix_step: str | None = plain(
        "lastCompletedAutofixStep", description="Newest step that Seer completed, as named by Sentry."
    )
    last_progress_at: datetime | None = plain("lastProgressedAt", description="Time of the newest step.")
