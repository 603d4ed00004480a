"""JSON of the issue detail: base members, activity, users, releases, tags and series."""

from collections.abc import Sequence

from dexter_graphql.sandbox.serializers.actors import serialize_user
from dexter_graphql.sandbox.serializers.embedded_releases import serialize_issue_release
from dexter_graphql.sandbox.serializers.issues import (
    DAY_S,
    HOUR_S,
    IssueContext,
    IssueRow,
    serialize_external_issue,
    serialize_inbox,
    serialize_issue,
    serialize_owners,
    serialize_progress,
    summarize_events,
)
from dexter_graphql.sandbox.serializers.tags import serialize_tag_totals
from dexter_graphql.sandbox.time_buckets import TimeBuckets
from dexter_graphql.sandbox.world.model import Activity, Event, Issue


def serialize_detail(context: IssueContext, row: IssueRow) -> dict[str, object]:
    """The issue detail: base members, activity, users and releases, without collapsed members."""
    issue, world = row.issue, context.world
    body = serialize_issue(world, context.organization, issue, context.user) | summarize_events(row.events)
    users = {user.id: user for user in context.organization.users()}
    body |= serialize_progress(world, issue)
    body |= {
        "activity": [serialize_activity(entry) for entry in reversed(issue.activity)],
        "seenBy": [serialize_user(users[key]) for key in issue.seen_by if key in users],
        "participants": [serialize_user(users[key]) for key in issue.subscribers if key in users],
        "userReportCount": len(issue.feedback),
    }
    if "release" not in context.collapse:
        body |= serialize_first_last_release(row.events)
    if "tags" not in context.collapse:
        body["tags"] = serialize_tag_totals(row.events)
    if "stats" not in context.collapse:
        body["stats"] = _detail_stats(context, row)
    return body | _detail_extras(context, issue)


def serialize_first_last_release(events: Sequence[Event]) -> dict[str, object]:
    """The `firstRelease` and `lastRelease` of the events."""
    seen = [event.release for event in events if event.release is not None]
    return {
        "firstRelease": serialize_issue_release(seen[0]) if seen else None,
        "lastRelease": serialize_issue_release(seen[-1]) if seen else None,
    }


def _detail_stats(context: IssueContext, row: IssueRow) -> dict[str, list[list[int]]]:
    end = int(context.world.now().timestamp())
    instants = [event.at for event in row.events]
    return {
        "24h": TimeBuckets((end // HOUR_S - 23) * HOUR_S, 24, HOUR_S).series(instants),
        "30d": TimeBuckets((end // DAY_S - 29) * DAY_S, 30, DAY_S).series(instants),
    }


def _detail_extras(context: IssueContext, issue: Issue) -> dict[str, object]:
    extra: dict[str, object] = {}
    if "inbox" in context.expand:
        extra["inbox"] = serialize_inbox(issue)
    if "owners" in context.expand:
        extra["owners"] = serialize_owners(issue)
    if "forecast" in context.expand:
        extra["forecast"] = {"data": [], "date_added": None}
    if "integrationIssues" in context.expand:
        extra["integrationIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.integration_id]
    if "sentryAppIssues" in context.expand:
        extra["sentryAppIssues"] = [serialize_external_issue(t) for t in issue.external_issues if t.installation_uuid]
    if "latestEventHasAttachments" in context.expand:
        extra["latestEventHasAttachments"] = issue.events[-1].id in context.organization.attachments
    return extra


def serialize_activity(entry: Activity) -> dict[str, object]:
    """An activity of an issue."""
    return {
        "id": entry.id,
        "user": serialize_user(entry.user) if entry.user else None,
        "sentry_app": None,
        "type": entry.type,
        "data": entry.data,
        "dateCreated": entry.date_created,
    }
