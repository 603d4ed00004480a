"""The closed lists of words about usage."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="What is counted against a plan.")
class UsageCategory(Enum):
    """`category` on the wire."""

    ERROR = wire_value("error", "Errors.")
    TRANSACTION = wire_value("transaction", "Transactions.")
    SPAN = wire_value("span", "Spans.")
    ATTACHMENT = wire_value("attachment", "Attachments, in bytes; cannot be combined with other categories.")
    REPLAY = wire_value("replay", "Session replays.")
    PROFILE = wire_value("profile", "Profiles.")
    PROFILE_DURATION = wire_value("profile_duration", "Profiling, in milliseconds.")
    PROFILE_DURATION_UI = wire_value("profile_duration_ui", "Profiling of user interfaces, in milliseconds.")
    PROFILE_CHUNK = wire_value("profile_chunk", "Pieces of continuous profiles.")
    PROFILE_CHUNK_UI = wire_value("profile_chunk_ui", "Pieces of continuous profiles of user interfaces.")
    MONITOR = wire_value("monitor", "Check-ins of cron monitors.")
    UPTIME = wire_value("uptime", "Uptime checks.")
    LOG_ITEM = wire_value("log_item", "Log lines.")
    LOG_BYTE = wire_value("log_byte", "Logs, in bytes.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What became of what was sent.")
class UsageOutcome(Enum):
    """`outcome` on the wire."""

    ACCEPTED = wire_value("accepted", "Taken in, and counted against the plan.")
    FILTERED = wire_value("filtered", "Left out by an inbound filter.")
    RATE_LIMITED = wire_value("rate_limited", "Refused because a quota or a rate limit was used up.")
    INVALID = wire_value("invalid", "Could not be read.")
    ABUSE = wire_value("abuse", "Refused to protect Sentry.")
    CLIENT_DISCARD = wire_value("client_discard", "Never sent: the SDK left it out.")
    CARDINALITY_LIMITED = wire_value("cardinality_limited", "Refused because it had too many different values.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What usage is grouped by.")
class UsageGrouping(Enum):
    """`groupBy` of the usage."""

    CATEGORY = wire_value("category", "What is counted.")
    OUTCOME = wire_value("outcome", "What became of it.")
    REASON = wire_value("reason", "Why that became of it.")
    PROJECT = wire_value("project", "Where it was sent to. Sentry gives totals and no series then.")
