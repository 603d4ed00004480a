"""Enums of issues."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Status of an issue.")
class IssueStatus(Enum):
    """`status` on the wire."""

    UNRESOLVED = wire_value("unresolved", "The issue is open.")
    RESOLVED = wire_value("resolved", "The issue is resolved. A new event reopens it as a regression.")
    ARCHIVED = wire_value("ignored", "The issue is archived (`ignored` in Sentry's API).")
    REPROCESSING = wire_value("reprocessing", "The events of the issue are being reprocessed.")
    PENDING_DELETION = wire_value("pending_deletion", "The issue is about to be deleted.")
    PENDING_MERGE = wire_value("pending_merge", "The issue is about to be merged into another issue.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Substatus of an unresolved or archived issue.")
class IssueSubstatus(Enum):
    """`substatus` on the wire."""

    NEW = wire_value("new", "The issue was created recently.")
    ONGOING = wire_value("ongoing", "The issue has been open for some time and its rate is steady.")
    ESCALATING = wire_value("escalating", "The issue occurs more often than Sentry predicted.")
    REGRESSED = wire_value("regressed", "The issue was resolved and occurred again.")
    ARCHIVED_UNTIL_ESCALATING = wire_value("archived_until_escalating", "The issue is archived until it escalates.")
    ARCHIVED_UNTIL_CONDITION_MET = wire_value(
        "archived_until_condition_met",
        "The issue is archived until a time, a number of events or a number of users is reached.",
    )
    ARCHIVED_FOREVER = wire_value("archived_forever", "The issue is archived permanently.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Priority of an issue, set by Sentry or by a user.")
class IssuePriority(Enum):
    """`priority` on the wire."""

    LOW = wire_value("low", "Low priority.")
    MEDIUM = wire_value("medium", "Medium priority.")
    HIGH = wire_value("high", "High priority.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Severity of an event. The severity of an issue is that of its newest event.")
class Level(Enum):
    """`level` on the wire."""

    SAMPLE = wire_value("sample", "Sample event.")
    DEBUG = wire_value("debug", "Debugging information.")
    INFO = wire_value("info", "Informational message.")
    WARNING = wire_value("warning", "Warning message.")
    ERROR = wire_value("error", "Error condition.")
    FATAL = wire_value("fatal", "The application crashed.")
    UNKNOWN = wire_value(
        "unknown", "Sentry does not know the severity, or sent a value that this server does not know."
    )


@strawberry.enum(description="Category of an issue.")
class IssueCategory(Enum):
    """`issueCategory` on the wire."""

    ERROR = wire_value("error", "Errors and exceptions.")
    FEEDBACK = wire_value("feedback", "User feedback.")
    OUTAGE = wire_value("outage", "Missed cron check-ins and uptime failures.")
    METRIC = wire_value("metric", "Metric that crossed a threshold.")
    DB_QUERY = wire_value("db_query", "Slow or repeated database queries.")
    HTTP_CLIENT = wire_value("http_client", "Slow or repeated HTTP calls.")
    FRONTEND = wire_value("frontend", "Performance problems in the browser.")
    MOBILE = wire_value("mobile", "Performance problems in mobile applications.")
    PERFORMANCE = wire_value("performance", "Performance issues of older Sentry releases.")
    PROFILE = wire_value("profile", "Profiling issues of older Sentry releases.")
    CRON = wire_value("cron", "Cron monitor issues of older Sentry releases.")
    REPLAY = wire_value("replay", "Replay issues of older Sentry releases.")
    UPTIME = wire_value("uptime", "Uptime issues of older Sentry releases.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Sort order of an issue list.")
class IssueSort(Enum):
    """`sort` of the issue list."""

    LAST_SEEN = wire_value("date", "By time of the newest event, newest first.")
    NEW = wire_value("new", "By time of the first event, newest first.")
    FREQUENCY = wire_value("freq", "By number of events in the range, most first.")
    USERS = wire_value("user", "By number of affected users in the range, most first.")
    TRENDS = wire_value("trends", "By trend in the range, strongest increase first.")
    RECOMMENDED = wire_value("recommended", "By Sentry's relevance ranking.")


@strawberry.enum(description="Order of the values of a tag.")
class TagValueSort(Enum):
    """`sort` of the values of a tag of an issue."""

    LAST_SEEN = wire_value("date", "By time of the newest event, newest first.")
    FIRST_SEEN = wire_value("age", "By time of the first event, newest first.")
    COUNT = wire_value("count", "By number of events, most first.")


@strawberry.enum(description="Event of an issue.")
class EventChoice(Enum):
    """Names that Sentry accepts instead of an event ID."""

    LATEST = wire_value("latest", "Newest event of the issue; null when Sentry no longer has any.")
    OLDEST = wire_value("oldest", "Oldest event that Sentry still has.")
    RECOMMENDED = wire_value("recommended", "Event that Sentry considers the most helpful.")


@strawberry.enum(description="Kind of an entry in the activity of an issue.")
class IssueActivityKind(Enum):
    """`type` of an activity on the wire."""

    NOTE = wire_value("note", "A user commented.")
    FIRST_SEEN = wire_value("first_seen", "The issue occurred for the first time.")
    RESOLVED = wire_value("set_resolved", "The issue was resolved.")
    RESOLVED_BY_AGE = wire_value("set_resolved_by_age", "Sentry resolved the issue, which had no events for some time.")
    RESOLVED_IN_RELEASE = wire_value("set_resolved_in_release", "The issue was resolved in a release.")
    RESOLVED_IN_COMMIT = wire_value("set_resolved_in_commit", "The issue was resolved by a commit.")
    RESOLVED_IN_PULL_REQUEST = wire_value("set_resolved_in_pull_request", "The issue was resolved by a pull request.")
    UNRESOLVED = wire_value("set_unresolved", "The issue was reopened.")
    REGRESSED = wire_value("set_regression", "The issue occurred again after it was resolved.")
    ESCALATING = wire_value("set_escalating", "The issue occurs more often than Sentry predicted.")
    ONGOING = wire_value("auto_set_ongoing", "Sentry set the substatus ONGOING.")
    ARCHIVED = wire_value("set_ignored", "The issue was archived (`ignored` in Sentry's API).")
    SHARED = wire_value("set_public", "The issue was shared publicly by link.")
    UNSHARED = wire_value("set_private", "The issue is no longer shared.")
    PRIORITY_SET = wire_value("set_priority", "The priority was changed.")
    ASSIGNED = wire_value("assigned", "The issue was assigned.")
    UNASSIGNED = wire_value("unassigned", "The assignee was removed.")
    MERGED = wire_value("merge", "Another issue was merged into the issue.")
    UNMERGED_FROM = wire_value("unmerge_source", "Events were moved from this issue to another one.")
    UNMERGED_TO = wire_value("unmerge_destination", "Events were moved from another issue to this one.")
    EXTERNAL_ISSUE_CREATED = wire_value("create_issue", "An external issue was created or linked.")
    REFERENCED_IN_COMMIT = wire_value("referenced_in_commit", "A commit refers to the issue.")
    ATTACHMENT_DELETED = wire_value("deleted_attachment", "An attachment was deleted.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Reason why Sentry suggests an owner.")
class IssueOwnerReason(Enum):
    """`type` of a suggested owner on the wire."""

    SUSPECT_COMMIT = wire_value("suspectCommit", "The owner is the author of a suspect commit.")
    OWNERSHIP_RULE = wire_value("ownershipRule", "An ownership rule of the project matches.")
    CODE_OWNERS = wire_value("codeowners", "A rule of the project's CODEOWNERS file matches.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)
