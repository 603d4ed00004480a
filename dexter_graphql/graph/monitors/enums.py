"""Enums of monitors."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="How the value of a metric monitor is evaluated.")
class MetricDetection(Enum):
    """`detectionType` on the wire."""

    STATIC = wire_value("static", "The value is compared with fixed thresholds.")
    PERCENT = wire_value("percent", "The value is compared with an earlier interval, in percent.")
    DYNAMIC = wire_value("dynamic", "The value is compared with a range predicted by Sentry.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How the value of a monitor is compared with a threshold.")
class ThresholdComparison(Enum):
    """`type` of a detector's condition on the wire."""

    GREATER = wire_value("gt", "The value is greater than the threshold.")
    GREATER_OR_EQUAL = wire_value("gte", "The value is greater than or equal to the threshold.")
    LESS = wire_value("lt", "The value is less than the threshold.")
    LESS_OR_EQUAL = wire_value("lte", "The value is less than or equal to the threshold.")
    EQUAL = wire_value("eq", "The value equals the threshold.")
    NOT_EQUAL = wire_value("ne", "The value differs from the threshold.")
    ANOMALY = wire_value("anomaly_detection", "The value is an anomaly.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Kind of monitor. Other kinds exist but cannot be used as a filter.")
class MonitorKind(Enum):
    """`type` of a detector."""

    ERROR = wire_value("error", "Errors of a project.")
    ISSUE_STREAM = wire_value("issue_stream", "All issues of a project.")
    METRIC = wire_value("metric_issue", "A metric with thresholds.")
    UPTIME = wire_value("uptime_domain_failure", "Uptime of a URL.")
    CRON = wire_value("monitor_check_in_failure", "Check-ins of a cron job.")


@strawberry.enum(description="Order of monitors. Servers with alert rules know only ID.")
class MonitorSort(Enum):
    """`sortBy` of detectors."""

    ID = wire_value("id", "By Sentry's ID, lowest first.")
    NAME = wire_value("name", "By name.")
    TYPE = wire_value("type", "By kind.")
    CONNECTED_ALERTS = wire_value("-connectedWorkflows", "By number of connected alerts, most first.")
    LATEST_ISSUE = wire_value("-latestGroup", "By time of the newest issue, newest first.")
    OPEN_ISSUES = wire_value("-openIssues", "By number of open issues, most first.")
