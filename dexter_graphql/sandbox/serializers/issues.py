"""JSON of issues: members shared by all shapes, list items and stats."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from dexter_graphql.sandbox.serializers.actors import format_actor, serialize_actor
from dexter_graphql.sandbox.time_buckets import TimeBuckets
from dexter_graphql.sandbox.time_ranges import TimeRange
from dexter_graphql.sandbox.world.model import Event, ExternalIssue, Issue, Organization, User
from dexter_graphql.sandbox.world.owners import find_suggested_owners
from dexter_graphql.sandbox.world.state import World

HOUR_S: Final = 3600
DAY_S: Final = 86_400
_FIXABLE = 0.8
"""Score of the issues on which Seer was started."""
_LOGGERS = ("csp", "django.request", None, None)


@dataclass(frozen=True, slots=True)
class IssueContext:
    """The viewer, time range and options of a request for issues."""

    world: World
    organization: Organization
    user: User | None
    time_range: TimeRange
    collapse: AbstractSet[str] = frozenset()
    expand: AbstractSet[str] = frozenset()
    stats_period: str = ""
    is_filtered: bool = False


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue with its events in the time range, and those that match the search; oldest first."""

    issue: Issue
    events: Sequence[Event]
    matching: Sequence[Event] = field(default_factory=tuple)


def build_web_url(world: World, organization: Organization, issue: Issue) -> str:
    """URL of the issue in Sentry's interface."""
    return f"{world.url}/organizations/{organization.slug}/issues/{issue.id}/"


def serialize_base(world: World, organization: Organization, issue: Issue, user: User | None) -> dict[str, object]:
    """The members shared by list items, details and webhooks."""
    user_id = user.id if user else ""
    project = issue.project
    return without_omitted(
        world,
        {
            "id": issue.id,
            "shareId": issue.share_id,
            "shortId": issue.short_id,
            "title": issue.title,
            "culprit": issue.culprit,
            "permalink": build_web_url(world, organization, issue),
            "logger": _LOGGERS[issue.number % len(_LOGGERS)],
            "level": issue.level,
            "status": issue.status,
            "statusDetails": issue.status_details,
            "substatus": issue.substatus,
            "isPublic": issue.share_id is not None,
            "platform": project.platform,
            "priority": issue.priority,
            "priorityLockedAt": issue.priority_locked_at,
            "seerFixabilityScore": _FIXABLE if issue.autofix else None,
            "seerAutofixLastTriggered": issue.autofix["updated_at"] if issue.autofix else None,
            "seerExplorerAutofixLastTriggered": None,
            "project": {"id": project.id, "name": project.name, "slug": project.slug, "platform": project.platform},
            "type": issue.kind,
            "issueType": issue.issue_type,
            "issueCategory": issue.category,
            "metadata": serialize_metadata(issue),
            "numComments": len(issue.comments),
            "assignedTo": serialize_actor(issue.assignee),
            "isBookmarked": user_id in issue.bookmarked_by,
            "isSubscribed": user_id in issue.subscribers,
            "subscriptionDetails": {"reason": issue.subscribers[user_id]} if user_id in issue.subscribers else None,
            "hasSeen": user_id in issue.seen_by,
            "annotations": [{"displayName": t.display_name, "url": t.web_url} for t in issue.external_issues],
        },
    )


def without_omitted(world: World, members: dict[str, object]) -> dict[str, object]:
    """The members that the imitated Sentry release has."""
    omitted = world.vintage.omitted_issue_members
    return {name: value for name, value in members.items() if name not in omitted} if omitted else members


def serialize_metadata(issue: Issue) -> dict[str, object]:
    """The source of the title; the keys depend on the kind of issue."""
    if not issue.is_error:
        return {"title": issue.title, "value": issue.value, "initial_priority": 50}
    file, _, function = issue.culprit.partition(" in ")
    return {"type": issue.type_name, "value": issue.value, "filename": file, "function": function}


def summarize_events(events: Sequence[Event]) -> dict[str, object]:
    """`count` (a string), `userCount`, `firstSeen` and `lastSeen` of the events."""
    return {
        "count": str(len(events)),
        "userCount": len({event.person for event in events if event.person >= 0}),
        "firstSeen": events[0].time if events else None,
        "lastSeen": events[-1].time if events else None,
    }


def serialize_stats(context: IssueContext, events: Sequence[Event]) -> dict[str, list[list[int]]]:
    """The series by period: 24 hours by hour, 14 days by day, or the whole time range for `auto`."""
    period = context.stats_period
    if not period:
        return {}
    end = context.time_range.end.timestamp()
    if period == "auto":
        span_s = (context.time_range.end - context.time_range.start).total_seconds()
        width = HOUR_S if span_s <= 3 * DAY_S else DAY_S
        count = max(1, min(round(span_s / width), 200))
    else:
        width, count = (HOUR_S, 24) if period == "24h" else (DAY_S, 14)
    start = (int(end) // width + 1 - count) * width
    return {period: TimeBuckets(start, count, width).series(event.at for event in events)}


def serialize_list_item(context: IssueContext, row: IssueRow) -> dict[str, object]:
    """An issue in a list."""
    issue = row.issue
    item = serialize_base(context.world, context.organization, issue, context.user)
    if "base" in context.collapse:
        item = {"id": issue.id}
    if "unhandled" not in context.collapse:
        item["isUnhandled"] = issue.is_unhandled
    if "base" not in context.collapse:
        item |= serialize_progress(context.world, issue)
    item |= _list_counts(context, row)
    newest = row.matching[-1] if row.matching else None
    item["matchingEventId"] = newest.id if newest and context.is_filtered else None
    item["matchingEventEnvironment"] = newest.environment if newest and context.is_filtered else None
    return item | _expanded(context, row)


def serialize_progress(world: World, issue: Issue) -> dict[str, object]:
    """The progress towards a fix, which Sentry derives and older releases omit."""
    progress = {
        "blocker": "none",
        "progress": "fix_applied" if issue.status == "resolved" else "not_started",
        "status": "open" if issue.status == "unresolved" else "closed",
        "viewCount": len(issue.seen_by),
        "hasOpenFixPr": False,
        "isAssigned": issue.assignee is not None,
        "hasRootCause": False,
        "lastCompletedAutofixStep": "none",
        "lastProgressedAt": None,
    }
    return without_omitted(world, {"derivedData": progress})


def _list_counts(context: IssueContext, row: IssueRow) -> dict[str, object]:
    """Collapsing `lifetime` also omits the plain counts; `stats` only the series."""
    with_series = "stats" not in context.collapse and bool(context.stats_period)
    members: dict[str, object] = {}
    if "lifetime" not in context.collapse:
        members |= summarize_events(row.events)
        members["lifetime"] = summarize_events(row.issue.events) | ({"stats": None} if with_series else {})
    if with_series:
        members["stats"] = serialize_stats(context, row.events)
    if "filtered" not in context.collapse:
        filtered = summarize_events(row.matching) | (
            {"stats": serialize_stats(context, row.matching)} if with_series else {}
        )
        members["filtered"] = filtered if context.is_filtered else None
    return members


def _expanded(context: IssueContext, row: IssueRow) -> dict[str, object]:
    issue, extra = row.issue, dict[str, object]()
    if "inbox" in context.expand and issue.inbox_reason is not None:
        extra["inbox"] = serialize_inbox(issue)
    if "owners" in context.expand and (suggested := serialize_owners(issue)):
        extra["owners"] = suggested[0]
    if "integrationIssues" in context.expand:
        extra["integrationIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.integration_id]
    if "sentryAppIssues" in context.expand:
        extra["sentryAppIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.installation_uuid]
    if "latestEventHasAttachments" in context.expand:
        extra["latestEventHasAttachments"] = issue.events[-1].id in context.organization.attachments
    if "sessions" in context.expand:
        extra["sessionCount"] = 1000 + 37 * issue.number
    return extra


def serialize_inbox(issue: Issue) -> dict[str, object] | None:
    """The reason why the issue needs review."""
    if issue.inbox_reason is None:
        return None
    return {"reason": issue.inbox_reason, "reason_details": None, "date_added": issue.inbox_since or issue.last_seen}


def serialize_owners(issue: Issue) -> list[dict[str, object]]:
    """Suggested owners: the project's first team, and the author of the release's first commit."""
    at = issue.last_seen
    return [
        {
            "type": "ownershipRule" if owner.team else "suspectCommit",
            "owner": format_actor(owner),
            "date_added": at,
        }
        for owner in find_suggested_owners(issue)
    ]


def serialize_external_issue(ticket: ExternalIssue) -> dict[str, object]:
    """A ticket linked to the issue."""
    return {
        "id": ticket.id,
        "issueId": ticket.issue_id,
        "serviceType": ticket.service_type,
        "displayName": ticket.display_name,
        "webUrl": ticket.web_url,
    }


def serialize_issue(world: World, organization: Organization, issue: Issue, user: User | None) -> dict[str, object]:
    """An issue after an update and in `shortids`: base members with lifetime counts."""
    base = serialize_base(world, organization, issue, user)
    return base | {"isUnhandled": issue.is_unhandled} | summarize_events(issue.events)


def serialize_webhook_issue(world: World, organization: Organization, issue: Issue) -> dict[str, object]:
    """The issue of a webhook: the issue of the API without series, with three URLs."""
    return serialize_issue(world, organization, issue, None) | {
        "url": f"{world.url}/api/0/organizations/{organization.slug}/issues/{issue.id}/",
        "web_url": build_web_url(world, organization, issue),
        "project_url": f"{world.url}/organizations/{organization.slug}/issues/?project={issue.project.id}",
    }


def serialize_stats_item(context: IssueContext, row: IssueRow) -> dict[str, object]:
    """An item of `issues-stats`: the id and the members that depend on the time range."""
    item: dict[str, object] = {"id": row.issue.id, "isUnhandled": row.issue.is_unhandled}
    return item | _list_counts(context, row)
