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


@strawberry.enum(description="Event of an issue.")
class EventChoice(Enum):
    """Names that Sentry accepts instead of an event ID."""

    LATEST = wire_value("latest", "Newest event of the issue; null when Sentry no longer has any.")
    OLDEST = wire_value("oldest", "Oldest event that Sentry still has.")
    RECOMMENDED = wire_value("recommended", "Event that Sentry considers the most helpful.")
