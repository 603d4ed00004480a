"""Enums of usage statistics."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Category of data that counts towards the quota of a plan.")
class UsageCategory(Enum):
    """`category` on the wire."""

    ERROR = wire_value("error", "Error events.")
    TRANSACTION = wire_value("transaction", "Performance transactions.")
    SPAN = wire_value("span", "Performance spans.")
    ATTACHMENT = wire_value("attachment", "Attachments, in bytes. Cannot be combined with other categories.")
    REPLAY = wire_value("replay", "Session replays.")
    PROFILE = wire_value("profile", "Transaction profiles.")
    PROFILE_DURATION = wire_value("profile_duration", "Continuous profiling, in milliseconds.")
    PROFILE_DURATION_UI = wire_value("profile_duration_ui", "Continuous profiling of user interfaces, in milliseconds.")
    PROFILE_CHUNK = wire_value("profile_chunk", "Chunks of continuous profiles.")
    PROFILE_CHUNK_UI = wire_value("profile_chunk_ui", "Chunks of continuous profiles of user interfaces.")
    MONITOR = wire_value("monitor", "Check-ins of cron monitors.")
    UPTIME = wire_value("uptime", "Uptime checks.")
    LOG_ITEM = wire_value("log_item", "Log entries.")
    LOG_BYTE = wire_value("log_byte", "Logs, in bytes.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Outcome of data that was sent to Sentry.")
class UsageOutcome(Enum):
    """`outcome` on the wire."""

    ACCEPTED = wire_value("accepted", "Accepted and counted towards the quota.")
    FILTERED = wire_value("filtered", "Dropped by an inbound filter.")
    RATE_LIMITED = wire_value("rate_limited", "Rejected because a quota or rate limit was exceeded.")
    INVALID = wire_value("invalid", "Rejected because it was invalid.")
    ABUSE = wire_value("abuse", "Rejected by Sentry's abuse limits.")
    CLIENT_DISCARD = wire_value("client_discard", "Dropped by the SDK and never sent.")
    CARDINALITY_LIMITED = wire_value("cardinality_limited", "Rejected because of too many distinct values.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What usage statistics count.")
class UsageMeasure(Enum):
    """`field` of the usage."""

    QUANTITY = wire_value("sum(quantity)", "Quantity that counts towards the quota; bytes for attachments.")
    TIMES_SEEN = wire_value("sum(times_seen)", "Number of items, also for attachments.")


@strawberry.enum(description="Events of a project that are counted.")
class EventStat(Enum):
    """`stat` of the counts of a project."""

    RECEIVED = wire_value("received", "Events that Sentry received.")
    REJECTED = wire_value("rejected", "Events that were rejected because a quota or rate limit was exceeded.")
    BLACKLISTED = wire_value("blacklisted", "Events that an inbound filter dropped.")
    GENERATED = wire_value("generated", "Events that Sentry itself generated.")


@strawberry.enum(description="Grouping of usage statistics.")
class UsageGrouping(Enum):
    """`groupBy` of the usage."""

    CATEGORY = wire_value("category", "By category of data.")
    OUTCOME = wire_value("outcome", "By outcome.")
    REASON = wire_value("reason", "By reason of the outcome.")
    PROJECT = wire_value("project", "By project. Sentry sends totals but no time series for this grouping.")
