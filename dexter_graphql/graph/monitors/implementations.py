"""All types of monitors."""

from dexter_graphql.graph.monitors.cron import CronMonitor
from dexter_graphql.graph.monitors.metric import MetricMonitor
from dexter_graphql.graph.monitors.types import ErrorMonitor, IssueStreamMonitor, UnknownMonitor
from dexter_graphql.graph.monitors.uptime import UptimeMonitor

MONITOR_TYPES: tuple[type, ...] = (
    ErrorMonitor,
    IssueStreamMonitor,
    MetricMonitor,
    UptimeMonitor,
    CronMonitor,
    UnknownMonitor,
)
"""Implementations of `Monitor`, which no field refers to."""
