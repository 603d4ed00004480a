"""Writes issues: the members every form shares, the row of a list, the detail, activities and tags."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from dexter_graphql.sandbox.serializers.actors import format_actor, serialize_actor, serialize_user
from dexter_graphql.sandbox.serializers.embedded_releases import serialize_issue_release
from dexter_graphql.sandbox.time_ranges import TimeRange, buckets
from dexter_graphql.sandbox.world.event_attributes import TAG_NAMES, get_tags
from dexter_graphql.sandbox.world.model import Activity, Assignee, Event, Issue, Organization, User
from dexter_graphql.sandbox.world.services import ExternalIssue
from dexter_graphql.sandbox.world.state import World

HOUR_S: Final = 3600
DAY_S: Final = 86_400
_LOGGERS = ("csp", "django.request", None, None)


@dataclass(frozen=True, slots=True)
class IssueContext:
    """How a list wants its rows: who looks, over which stretch, what to leave out, what to add."""

    world: World
    organization: Organization
    user: User | None
    span: TimeRange
    collapse: AbstractSet[str] = frozenset()
    expand: AbstractSet[str] = frozenset()
    stats_period: str = ""
    is_filtered: bool = False


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue of a list with its events in the stretch, and those that also match the search; oldest first."""

    issue: Issue
    events: Sequence[Event]
    matching: Sequence[Event] = field(default_factory=tuple)


def build_web_url(world: World, organization: Organization, issue: Issue) -> str:
    """Address of the issue for people."""
    return f"{world.url}/organizations/{organization.slug}/issues/{issue.id}/"


def serialize_base(world: World, organization: Organization, issue: Issue, user: User | None) -> dict[str, object]:
    """The members that rows, details and webhooks share."""
    own = user.id if user else ""
    project = issue.project
    return {
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
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
        "project": {"id": project.id, "name": project.name, "slug": project.slug, "platform": project.platform},
        "type": issue.kind,
        "issueType": issue.issue_type,
        "issueCategory": issue.category,
        "metadata": serialize_metadata(issue),
        "numComments": len(issue.comments),
        "assignedTo": serialize_actor(issue.assignee),
        "isBookmarked": own in issue.bookmarked_by,
        "isSubscribed": own in issue.subscribers,
        "subscriptionDetails": {"reason": issue.subscribers[own]} if own in issue.subscribers else None,
        "hasSeen": own in issue.seen_by,
        "annotations": [{"displayName": t.display_name, "url": t.web_url} for t in issue.external_issues],
    }


def serialize_metadata(issue: Issue) -> dict[str, object]:
    """What the title was made of; its keys depend on the kind of issue."""
    if not issue.is_error:
        return {"title": issue.title, "value": issue.value, "initial_priority": 50}
    file, _, function = issue.culprit.partition(" in ")
    return {"type": issue.type_name, "value": issue.value, "filename": file, "function": function}


def summarize_events(events: Sequence[Event]) -> dict[str, object]:
    """`count` (text), `userCount`, `firstSeen` and `lastSeen` of those events."""
    return {
        "count": str(len(events)),
        "userCount": len({event.person for event in events if event.person >= 0}),
        "firstSeen": events[0].time if events else None,
        "lastSeen": events[-1].time if events else None,
    }


def serialize_stats(view: IssueContext, events: Sequence[Event]) -> dict[str, list[list[int]]]:
    """The series under its period: 24 hours by hour, 14 days by day, or the whole stretch for `auto`."""
    period = view.stats_period
    if not period:
        return {}
    end = view.span.end.timestamp()
    if period == "auto":
        span_s = (view.span.end - view.span.start).total_seconds()
        width = HOUR_S if span_s <= 3 * DAY_S else DAY_S
        count = max(1, min(round(span_s / width), 200))
    else:
        width, count = (HOUR_S, 24) if period == "24h" else (DAY_S, 14)
    start = (int(end) // width + 1 - count) * width
    return {period: buckets((event.at for event in events), start, width, count)}


def serialize_list_item(view: IssueContext, row: IssueRow) -> dict[str, object]:
    """A row of the issue list."""
    issue = row.issue
    item = serialize_base(view.world, view.organization, issue, view.user)
    if "base" in view.collapse:
        item = {"id": issue.id}
    if "unhandled" not in view.collapse:
        item["isUnhandled"] = issue.is_unhandled
    if "base" not in view.collapse:
        item["derivedData"] = _derived(issue)
    item |= _list_counts(view, row)
    newest = row.matching[-1] if row.matching else None
    item["matchingEventId"] = newest.id if newest and view.is_filtered else None
    item["matchingEventEnvironment"] = newest.environment if newest and view.is_filtered else None
    return item | _expanded(view, row)


def _derived(issue: Issue) -> dict[str, object]:
    """What Sentry works out about the way to a fix."""
    return {
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


def _list_counts(view: IssueContext, row: IssueRow) -> dict[str, object]:
    """`lifetime` takes the plain counts away with it; `stats` only the series."""
    with_series = "stats" not in view.collapse and bool(view.stats_period)
    members: dict[str, object] = {}
    if "lifetime" not in view.collapse:
        members |= summarize_events(row.events)
        members["lifetime"] = summarize_events(row.issue.events) | ({"stats": None} if with_series else {})
    if with_series:
        members["stats"] = serialize_stats(view, row.events)
    if "filtered" not in view.collapse:
        filtered = summarize_events(row.matching) | (
            {"stats": serialize_stats(view, row.matching)} if with_series else {}
        )
        members["filtered"] = filtered if view.is_filtered else None
    return members


def _expanded(view: IssueContext, row: IssueRow) -> dict[str, object]:
    issue, extra = row.issue, dict[str, object]()
    if "inbox" in view.expand and issue.inbox_reason is not None:
        extra["inbox"] = serialize_inbox(issue)
    if "owners" in view.expand and (suggested := serialize_owners(issue)):
        extra["owners"] = suggested[0]
    if "integrationIssues" in view.expand:
        extra["integrationIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.integration_id]
    if "sentryAppIssues" in view.expand:
        extra["sentryAppIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.installation_uuid]
    if "latestEventHasAttachments" in view.expand:
        extra["latestEventHasAttachments"] = issue.events[-1].id in view.organization.attachments
    if "sessions" in view.expand:
        extra["sessionCount"] = 1000 + 37 * issue.number
    return extra


def serialize_inbox(issue: Issue) -> dict[str, object] | None:
    """Why the issue waits for review."""
    if issue.inbox_reason is None:
        return None
    return {"reason": issue.inbox_reason, "reason_details": None, "date_added": issue.inbox_since or issue.last_seen}


def serialize_owners(issue: Issue) -> list[dict[str, object]]:
    """Suggested owners: the team of the project, and the author of the release's newest commit."""
    at = issue.last_seen
    suggested: list[dict[str, object]] = [
        {"type": "ownershipRule", "owner": format_actor(Assignee(team=team)), "date_added": at}
        for team in issue.project.teams[:1]
    ]
    release = issue.events[0].release
    if release is not None and release.commits:
        author = format_actor(Assignee(user=release.commits[0].author))
        suggested.append({"type": "suspectCommit", "owner": author, "date_added": at})
    return suggested


def serialize_external_issue(ticket: ExternalIssue) -> dict[str, object]:
    """A ticket tied to the issue."""
    return {
        "id": ticket.id,
        "issueId": ticket.issue_id,
        "serviceType": ticket.service_type,
        "displayName": ticket.display_name,
        "webUrl": ticket.web_url,
    }


def serialize_issue(world: World, organization: Organization, issue: Issue, user: User | None) -> dict[str, object]:
    """The answer to an update of one issue, and the issue of `shortids`: base members with lifetime counts."""
    base = serialize_base(world, organization, issue, user)
    return base | {"isUnhandled": issue.is_unhandled} | summarize_events(issue.events)


def serialize_detail(view: IssueContext, row: IssueRow) -> dict[str, object]:
    """The issue page: row members, history, people and releases, without what is collapsed."""
    issue, world = row.issue, view.world
    body = serialize_issue(world, view.organization, issue, view.user) | summarize_events(row.events)
    people = {user.id: user for user in view.organization.users()}
    body |= {
        "activity": [serialize_activity(line) for line in reversed(issue.activity)],
        "seenBy": [serialize_user(people[key]) for key in issue.seen_by if key in people],
        "participants": [serialize_user(people[key]) for key in issue.subscribers if key in people],
        "userReportCount": len(issue.feedback),
    }
    if "release" not in view.collapse:
        body |= serialize_first_last_release(row.events)
    if "tags" not in view.collapse:
        body["tags"] = serialize_tag_totals(row.events)
    if "stats" not in view.collapse:
        body["stats"] = _detail_stats(view, row)
    return body | _detail_extras(view, issue)


def serialize_first_last_release(events: Sequence[Event]) -> dict[str, object]:
    """`firstRelease` and `lastRelease` of those events."""
    seen = [event.release for event in events if event.release is not None]
    return {
        "firstRelease": serialize_issue_release(seen[0]) if seen else None,
        "lastRelease": serialize_issue_release(seen[-1]) if seen else None,
    }


def _detail_stats(view: IssueContext, row: IssueRow) -> dict[str, list[list[int]]]:
    end = int(view.world.now().timestamp())
    instants = [event.at for event in row.events]
    return {
        "24h": buckets(instants, (end // HOUR_S - 23) * HOUR_S, HOUR_S, 24),
        "30d": buckets(instants, (end // DAY_S - 29) * DAY_S, DAY_S, 30),
    }


def _detail_extras(view: IssueContext, issue: Issue) -> dict[str, object]:
    extra: dict[str, object] = {}
    if "inbox" in view.expand:
        extra["inbox"] = serialize_inbox(issue)
    if "owners" in view.expand:
        extra["owners"] = serialize_owners(issue)
    if "forecast" in view.expand:
        extra["forecast"] = {"data": [], "date_added": None}
    if "integrationIssues" in view.expand:
        extra["integrationIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.integration_id]
    if "sentryAppIssues" in view.expand:
        extra["sentryAppIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.installation_uuid]
    if "latestEventHasAttachments" in view.expand:
        extra["latestEventHasAttachments"] = issue.events[-1].id in view.organization.attachments
    return extra


def serialize_activity(line: Activity) -> dict[str, object]:
    """A line of the history."""
    return {
        "id": line.id,
        "user": serialize_user(line.user) if line.user else None,
        "sentry_app": None,
        "type": line.type,
        "data": line.data,
        "dateCreated": line.date_created,
    }


def serialize_tag_totals(events: Sequence[Event]) -> list[dict[str, object]]:
    """Each tag key of those events with how many carry it."""
    totals = Counter(key for event in events for key in get_tags(event))
    return [{"key": key, "name": format_tag_name(key), "totalValues": total} for key, total in sorted(totals.items())]


def serialize_tag_values(events: Sequence[Event], key: str) -> list[dict[str, object]]:
    """Values of one tag in those events, the most frequent first."""
    seen: dict[str, list[Event]] = {}
    for event in events:
        value = get_tags(event).get(key)
        if value is not None:
            seen.setdefault(value, []).append(event)
    return [
        {
            "query": f'{key}:"{value}"',
            "key": key,
            "name": value,
            "value": value,
            "count": len(found),
            "lastSeen": _iso(found[-1]),
            "firstSeen": _iso(found[0]),
        }
        for value, found in sorted(seen.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


def format_tag_name(key: str) -> str:
    """The name Sentry shows for a tag key."""
    return TAG_NAMES.get(key, key.title())


def _iso(event: Event) -> str:
    return (event.time - timedelta(microseconds=event.time.microsecond)).isoformat().replace("+00:00", "Z")


def serialize_stats_item(view: IssueContext, row: IssueRow) -> dict[str, object]:
    """A row of `issues-stats`: the id and everything that depends on the stretch."""
    item: dict[str, object] = {"id": row.issue.id, "isUnhandled": row.issue.is_unhandled}
    return item | _list_counts(view, row)
