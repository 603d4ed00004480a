"""The closed lists of words about alerts and monitors."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="How many conditions of a group must hold.")
class ConditionLogic(Enum):
    """`logicType` on the wire."""

    ALL = wire_value("all", "All of them.")
    ANY = wire_value("any", "At least one; all are looked at.")
    ANY_SHORT = wire_value("any-short", "At least one; the rest is not looked at.")
    NONE = wire_value("none", "Not one of them.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How a value of an event is compared with that of a condition.")
class ConditionMatch(Enum):
    """`match` on the wire."""

    EQUAL = wire_value("eq", "It is the same.")
    NOT_EQUAL = wire_value("ne", "It is another.")
    STARTS_WITH = wire_value("sw", "It begins with it.")
    NOT_STARTS_WITH = wire_value("nsw", "It does not begin with it.")
    ENDS_WITH = wire_value("ew", "It ends in it.")
    NOT_ENDS_WITH = wire_value("new", "It does not end in it.")
    CONTAINS = wire_value("co", "It contains it.")
    NOT_CONTAINS = wire_value("nc", "It does not contain it.")
    IS_SET = wire_value("is", "There is a value.")
    NOT_SET = wire_value("ns", "There is no value.")
    IS_IN = wire_value("in", "It is one of several.")
    NOT_IN = wire_value("nin", "It is none of several.")
    GREATER_OR_EQUAL = wire_value("gte", "It is the same or higher.")
    LESS_OR_EQUAL = wire_value("lte", "It is the same or lower.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What a frequency is compared with.")
class FrequencyComparison(Enum):
    """End of a condition's type."""

    COUNT = wire_value("count", "A fixed number.")
    PERCENT = wire_value("percent", "The same stretch of time some while ago; the threshold is the rise in percent.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="On which side of an age an issue must be.")
class AgeComparison(Enum):
    """`comparisonType` of an age on the wire."""

    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)  # before NEWER gets another meaning here
    OLDER = wire_value("older", "Older than that.")
    NEWER = wire_value("newer", "Younger than that.")


@strawberry.enum(description="Whom an issue must be assigned to.")
class AssigneeKind(Enum):
    """`targetType` of an assignee on the wire."""

    UNASSIGNED = wire_value("Unassigned", "Nobody.")
    TEAM = wire_value("Team", "A team.")
    MEMBER = wire_value("Member", "A member.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What kind of receiver an action has.")
class ActionTarget(Enum):
    """`targetType` of an action on the wire."""

    SPECIFIC = wire_value("specific", "Something in another tool, for example a channel or a service.")
    USER = wire_value("user", "A user.")
    TEAM = wire_value("team", "A team.")
    APP = wire_value("sentry_app", "An app built on Sentry's integration platform.")
    ISSUE_OWNERS = wire_value("issue_owners", "Whoever owns the issue.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Who gets an e-mail when an issue has no owners.")
class EmailFallthrough(Enum):
    """`fallthroughType` on the wire."""

    ACTIVE_MEMBERS = wire_value("ActiveMembers", "Members who used Sentry recently.")
    ALL_MEMBERS = wire_value("AllMembers", "All members of the project's teams.")
    NO_ONE = wire_value("NoOne", "Nobody.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How a metric is compared with its thresholds.")
class MetricDetection(Enum):
    """`detectionType` on the wire."""

    STATIC = wire_value("static", "With fixed numbers.")
    PERCENT = wire_value("percent", "With itself some while ago, in percent.")
    DYNAMIC = wire_value("dynamic", "With what Sentry takes to be usual at that time.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How a monitor's value relates to a threshold.")
class ThresholdComparison(Enum):
    """`type` of a detector's condition on the wire."""

    GREATER = wire_value("gt", "Higher.")
    GREATER_OR_EQUAL = wire_value("gte", "The same or higher.")
    LESS = wire_value("lt", "Lower.")
    LESS_OR_EQUAL = wire_value("lte", "The same or lower.")
    EQUAL = wire_value("eq", "The same.")
    NOT_EQUAL = wire_value("ne", "Not the same.")
    ANOMALY = wire_value("anomaly_detection", "Not what is usual.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What a monitor or a condition says about an issue's priority.")
class AlertPriority(Enum):
    """Sentry's numbers for priorities."""

    HIGH = wire_value("75", "High.")
    MEDIUM = wire_value("50", "Medium.")
    LOW = wire_value("25", "Low.")
    RESOLVED = wire_value("0", "The monitor is fine again.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What a monitor watches; others cannot be asked for by name.")
class MonitorKind(Enum):
    """`type` of a detector."""

    ERROR = wire_value("error", "Errors of a project.")
    ISSUE_STREAM = wire_value("issue_stream", "All issues of a project.")
    METRIC = wire_value("metric_issue", "A metric and its thresholds.")
    UPTIME = wire_value("uptime_domain_failure", "An address that must answer.")
    CRON = wire_value("monitor_check_in_failure", "A job that must check in.")
