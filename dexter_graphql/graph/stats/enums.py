"""The closed lists of words about usage."""

from enum import Enum

import strawberry

from dexter_graphql.graph.enums import NEWER, word


@strawberry.enum(description="What is counted against a plan.")
class UsageCategory(Enum):
    """`category` on the wire."""

    ERROR = word("error", "Errors.")
    TRANSACTION = word("transaction", "Transactions.")
    SPAN = word("span", "Spans.")
    ATTACHMENT = word("attachment", "Attachments, in bytes; cannot be combined with other categories.")
    REPLAY = word("replay", "Session replays.")
    PROFILE = word("profile", "Profiles.")
    PROFILE_DURATION = word("profile_duration", "Profiling, in milliseconds.")
    PROFILE_DURATION_UI = word("profile_duration_ui", "Profiling of user interfaces, in milliseconds.")
    PROFILE_CHUNK = word("profile_chunk", "Pieces of continuous profiles.")
    PROFILE_CHUNK_UI = word("profile_chunk_ui", "Pieces of continuous profiles of user interfaces.")
    MONITOR = word("monitor", "Check-ins of cron monitors.")
    UPTIME = word("uptime", "Uptime checks.")
    LOG_ITEM = word("log_item", "Log lines.")
    LOG_BYTE = word("log_byte", "Logs, in bytes.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What became of what was sent.")
class UsageOutcome(Enum):
    """`outcome` on the wire."""

    ACCEPTED = word("accepted", "Taken in, and counted against the plan.")
    FILTERED = word("filtered", "Left out by an inbound filter.")
    RATE_LIMITED = word("rate_limited", "Refused because a quota or a rate limit was used up.")
    INVALID = word("invalid", "Could not be read.")
    ABUSE = word("abuse", "Refused to protect Sentry.")
    CLIENT_DISCARD = word("client_discard", "Never sent: the SDK left it out.")
    CARDINALITY_LIMITED = word("cardinality_limited", "Refused because it had too many different values.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What usage is grouped by.")
class UsageGrouping(Enum):
    """`groupBy` of the usage."""

    CATEGORY = word("category", "What is counted.")
    OUTCOME = word("outcome", "What became of it.")
    REASON = word("reason", "Why that became of it.")
    PROJECT = word("project", "Where it was sent to. Sentry gives totals and no series then.")
