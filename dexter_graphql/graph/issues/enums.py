"""The closed lists of words about issues."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Where an issue stands.")
class IssueStatus(Enum):
    """`status` on the wire."""

    UNRESOLVED = wire_value("unresolved", "Open.")
    RESOLVED = wire_value("resolved", "Done; a new event makes it a regression.")
    ARCHIVED = wire_value("ignored", "Set aside; Sentry's API says `ignored`.")
    REPROCESSING = wire_value("reprocessing", "Its events are being processed anew.")
    PENDING_DELETION = wire_value("pending_deletion", "About to be deleted.")
    PENDING_MERGE = wire_value("pending_merge", "About to become part of another issue.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What kind of open or archived an issue is.")
class IssueSubstatus(Enum):
    """`substatus` on the wire."""

    NEW = wire_value("new", "First seen in the last days.")
    ONGOING = wire_value("ongoing", "Open for longer, without a change in rate.")
    ESCALATING = wire_value("escalating", "Happening much more often than before.")
    REGRESSED = wire_value("regressed", "Was resolved and came back.")
    ARCHIVED_UNTIL_ESCALATING = wire_value("archived_until_escalating", "Archived until it happens much more often.")
    ARCHIVED_UNTIL_CONDITION_MET = wire_value(
        "archived_until_condition_met", "Archived until a time, a count or a number of users is reached."
    )
    ARCHIVED_FOREVER = wire_value("archived_forever", "Archived for good.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How urgent Sentry, or a person, takes an issue to be.")
class IssuePriority(Enum):
    """`priority` on the wire."""

    LOW = wire_value("low", "Can wait.")
    MEDIUM = wire_value("medium", "Soon.")
    HIGH = wire_value("high", "Now.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Severity of an event, and of an issue by its newest event.")
class Level(Enum):
    """`level` on the wire."""

    SAMPLE = wire_value("sample", "A sample event.")
    DEBUG = wire_value("debug", "For developers.")
    INFO = wire_value("info", "Worth knowing.")
    WARNING = wire_value("warning", "Something looks wrong.")
    ERROR = wire_value("error", "Something failed.")
    FATAL = wire_value("fatal", "The program ended.")
    UNKNOWN = wire_value("unknown", "Sentry does not know, or the word is newer than this server.")


@strawberry.enum(description="What an issue was grouped from.")
class IssueCategory(Enum):
    """`issueCategory` on the wire."""

    ERROR = wire_value("error", "Errors and exceptions.")
    FEEDBACK = wire_value("feedback", "Feedback that users sent.")
    OUTAGE = wire_value("outage", "Missed check-ins and uptime failures.")
    METRIC = wire_value("metric", "A metric crossed its threshold.")
    DB_QUERY = wire_value("db_query", "Slow or repeated database queries.")
    HTTP_CLIENT = wire_value("http_client", "Slow or repeated HTTP calls.")
    FRONTEND = wire_value("frontend", "Slow pages in the browser.")
    MOBILE = wire_value("mobile", "Slow or frozen mobile applications.")
    PERFORMANCE = wire_value("performance", "Performance, on older servers.")
    PROFILE = wire_value("profile", "Profiles, on older servers.")
    CRON = wire_value("cron", "Cron monitors, on older servers.")
    REPLAY = wire_value("replay", "Replays, on older servers.")
    UPTIME = wire_value("uptime", "Uptime, on older servers.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Order of a list of issues.")
class IssueSort(Enum):
    """`sort` of the issue list."""

    LAST_SEEN = wire_value("date", "Newest event first.")
    NEW = wire_value("new", "Newest issue first.")
    FREQUENCY = wire_value("freq", "Most events in the range first.")
    USERS = wire_value("user", "Most affected users in the range first.")
    TRENDS = wire_value("trends", "Strongest rise first.")
    RECOMMENDED = wire_value("recommended", "Sentry's own ranking.")


@strawberry.enum(description="A property of an issue to search for; several must all hold.")
class IssueIs(Enum):
    """Words after `is:` in the issue search."""

    UNRESOLVED = wire_value("unresolved", "Open.")
    RESOLVED = wire_value("resolved", "Resolved.")
    ARCHIVED = wire_value("archived", "Set aside.")
    ASSIGNED = wire_value("assigned", "Assigned to a user or a team.")
    UNASSIGNED = wire_value("unassigned", "Assigned to nobody.")
    FOR_REVIEW = wire_value("for_review", "Not reviewed yet.")
    LINKED = wire_value("linked", "Linked to an issue of another tool.")
    UNLINKED = wire_value("unlinked", "Not linked to an issue of another tool.")
    NEW = wire_value("new", "Substatus new.")
    ONGOING = wire_value("ongoing", "Substatus ongoing.")
    ESCALATING = wire_value("escalating", "Substatus escalating.")
    REGRESSED = wire_value("regressed", "Substatus regressed.")
