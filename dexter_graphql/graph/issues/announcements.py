"""Tells subscribers what a mutation changed, in the words in which Sentry's webhooks will tell it once more."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dexter_graphql.graph.context import context_of
from dexter_graphql.loaders.base import Lookup
from dexter_graphql.loaders.issues import IssueKey
from dexter_graphql.realtime.events import Change, Kind, Origin, Stream
from dexter_graphql.realtime.objects import Telling, comment_change, issue_change
from dexter_graphql.sentry.scope import OrganizationRef


async def announce_issues(
    found: Mapping[IssueKey, bytes], kind: Kind, lookup: Lookup, *, is_current: bool = True
) -> None:
    """Publish a change of each issue; `found` has each as it is now, empty bytes when nobody could look.

    Without `is_current` it has each as it was before: whose it is still holds, and subscribers look at the rest.
    """
    changes = context_of(lookup).services.changes
    for key, raw in found.items():
        change = _issue_change(key, raw, kind, _telling(key.organization, f"issue.{kind}", lookup))
        await changes.publish(change if is_current else replace(change, object=None))


async def announce_comment(issue: IssueKey, number: str, text: str, kind: Kind, lookup: Lookup) -> None:
    """Publish a change of a comment."""
    raw = msgspec.json.encode({"comment": text, "comment_id": number, "issue_id": issue.id})
    change = comment_change(kind, raw, _telling(issue.organization, f"comment.{kind}", lookup))
    await context_of(lookup).services.changes.publish(change)


def _issue_change(key: IssueKey, raw: bytes, kind: Kind, telling: Telling) -> Change:
    try:
        return issue_change(kind, raw, telling)
    except msgspec.DecodeError:
        blind: Any = telling.of("issue", Stream.ISSUES, kind, b"")
        return replace(blind, subject=key.id, object=None)


def _telling(organization: OrganizationRef, action: str, lookup: Lookup) -> Telling:
    now = context_of(lookup).services.clock.now()
    return Telling(organization.slug, action, Origin.MUTATION, None, now, now)
