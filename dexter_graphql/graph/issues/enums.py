"""The closed lists of words about issues."""

from enum import Enum

import strawberry

UNKNOWN = "A word that is newer than this server; the raw field beside has it."


@strawberry.enum(description="Where an issue stands.")
class IssueStatus(Enum):
    """`status` on the wire."""

    UNRESOLVED = strawberry.enum_value("unresolved", description="Open.")
    RESOLVED = strawberry.enum_value("resolved", description="Done; a new event makes it a regression.")
    ARCHIVED = strawberry.enum_value("ignored", description="Set aside; Sentry's API says `ignored`.")
    REPROCESSING = strawberry.enum_value("reprocessing", description="Its events are being processed anew.")
    PENDING_DELETION = strawberry.enum_value("pending_deletion", description="About to be deleted.")
    PENDING_MERGE = strawberry.enum_value("pending_merge", description="About to become part of another issue.")
    UNKNOWN = strawberry.enum_value("unknown", description=UNKNOWN)


@strawberry.enum(description="What kind of open or archived an issue is.")
class IssueSubstatus(Enum):
    """`substatus` on the wire."""

    NEW = strawberry.enum_value("new", description="First seen in the last days.")
    ONGOING = strawberry.enum_value("ongoing", description="Open for longer, without a change in rate.")
    ESCALATING = strawberry.enum_value("escalating", description="Happening much more often than before.")
    REGRESSED = strawberry.enum_value("regressed", description="Was resolved and came back.")
    ARCHIVED_UNTIL_ESCALATING = strawberry.enum_value(
        "archived_until_escalating", description="Archived until it happens much more often."
    )
    ARCHIVED_UNTIL_CONDITION_MET = strawberry.enum_value(
        "archived_until_condition_met", description="Archived until a time, a count or a number of users is reached."
    )
    ARCHIVED_FOREVER = strawberry.enum_value("archived_forever", description="Archived for good.")
    UNKNOWN = strawberry.enum_value("unknown", description=UNKNOWN)


@strawberry.enum(description="How urgent Sentry, or a person, takes an issue to be.")
class IssuePriority(Enum):
    """`priority` on the wire."""

    LOW = strawberry.enum_value("low", description="Can wait.")
    MEDIUM = strawberry.enum_value("medium", description="Soon.")
    HIGH = strawberry.enum_value("high", description="Now.")
    UNKNOWN = strawberry.enum_value("unknown", description=UNKNOWN)


@strawberry.enum(description="Severity of an event, and of an issue by its newest event.")
class Level(Enum):
    """`level` on the wire."""

    SAMPLE = strawberry.enum_value("sample", description="A sample event.")
    DEBUG = strawberry.enum_value("debug", description="For developers.")
    INFO = strawberry.enum_value("info", description="Worth knowing.")
    WARNING = strawberry.enum_value("warning", description="Something looks wrong.")
    ERROR = strawberry.enum_value("error", description="Something failed.")
    FATAL = strawberry.enum_value("fatal", description="The program ended.")
    UNKNOWN = strawberry.enum_value(
        "unknown", description="Sentry does not know, or the word is newer than this server."
    )


@strawberry.enum(description="What an issue was grouped from.")
class IssueCategory(Enum):
    """`issueCategory` on the wire."""

    ERROR = strawberry.enum_value("error", description="Errors and exceptions.")
    FEEDBACK = strawberry.enum_value("feedback", description="Feedback that users sent.")
    OUTAGE = strawberry.enum_value("outage", description="Missed check-ins and uptime failures.")
    METRIC = strawberry.enum_value("metric", description="A metric crossed its threshold.")
    DB_QUERY = strawberry.enum_value("db_query", description="Slow or repeated database queries.")
    HTTP_CLIENT = strawberry.enum_value("http_client", description="Slow or repeated HTTP calls.")
    FRONTEND = strawberry.enum_value("frontend", description="Slow pages in the browser.")
    MOBILE = strawberry.enum_value("mobile", description="Slow or frozen mobile applications.")
    PERFORMANCE = strawberry.enum_value("performance", description="Performance, on older servers.")
    PROFILE = strawberry.enum_value("profile", description="Profiles, on older servers.")
    CRON = strawberry.enum_value("cron", description="Cron monitors, on older servers.")
    REPLAY = strawberry.enum_value("replay", description="Replays, on older servers.")
    UPTIME = strawberry.enum_value("uptime", description="Uptime, on older servers.")
    UNKNOWN = strawberry.enum_value("unknown", description=UNKNOWN)


@strawberry.enum(description="Order of a list of issues.")
class IssueSort(Enum):
    """`sort` of the issue list."""

    LAST_SEEN = strawberry.enum_value("date", description="Newest event first.")
    NEW = strawberry.enum_value("new", description="Newest issue first.")
    FREQUENCY = strawberry.enum_value("freq", description="Most events in the range first.")
    USERS = strawberry.enum_value("user", description="Most affected users in the range first.")
    TRENDS = strawberry.enum_value("trends", description="Strongest rise first.")
    RECOMMENDED = strawberry.enum_value("recommended", description="Sentry's own ranking.")


@strawberry.enum(description="A property of an issue to search for; several must all hold.")
class IssueIs(Enum):
    """Words after `is:` in the issue search."""

    UNRESOLVED = strawberry.enum_value("unresolved", description="Open.")
    RESOLVED = strawberry.enum_value("resolved", description="Resolved.")
    ARCHIVED = strawberry.enum_value("archived", description="Set aside.")
    ASSIGNED = strawberry.enum_value("assigned", description="Assigned to a user or a team.")
    UNASSIGNED = strawberry.enum_value("unassigned", description="Assigned to nobody.")
    FOR_REVIEW = strawberry.enum_value("for_review", description="Not reviewed yet.")
    LINKED = strawberry.enum_value("linked", description="Linked to an issue of another tool.")
    UNLINKED = strawberry.enum_value("unlinked", description="Not linked to an issue of another tool.")
    NEW = strawberry.enum_value("new", description="Substatus new.")
    ONGOING = strawberry.enum_value("ongoing", description="Substatus ongoing.")
    ESCALATING = strawberry.enum_value("escalating", description="Substatus escalating.")
    REGRESSED = strawberry.enum_value("regressed", description="Substatus regressed.")
