"""Enums of alerts and monitors."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="How many conditions of a group must match.")
class ConditionLogic(Enum):
    """`logicType` on the wire."""

    ALL = wire_value("all", "All conditions must match.")
    ANY = wire_value("any", "At least one condition must match; all are evaluated.")
    ANY_SHORT = wire_value("any-short", "At least one condition must match; evaluation stops at the first match.")
    NONE = wire_value("none", "No condition may match.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How a value of an event is compared with the value of a condition.")
class ConditionMatch(Enum):
    """`match` on the wire."""

    EQUAL = wire_value("eq", "The values are equal.")
    NOT_EQUAL = wire_value("ne", "The values differ.")
    STARTS_WITH = wire_value("sw", "The event's value starts with the condition's value.")
    NOT_STARTS_WITH = wire_value("nsw", "The event's value does not start with the condition's value.")
    ENDS_WITH = wire_value("ew", "The event's value ends with the condition's value.")
    NOT_ENDS_WITH = wire_value("new", "The event's value does not end with the condition's value.")
    CONTAINS = wire_value("co", "The event's value contains the condition's value.")
    NOT_CONTAINS = wire_value("nc", "The event's value does not contain the condition's value.")
    IS_SET = wire_value("is", "The event has a value.")
    NOT_SET = wire_value("ns", "The event has no value.")
    IS_IN = wire_value("in", "The event's value is in the condition's list.")
    NOT_IN = wire_value("nin", "The event's value is not in the condition's list.")
    GREATER_OR_EQUAL = wire_value("gte", "The event's value is greater or equal.")
    LESS_OR_EQUAL = wire_value("lte", "The event's value is less or equal.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Meaning of the threshold of a frequency condition.")
class FrequencyComparison(Enum):
    """End of a condition's type."""

    COUNT = wire_value("count", "The threshold is an absolute number.")
    PERCENT = wire_value(
        "percent", "The threshold is the increase in percent over an earlier interval of the same length."
    )
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Comparison with an age or a release.")
class AgeComparison(Enum):
    """`comparisonType` of an age on the wire."""

    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)  # before NEWER gets another meaning here
    OLDER = wire_value("older", "Older than the given age or release.")
    NEWER = wire_value("newer", "Newer than the given age or release.")


@strawberry.enum(description="Kind of assignee that an alert condition requires.")
class AssigneeKind(Enum):
    """`targetType` of an assignee on the wire."""

    UNASSIGNED = wire_value("Unassigned", "The issue has no assignee.")
    TEAM = wire_value("Team", "The issue is assigned to a team.")
    MEMBER = wire_value("Member", "The issue is assigned to a member.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Kind of recipient of an action.")
class ActionTarget(Enum):
    """`targetType` of an action on the wire."""

    SPECIFIC = wire_value(
        "specific", "A recipient in a third-party service, for example a channel or an on-call service."
    )
    USER = wire_value("user", "A user of the organization.")
    TEAM = wire_value("team", "A team of the organization.")
    APP = wire_value("sentry_app", "An app built on Sentry's integration platform.")
    ISSUE_OWNERS = wire_value("issue_owners", "The owners of the issue.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Recipients of an email when an issue has no owners.")
class EmailFallthrough(Enum):
    """`fallthroughType` on the wire."""

    ACTIVE_MEMBERS = wire_value("ActiveMembers", "Members of the project's teams who used Sentry recently.")
    ALL_MEMBERS = wire_value("AllMembers", "All members of the project's teams.")
    NO_ONE = wire_value("NoOne", "No email is sent.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Priority that a monitor assigns or a condition requires.")
class AlertPriority(Enum):
    """Sentry's numbers for priorities."""

    HIGH = wire_value("75", "High priority.")
    MEDIUM = wire_value("50", "Medium priority.")
    LOW = wire_value("25", "Low priority.")
    RESOLVED = wire_value("0", "The monitor has recovered; its issue is resolved.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Order of alerts. Servers with alert rules know only ID.")
class AlertSort(Enum):
    """`sortBy` of workflows."""

    ID = wire_value("id", "By Sentry's ID, lowest first.")
    NAME = wire_value("name", "By name.")
    CREATED = wire_value("-dateCreated", "By time of creation, newest first.")
    UPDATED = wire_value("-dateUpdated", "By time of the last change, newest first.")
    CONNECTED_MONITORS = wire_value("-connectedDetectors", "By number of connected monitors, most first.")
    ACTIONS = wire_value("-actions", "By number of actions, most first.")
    PRIORITY_MONITOR = wire_value("priorityDetector", "By the monitor that Sentry considers the most important.")


@strawberry.enum(description="Kind of an alert that fires.")
class FiredAlertKind(Enum):
    """`Sentry-Hook-Resource` of the webhooks about alerts."""

    ISSUE = wire_value("event_alert", "An alert on events of an issue.")
    METRIC = wire_value("metric_alert", "An alert on a metric monitor.")
    ACTIVITY = wire_value("activity_alert", "An alert on an activity of an issue, such as a step of Seer.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Status of a metric alert.")
class AlertStatus(Enum):
    """`action` of the webhooks about metric alerts."""

    OPEN = wire_value("open", "The alert has opened an incident.")
    WARNING = wire_value("warning", "The metric has reached the threshold for a warning.")
    CRITICAL = wire_value("critical", "The metric has reached the critical threshold.")
    RESOLVED = wire_value("resolved", "The metric is back below its thresholds.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)
