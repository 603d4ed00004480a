"""Publication of the changes that mutations make; Sentry's webhooks report the same changes moments later."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from dexter_graphql.graph.changes.announcements import announce, mutation_source
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots import ChangeSource, comment_change, issue_change
from dexter_graphql.realtime.snapshots.issues import issue_tags


async def announce_issues(
    issues: Mapping[IssueKey, bytes], kind: Kind, load_context: LoadContext, *, is_current: bool = True
) -> None:
    """Publish a change of each issue; `issues` has the JSON of each, empty when it could not be read.

    With `is_current` the JSON is the issue after the change. Without it, the issue before: subscribers use its project
    and fetch the rest.
    """
    for key, raw in issues.items():
        change = _issue_change(key, raw, kind, mutation_source(key.organization, f"issue.{kind}", load_context))
        await announce(change if is_current else replace(change, object=None), load_context)


async def announce_update(issue: IssueKey, load_context: LoadContext) -> None:
    """Publish that something changed which belongs to an issue, such as a ticket. Subscribers read the issue."""
    source = mutation_source(issue.organization, f"issue.{Kind.UPDATED}", load_context)
    change = source.make_change("issue", Stream.ISSUES, Kind.UPDATED, None)
    tags = issue_tags(issue.organization.slug, issue.id)
    await announce(replace(change, subject=issue.id, tags=tags), load_context)


async def announce_comment(issue: IssueKey, number: str, text: str, kind: Kind, load_context: LoadContext) -> None:
    """Publish a change of a comment."""
    raw = msgspec.json.encode({"comment": text, "comment_id": number, "issue_id": issue.id})
    change = comment_change(kind, raw, mutation_source(issue.organization, f"comment.{kind}", load_context))
    await announce(change, load_context)


def _issue_change(key: IssueKey, raw: bytes, kind: Kind, source: ChangeSource) -> Change:
    try:
        return issue_change(kind, raw, source)
    except msgspec.DecodeError:
        return replace(source.make_change("issue", Stream.ISSUES, kind, None), subject=key.id)
