"""The closed lists of words about alerts and monitors."""

from enum import Enum

import strawberry

from dexter_graphql.graph.enums import NEWER, word


@strawberry.enum(description="How many conditions of a group must hold.")
class ConditionLogic(Enum):
    """`logicType` on the wire."""

    ALL = word("all", "All of them.")
    ANY = word("any", "At least one; all are looked at.")
    ANY_SHORT = word("any-short", "At least one; the rest is not looked at.")
    NONE = word("none", "Not one of them.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="How a value of an event is compared with that of a condition.")
class ConditionMatch(Enum):
    """`match` on the wire."""

    EQUAL = word("eq", "It is the same.")
    NOT_EQUAL = word("ne", "It is another.")
    STARTS_WITH = word("sw", "It begins with it.")
    NOT_STARTS_WITH = word("nsw", "It does not begin with it.")
    ENDS_WITH = word("ew", "It ends in it.")
    NOT_ENDS_WITH = word("new", "It does not end in it.")
    CONTAINS = word("co", "It contains it.")
    NOT_CONTAINS = word("nc", "It does not contain it.")
    IS_SET = word("is", "There is a value.")
    NOT_SET = word("ns", "There is no value.")
    IS_IN = word("in", "It is one of several.")
    NOT_IN = word("nin", "It is none of several.")
    GREATER_OR_EQUAL = word("gte", "It is the same or higher.")
    LESS_OR_EQUAL = word("lte", "It is the same or lower.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What a frequency is compared with.")
class FrequencyComparison(Enum):
    """End of a condition's type."""

    COUNT = word("count", "A fixed number.")
    PERCENT = word("percent", "The same stretch of time some while ago; the threshold is the rise in percent.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="On which side of an age an issue must be.")
class AgeComparison(Enum):
    """`comparisonType` of an age on the wire."""

    UNKNOWN = word("unknown", NEWER)  # before NEWER gets another meaning here
    OLDER = word("older", "Older than that.")
    NEWER = word("newer", "Younger than that.")


@strawberry.enum(description="Whom an issue must be assigned to.")
class AssigneeKind(Enum):
    """`targetType` of an assignee on the wire."""

    UNASSIGNED = word("Unassigned", "Nobody.")
    TEAM = word("Team", "A team.")
    MEMBER = word("Member", "A member.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What kind of receiver an action has.")
class ActionTarget(Enum):
    """`targetType` of an action on the wire."""

    SPECIFIC = word("specific", "Something in another tool, for example a channel or a service.")
    USER = word("user", "A user.")
    TEAM = word("team", "A team.")
    APP = word("sentry_app", "An app built on Sentry's integration platform.")
    ISSUE_OWNERS = word("issue_owners", "Whoever owns the issue.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="Who gets an e-mail when an issue has no owners.")
class EmailFallthrough(Enum):
    """`fallthroughType` on the wire."""

    ACTIVE_MEMBERS = word("ActiveMembers", "Members who used Sentry recently.")
    ALL_MEMBERS = word("AllMembers", "All members of the project's teams.")
    NO_ONE = word("NoOne", "Nobody.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="How a metric is compared with its thresholds.")
class MetricDetection(Enum):
    """`detectionType` on the wire."""

    STATIC = word("static", "With fixed numbers.")
    PERCENT = word("percent", "With itself some while ago, in percent.")
    DYNAMIC = word("dynamic", "With what Sentry takes to be usual at that time.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="How a monitor's value relates to a threshold.")
class ThresholdComparison(Enum):
    """`type` of a detector's condition on the wire."""

    GREATER = word("gt", "Higher.")
    GREATER_OR_EQUAL = word("gte", "The same or higher.")
    LESS = word("lt", "Lower.")
    LESS_OR_EQUAL = word("lte", "The same or lower.")
    EQUAL = word("eq", "The same.")
    NOT_EQUAL = word("ne", "Not the same.")
    ANOMALY = word("anomaly_detection", "Not what is usual.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What a monitor or a condition says about an issue's priority.")
class AlertPriority(Enum):
    """Sentry's numbers for priorities."""

    HIGH = word("75", "High.")
    MEDIUM = word("50", "Medium.")
    LOW = word("25", "Low.")
    RESOLVED = word("0", "The monitor is fine again.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What a monitor watches; others cannot be asked for by name.")
class MonitorKind(Enum):
    """`type` of a detector."""

    ERROR = word("error", "Errors of a project.")
    ISSUE_STREAM = word("issue_stream", "All issues of a project.")
    METRIC = word("metric_issue", "A metric and its thresholds.")
    UPTIME = word("uptime_domain_failure", "An address that must answer.")
    CRON = word("monitor_check_in_failure", "A job that must check in.")
