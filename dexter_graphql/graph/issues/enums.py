"""The closed lists of words about issues."""

from enum import Enum

import strawberry

from dexter_graphql.graph.enums import NEWER, word


@strawberry.enum(description="Where an issue stands.")
class IssueStatus(Enum):
    """`status` on the wire."""

    UNRESOLVED = word("unresolved", "Open.")
    RESOLVED = word("resolved", "Done; a new event makes it a regression.")
    ARCHIVED = word("ignored", "Set aside; Sentry's API says `ignored`.")
    REPROCESSING = word("reprocessing", "Its events are being processed anew.")
    PENDING_DELETION = word("pending_deletion", "About to be deleted.")
    PENDING_MERGE = word("pending_merge", "About to become part of another issue.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What kind of open or archived an issue is.")
class IssueSubstatus(Enum):
    """`substatus` on the wire."""

    NEW = word("new", "First seen in the last days.")
    ONGOING = word("ongoing", "Open for longer, without a change in rate.")
    ESCALATING = word("escalating", "Happening much more often than before.")
    REGRESSED = word("regressed", "Was resolved and came back.")
    ARCHIVED_UNTIL_ESCALATING = word("archived_until_escalating", "Archived until it happens much more often.")
    ARCHIVED_UNTIL_CONDITION_MET = word(
        "archived_until_condition_met", "Archived until a time, a count or a number of users is reached."
    )
    ARCHIVED_FOREVER = word("archived_forever", "Archived for good.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="How urgent Sentry, or a person, takes an issue to be.")
class IssuePriority(Enum):
    """`priority` on the wire."""

    LOW = word("low", "Can wait.")
    MEDIUM = word("medium", "Soon.")
    HIGH = word("high", "Now.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="Severity of an event, and of an issue by its newest event.")
class Level(Enum):
    """`level` on the wire."""

    SAMPLE = word("sample", "A sample event.")
    DEBUG = word("debug", "For developers.")
    INFO = word("info", "Worth knowing.")
    WARNING = word("warning", "Something looks wrong.")
    ERROR = word("error", "Something failed.")
    FATAL = word("fatal", "The program ended.")
    UNKNOWN = word("unknown", "Sentry does not know, or the word is newer than this server.")


@strawberry.enum(description="What an issue was grouped from.")
class IssueCategory(Enum):
    """`issueCategory` on the wire."""

    ERROR = word("error", "Errors and exceptions.")
    FEEDBACK = word("feedback", "Feedback that users sent.")
    OUTAGE = word("outage", "Missed check-ins and uptime failures.")
    METRIC = word("metric", "A metric crossed its threshold.")
    DB_QUERY = word("db_query", "Slow or repeated database queries.")
    HTTP_CLIENT = word("http_client", "Slow or repeated HTTP calls.")
    FRONTEND = word("frontend", "Slow pages in the browser.")
    MOBILE = word("mobile", "Slow or frozen mobile applications.")
    PERFORMANCE = word("performance", "Performance, on older servers.")
    PROFILE = word("profile", "Profiles, on older servers.")
    CRON = word("cron", "Cron monitors, on older servers.")
    REPLAY = word("replay", "Replays, on older servers.")
    UPTIME = word("uptime", "Uptime, on older servers.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="Order of a list of issues.")
class IssueSort(Enum):
    """`sort` of the issue list."""

    LAST_SEEN = word("date", "Newest event first.")
    NEW = word("new", "Newest issue first.")
    FREQUENCY = word("freq", "Most events in the range first.")
    USERS = word("user", "Most affected users in the range first.")
    TRENDS = word("trends", "Strongest rise first.")
    RECOMMENDED = word("recommended", "Sentry's own ranking.")


@strawberry.enum(description="A property of an issue to search for; several must all hold.")
class IssueIs(Enum):
    """Words after `is:` in the issue search."""

    UNRESOLVED = word("unresolved", "Open.")
    RESOLVED = word("resolved", "Resolved.")
    ARCHIVED = word("archived", "Set aside.")
    ASSIGNED = word("assigned", "Assigned to a user or a team.")
    UNASSIGNED = word("unassigned", "Assigned to nobody.")
    FOR_REVIEW = word("for_review", "Not reviewed yet.")
    LINKED = word("linked", "Linked to an issue of another tool.")
    UNLINKED = word("unlinked", "Not linked to an issue of another tool.")
    NEW = word("new", "Substatus new.")
    ONGOING = word("ongoing", "Substatus ongoing.")
    ESCALATING = word("escalating", "Substatus escalating.")
    REGRESSED = word("regressed", "Substatus regressed.")
